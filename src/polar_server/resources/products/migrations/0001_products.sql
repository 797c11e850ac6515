-- Products, their prices, and what hangs from them. Amounts are in minor units of the currency, times in epoch seconds.

CREATE TABLE products (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    description TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('draft', 'private', 'public')),
    recurring_interval TEXT CHECK (recurring_interval IN ('day', 'week', 'month', 'year')),
    recurring_interval_count BIGINT,
    trial_interval TEXT CHECK (trial_interval IN ('day', 'week', 'month', 'year')),
    trial_interval_count BIGINT,
    is_archived BOOLEAN NOT NULL DEFAULT FALSE,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    CHECK ((recurring_interval IS NULL) = (recurring_interval_count IS NULL)),
    CHECK ((trial_interval IS NULL) = (trial_interval_count IS NULL))
);

CREATE INDEX products_organization ON products (organization_id, created_at, id);

-- A price is never changed or deleted: a product's new price list archives those it leaves out.
CREATE TABLE prices (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    product_id TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    amount_type TEXT NOT NULL CHECK (amount_type IN ('fixed', 'custom')),
    price_currency TEXT NOT NULL,
    tax_behavior TEXT CHECK (tax_behavior IN ('location', 'inclusive', 'exclusive')),
    price_amount BIGINT,
    minimum_amount BIGINT,
    maximum_amount BIGINT,
    preset_amount BIGINT,
    is_archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    CHECK ((amount_type = 'fixed') = (price_amount IS NOT NULL)),
    CHECK ((amount_type = 'custom') = (minimum_amount IS NOT NULL))
);

CREATE INDEX prices_product ON prices (product_id, position);
