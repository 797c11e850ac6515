-- Further ways in beside the password, and the end of an account. Times are epoch seconds.

-- How the person showed who they are, in the words of RFC 8176: "pwd", "pwd otp", "hwk".
ALTER TABLE sessions ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';

-- Whoever is deleted is disabled for ever, and their row holds nothing that names them.
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

-- Asked for by the person, confirmed from the new mailbox.
CREATE TABLE email_changes (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    old_email TEXT NOT NULL,
    new_email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX email_changes_user ON email_changes (user_id) WHERE used_at IS NULL;
CREATE INDEX email_changes_expiry ON email_changes (expires_at);

-- Binary values are base64url, as WebAuthn's JSON has them.
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    name TEXT NOT NULL,
    synced BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX passkeys_user ON passkeys (user_id);

-- Challenges that were answered: none is answered twice.
CREATE TABLE spent_challenges (
    challenge TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX spent_challenges_expiry ON spent_challenges (expires_at);

-- The secret that a person's app makes its codes of. `last_step` is the time step of the last code that was accepted.
CREATE TABLE code_secrets (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    sealed_secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL REFERENCES users (id),
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, digest)
);
