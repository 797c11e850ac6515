-- What happened to an organization's things, written in the same transaction as the change (a transactional outbox).

-- The id is a UUID of version 7, so the order of ids is the order of events. `payload` is the JSON that receivers get,
-- without the API version, which each of them chooses; it is NULL once the event is archived.
CREATE TABLE events (
    id TEXT COLLATE "C" PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    payload TEXT,
    created_at BIGINT NOT NULL,
    dispatched_at BIGINT
);

CREATE INDEX events_to_dispatch ON events (id) WHERE dispatched_at IS NULL;
CREATE INDEX events_to_archive ON events (created_at) WHERE payload IS NOT NULL;
CREATE INDEX events_organization ON events (organization_id, id);
