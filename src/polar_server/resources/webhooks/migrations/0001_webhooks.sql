-- Webhooks: where an organization's events are sent, and what came of it. Times are in epoch seconds.

-- `secret` is sealed under the server key. A worker that sends to an endpoint holds its lease, so there is never more
-- than one; `next_due_at` is when there will be something to send, NULL while there is nothing.
CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    name TEXT,
    format TEXT NOT NULL CHECK (format IN ('raw', 'discord', 'slack')),
    api_version TEXT NOT NULL,
    secret TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    failed_in_a_row BIGINT NOT NULL DEFAULT 0,
    next_due_at BIGINT,
    lease TEXT,
    leased_until BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT
);

CREATE INDEX webhook_endpoints_organization ON webhook_endpoints (organization_id, created_at, id);
CREATE INDEX webhook_endpoints_due ON webhook_endpoints (next_due_at) WHERE next_due_at IS NOT NULL;

-- An event on its way to one endpoint. `position` is its place in the endpoint's queue; until `held_until` it waits for
-- those before it.
CREATE TABLE webhook_events (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'skipped')),
    position TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    held_until BIGINT NOT NULL,
    last_http_code BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    UNIQUE (endpoint_id, event_id)
);

CREATE INDEX webhook_events_queue ON webhook_events (endpoint_id, position) WHERE status = 'pending';
CREATE INDEX webhook_events_due ON webhook_events (endpoint_id, due_at, position) WHERE status = 'pending';
CREATE INDEX webhook_events_event ON webhook_events (event_id);

CREATE TABLE webhook_deliveries (
    id TEXT COLLATE "C" PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    webhook_event_id TEXT NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
    succeeded BOOLEAN NOT NULL,
    http_code BIGINT,
    response TEXT,
    created_at BIGINT NOT NULL
);

CREATE INDEX webhook_deliveries_organization ON webhook_deliveries (organization_id, id);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_event ON webhook_deliveries (webhook_event_id);
