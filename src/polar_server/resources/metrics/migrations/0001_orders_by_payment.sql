-- Metrics look at paid orders by the time when they were paid.

CREATE INDEX orders_paid ON orders (organization_id, paid_at) WHERE paid_at IS NOT NULL;
