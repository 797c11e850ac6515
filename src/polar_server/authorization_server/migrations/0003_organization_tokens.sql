-- Access tokens that an owner or admin makes for one organization, for programs of its own. They stand on the membership they were made in.

CREATE TABLE organization_tokens (
    id TEXT COLLATE "C" PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    membership_id TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    revocation_reason TEXT
);

CREATE INDEX organization_tokens_organization ON organization_tokens (organization_id, id);
CREATE INDEX organization_tokens_user ON organization_tokens (user_id);
