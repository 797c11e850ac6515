-- Orders: what customers owe and paid. Amounts are in minor units of the currency, times in epoch seconds.

-- net = subtotal - discount, total = net + tax. `subscription_id` and `checkout_id` name rows of resources further on,
-- which are written in the same transaction.
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    product_id TEXT REFERENCES products (id),
    subscription_id TEXT,
    checkout_id TEXT,
    payment_method_id TEXT REFERENCES payment_methods (id),
    status TEXT NOT NULL
        CHECK (status IN ('draft', 'pending', 'paid', 'refunded', 'partially_refunded', 'void')),
    billing_reason TEXT NOT NULL
        CHECK (billing_reason IN ('purchase', 'subscription_create', 'subscription_cycle', 'subscription_update')),
    currency TEXT NOT NULL,
    subtotal_amount BIGINT NOT NULL CHECK (subtotal_amount >= 0),
    discount_amount BIGINT NOT NULL DEFAULT 0 CHECK (discount_amount BETWEEN 0 AND subtotal_amount),
    tax_amount BIGINT NOT NULL DEFAULT 0,
    refunded_amount BIGINT NOT NULL DEFAULT 0,
    refunded_tax_amount BIGINT NOT NULL DEFAULT 0,
    description TEXT NOT NULL,
    billing_name TEXT,
    billing_address TEXT,
    invoice_number TEXT,
    paid_at BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_payment_attempt_at BIGINT,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    CHECK (refunded_amount BETWEEN 0 AND subtotal_amount - discount_amount),
    CHECK (refunded_tax_amount BETWEEN 0 AND tax_amount),
    CHECK ((status IN ('draft', 'pending', 'void')) = (paid_at IS NULL)),
    CHECK (next_payment_attempt_at IS NULL OR status = 'pending')
);

CREATE INDEX orders_organization ON orders (organization_id, created_at, id);
CREATE INDEX orders_customer ON orders (organization_id, customer_id, created_at, id);
CREATE INDEX orders_product ON orders (product_id, id);
CREATE INDEX orders_subscription ON orders (subscription_id, created_at) WHERE subscription_id IS NOT NULL;
CREATE INDEX orders_checkout ON orders (checkout_id) WHERE checkout_id IS NOT NULL;
CREATE UNIQUE INDEX orders_invoice_number ON orders (organization_id, invoice_number) WHERE invoice_number IS NOT NULL;

CREATE TABLE order_items (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    order_id TEXT NOT NULL REFERENCES orders (id),
    position BIGINT NOT NULL,
    label TEXT NOT NULL,
    amount BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL DEFAULT 0,
    proration BOOLEAN NOT NULL DEFAULT FALSE,
    product_price_id TEXT REFERENCES prices (id),
    starts_at BIGINT,
    ends_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE INDEX order_items_order ON order_items (order_id, position);

-- The last number that an organization gave to an invoice: they follow each other without a gap.
CREATE TABLE invoice_counters (
    organization_id TEXT PRIMARY KEY REFERENCES organizations (id),
    last BIGINT NOT NULL
);
