-- The events whose payload is forgotten, by their age: they are removed in the end.

CREATE INDEX events_to_remove ON events (created_at) WHERE payload IS NULL;
