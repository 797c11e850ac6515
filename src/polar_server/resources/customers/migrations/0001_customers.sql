-- Customers of an organization. Times are epoch seconds; a deleted customer stays for the orders that refer to it.

CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    type TEXT NOT NULL CHECK (type IN ('individual', 'team')),
    email TEXT,
    email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    external_id TEXT,
    name TEXT,
    billing_name TEXT,
    billing_address TEXT,
    tax_id TEXT,
    tax_id_format TEXT,
    locale TEXT,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    deleted_at BIGINT,
    CHECK (email IS NOT NULL OR type = 'team'),
    CHECK ((tax_id IS NULL) = (tax_id_format IS NULL))
);

CREATE INDEX customers_organization ON customers (organization_id, created_at, id) WHERE deleted_at IS NULL;

-- A deleted customer gives its address and external id free.
CREATE UNIQUE INDEX customers_email ON customers (organization_id, email) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX customers_external_id ON customers (organization_id, external_id) WHERE deleted_at IS NULL;
