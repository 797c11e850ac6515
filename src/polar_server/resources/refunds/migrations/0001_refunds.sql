-- Refunds of orders. Amounts are in minor units of the currency, times in epoch seconds.

CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    order_id TEXT NOT NULL REFERENCES orders (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    subscription_id TEXT REFERENCES subscriptions (id),
    status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'canceled')),
    reason TEXT NOT NULL CHECK (reason IN (
        'duplicate', 'fraudulent', 'customer_request', 'service_disruption', 'satisfaction_guarantee', 'other'
    )),
    amount BIGINT NOT NULL CHECK (amount > 0),
    tax_amount BIGINT NOT NULL CHECK (tax_amount >= 0),
    currency TEXT NOT NULL,
    comment TEXT,
    revoke_benefits BOOLEAN NOT NULL,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT
);

CREATE INDEX refunds_organization ON refunds (organization_id, created_at, id);
CREATE INDEX refunds_order ON refunds (order_id);
CREATE INDEX refunds_customer ON refunds (organization_id, customer_id, created_at, id);
