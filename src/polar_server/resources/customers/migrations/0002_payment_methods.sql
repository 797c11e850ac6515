-- Cards of customers. `token` is the processor's name for the card; its number is never kept.

CREATE TABLE payment_methods (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    token TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    exp_month BIGINT NOT NULL,
    exp_year BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT
);

CREATE INDEX payment_methods_customer ON payment_methods (organization_id, customer_id, created_at);

ALTER TABLE customers ADD COLUMN default_payment_method_id TEXT REFERENCES payment_methods (id);
