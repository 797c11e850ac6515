-- The log of an organization's events, newest first, as its dashboard lists it.

CREATE INDEX webhook_events_organization ON webhook_events (organization_id, id);
