-- Benefits, and which products give them. Times are in epoch seconds.

-- `properties` is JSON in the shape of the type. A deleted benefit keeps its row: what was given earlier refers to it.
CREATE TABLE benefits (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    type TEXT NOT NULL CHECK (type IN ('custom', 'downloadables', 'license_keys', 'feature_flag')),
    description TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('draft', 'private', 'public')),
    properties TEXT NOT NULL,
    metadata TEXT NOT NULL,
    deletable BOOLEAN NOT NULL DEFAULT TRUE,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    deleted_at BIGINT
);

CREATE INDEX benefits_organization ON benefits (organization_id, created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE product_benefits (
    product_id TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    benefit_id TEXT NOT NULL REFERENCES benefits (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    position BIGINT NOT NULL,
    PRIMARY KEY (product_id, benefit_id)
);

CREATE INDEX product_benefits_organization ON product_benefits (organization_id, benefit_id);
