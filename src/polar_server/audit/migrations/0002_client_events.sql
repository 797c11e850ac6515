-- The last events of each app, for whoever develops it. Only refusals and the pages of authorizations stand here: what
-- succeeded is read from grants and tokens. Each app keeps its newest hundred.

CREATE TABLE client_events (
    id TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL
);

CREATE INDEX client_events_client ON client_events (client_id, id);
