-- Which customer has which benefit, and from which sale: a subscription, or an order of something bought once.

-- `properties` is JSON in the shape of the benefit's type. One row for each benefit of a sale: it is granted, revoked
-- and granted again in its place.
CREATE TABLE benefit_grants (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    benefit_id TEXT NOT NULL REFERENCES benefits (id),
    subscription_id TEXT,
    order_id TEXT,
    properties TEXT NOT NULL,
    granted_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    CHECK ((subscription_id IS NULL) <> (order_id IS NULL)),
    CHECK ((granted_at IS NULL) <> (revoked_at IS NULL))
);

CREATE UNIQUE INDEX benefit_grants_subscription ON benefit_grants (subscription_id, benefit_id)
    WHERE subscription_id IS NOT NULL;
CREATE UNIQUE INDEX benefit_grants_order ON benefit_grants (order_id, benefit_id) WHERE order_id IS NOT NULL;
CREATE INDEX benefit_grants_customer ON benefit_grants (organization_id, customer_id, created_at, id);
CREATE INDEX benefit_grants_benefit ON benefit_grants (benefit_id, created_at, id);
CREATE INDEX benefit_grants_organization ON benefit_grants (organization_id, created_at, id);
