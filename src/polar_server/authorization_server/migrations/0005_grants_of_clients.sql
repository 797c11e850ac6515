-- The newest grants of one app, for the events that its developers see.

CREATE INDEX grants_client ON grants (client_id, id);
