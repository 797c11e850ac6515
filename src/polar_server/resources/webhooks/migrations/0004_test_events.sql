-- An event that did not happen, which somebody sent to an endpoint to try it.

ALTER TABLE webhook_events ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE;
