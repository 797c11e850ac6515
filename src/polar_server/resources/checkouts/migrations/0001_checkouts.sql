-- Checkouts: a customer on the way to buy. Amounts are in minor units of the currency, times in epoch seconds.

-- `product_ids` is a JSON list in order; the chosen one is `product_id`. The secret in the address of the page is
-- derived from the id under the server key `key_id`, so it is not kept. `step` tells of a payment under way.
CREATE TABLE checkouts (
    id TEXT PRIMARY KEY,
    secret_id TEXT NOT NULL UNIQUE,
    key_id TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    status TEXT NOT NULL CHECK (status IN ('open', 'expired', 'confirmed', 'succeeded', 'failed')),
    product_ids TEXT NOT NULL,
    product_id TEXT NOT NULL REFERENCES products (id),
    product_price_id TEXT NOT NULL REFERENCES prices (id),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    allow_trial BOOLEAN NOT NULL,
    trial_interval TEXT CHECK (trial_interval IN ('day', 'week', 'month', 'year')),
    trial_interval_count BIGINT,
    allow_discount_codes BOOLEAN NOT NULL,
    require_billing_address BOOLEAN NOT NULL,
    customer_id TEXT REFERENCES customers (id),
    external_customer_id TEXT,
    is_business_customer BOOLEAN NOT NULL DEFAULT FALSE,
    customer_name TEXT,
    customer_email TEXT,
    customer_ip_address TEXT,
    customer_billing_name TEXT,
    customer_billing_address TEXT,
    customer_tax_id TEXT,
    customer_metadata TEXT NOT NULL,
    locale TEXT,
    success_url TEXT,
    return_url TEXT,
    embed_origin TEXT,
    subscription_id TEXT REFERENCES subscriptions (id),
    order_id TEXT REFERENCES orders (id),
    step TEXT,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    expires_at BIGINT NOT NULL,
    succeeded_at BIGINT,
    CHECK ((status = 'succeeded') = (succeeded_at IS NOT NULL)),
    CHECK ((trial_interval IS NULL) = (trial_interval_count IS NULL))
);

CREATE INDEX checkouts_organization ON checkouts (organization_id, created_at, id);
CREATE INDEX checkouts_customer ON checkouts (organization_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX checkouts_product ON checkouts (product_id, id);
CREATE INDEX checkouts_to_expire ON checkouts (expires_at) WHERE status IN ('open', 'confirmed');
