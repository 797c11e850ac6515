-- People, sessions, organizations, and what was mailed to them. Times are epoch seconds.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    picture TEXT,
    password_hash TEXT,
    email_verified_at BIGINT,
    disabled_at BIGINT,
    operator BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);

CREATE INDEX users_created ON users (created_at, id);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    authenticated_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL
);

CREATE INDEX sessions_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    avatar_url TEXT,
    is_test BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);

CREATE INDEX organizations_created ON organizations (created_at, id);

CREATE TABLE memberships (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    invited_by TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT,
    revoked_at BIGINT
);

CREATE INDEX invitations_pending ON invitations (organization_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_expiry ON invitations (expires_at);

-- A sign_up link has no user yet: the person is made when the link is used.
CREATE TABLE mail_links (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    user_id TEXT REFERENCES users (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('sign_up', 'verify_email', 'reset_password')),
    email TEXT NOT NULL,
    return_to TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    CHECK ((user_id IS NULL) = (purpose = 'sign_up'))
);

CREATE INDEX mail_links_user ON mail_links (user_id) WHERE used_at IS NULL;
CREATE INDEX mail_links_expiry ON mail_links (expires_at);

CREATE TABLE guesses (
    bucket TEXT PRIMARY KEY,
    count BIGINT NOT NULL,
    window_ends_at BIGINT NOT NULL
);

CREATE INDEX guesses_window ON guesses (window_ends_at);
