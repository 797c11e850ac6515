-- License keys, one for each grant of such a benefit. Times are in epoch seconds.

-- `sealed` is the key under the server key, to be shown again; `digest` finds it, made under the server key `key_id`.
CREATE TABLE license_keys (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    benefit_id TEXT NOT NULL REFERENCES benefits (id),
    grant_id TEXT NOT NULL UNIQUE REFERENCES benefit_grants (id),
    sealed TEXT NOT NULL,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    display_key TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('granted', 'revoked', 'disabled')),
    limit_activations BIGINT CHECK (limit_activations > 0),
    usage BIGINT NOT NULL DEFAULT 0 CHECK (usage >= 0),
    limit_usage BIGINT CHECK (limit_usage > 0),
    validations BIGINT NOT NULL DEFAULT 0,
    last_validated_at BIGINT,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT
);

CREATE UNIQUE INDEX license_keys_digest ON license_keys (organization_id, digest);
CREATE INDEX license_keys_organization ON license_keys (organization_id, created_at, id);
CREATE INDEX license_keys_benefit ON license_keys (benefit_id, created_at, id);
CREATE INDEX license_keys_key_id ON license_keys (key_id, id);

-- A device, or whatever else the seller counts, on which a key is in use. `conditions` and `meta` are JSON.
CREATE TABLE license_key_activations (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    license_key_id TEXT NOT NULL REFERENCES license_keys (id),
    label TEXT NOT NULL,
    conditions TEXT NOT NULL,
    meta TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT
);

CREATE INDEX license_key_activations_key ON license_key_activations (license_key_id, created_at, id);
