-- Clients, what people granted them, and the codes and tokens that hang from a grant.

CREATE TABLE clients (
    client_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    auth_method TEXT NOT NULL CHECK (auth_method IN ('none', 'client_secret_basic', 'client_secret_post', 'client_secret')),
    grant_types TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    scope TEXT NOT NULL,
    default_sub_type TEXT NOT NULL CHECK (default_sub_type IN ('user', 'organization')),
    id_token_alg TEXT NOT NULL CHECK (id_token_alg IN ('RS256', 'ES256')),
    require_pkce BOOLEAN NOT NULL,
    is_resource_server BOOLEAN NOT NULL,
    is_anonymous BOOLEAN NOT NULL,
    owner_id TEXT REFERENCES users (id),
    client_uri TEXT,
    logo_uri TEXT,
    policy_uri TEXT,
    tos_uri TEXT,
    secret_digest TEXT,
    secret_key_id TEXT,
    previous_secret_digest TEXT,
    previous_secret_key_id TEXT,
    previous_secret_expires_at BIGINT,
    registration_digest TEXT,
    registration_key_id TEXT,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    deleted_at BIGINT,
    CHECK ((auth_method = 'none') = (secret_digest IS NULL))
);

CREATE INDEX clients_owner ON clients (owner_id, created_at) WHERE deleted_at IS NULL;

CREATE TABLE grants (
    id TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (client_id),
    user_id TEXT NOT NULL REFERENCES users (id),
    sub_type TEXT NOT NULL CHECK (sub_type IN ('user', 'organization')),
    organization_id TEXT REFERENCES organizations (id),
    member_since BIGINT,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revocation_reason TEXT,
    CHECK ((sub_type = 'organization') = (organization_id IS NOT NULL))
);

CREATE INDEX grants_live ON grants (user_id, client_id) WHERE revoked_at IS NULL;

-- organization_id is '' for sub_type user, because a primary key takes no NULL.
CREATE TABLE consents (
    user_id TEXT NOT NULL REFERENCES users (id),
    client_id TEXT NOT NULL REFERENCES clients (client_id),
    sub_type TEXT NOT NULL CHECK (sub_type IN ('user', 'organization')),
    organization_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id, sub_type, organization_id)
);

-- The three tables below are written at every request. Their ids are ordered by time, so
-- new rows go to the end of one page; that order is the bytes' (COLLATE "C"). They name their grant without a foreign key: its check
-- would cost as much as the insert, and a token without a live grant is dead anyway.

CREATE TABLE authorization_codes (
    id TEXT COLLATE "C" PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    grant_id TEXT COLLATE "C" NOT NULL,
    redirect_uri TEXT,
    code_challenge TEXT,
    nonce TEXT,
    auth_time BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
);

CREATE TABLE access_tokens (
    id TEXT COLLATE "C" PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    grant_id TEXT COLLATE "C" NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE refresh_tokens (
    id TEXT COLLATE "C" PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    grant_id TEXT COLLATE "C" NOT NULL,
    auth_time BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    rotated_at BIGINT,
    successor_id TEXT COLLATE "C"
);

CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);

CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    algorithm TEXT NOT NULL CHECK (algorithm IN ('RS256', 'ES256')),
    private_key_sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    retired_at BIGINT,
    removed_at BIGINT
);
