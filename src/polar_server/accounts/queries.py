"""SQL of accounts: people, their sessions, the links mailed to them, and counted guesses."""

from polar_server.database import Statement

# People

ADD_USER = Statement("""
    INSERT INTO users (id, email, name, password_hash, email_verified_at, operator, created_at, modified_at)
    VALUES (:id, :email, :name, :password_hash, :email_verified_at, :operator, :now, :now)
    ON CONFLICT (email) DO NOTHING
    RETURNING id
""")

_PERSON = "id, email, name, picture, password_hash, email_verified_at, disabled_at, operator, created_at"

FIND_USER = Statement(f"SELECT {_PERSON} FROM users WHERE id = :id")
FIND_USER_BY_EMAIL = Statement(f"SELECT {_PERSON} FROM users WHERE email = :email")

# Taken before a session starts, so that a password change or disabling that runs now is waited for.
LOCK_USER = Statement(
    f"SELECT {_PERSON} FROM users WHERE id = :id",
    postgres=f"SELECT {_PERSON} FROM users WHERE id = :id FOR UPDATE",
)

LIST_USERS = Statement(f"""
    SELECT {_PERSON} FROM users
    WHERE CAST(:after_created_at AS BIGINT) IS NULL OR (created_at, id) > (:after_created_at, :after_id)
    ORDER BY created_at, id LIMIT :limit
""")

SAVE_PROFILE = Statement("UPDATE users SET name = :name, picture = :picture, modified_at = :now WHERE id = :id")
SAVE_PASSWORD = Statement("UPDATE users SET password_hash = :password_hash, modified_at = :now WHERE id = :id")
REMOVE_PASSWORD = Statement("""
    UPDATE users SET password_hash = NULL, modified_at = :now WHERE id = :id AND password_hash IS NOT NULL
""")

# Guarded by the hash that was verified: a change made meanwhile is not undone.
RENEW_HASH = Statement("UPDATE users SET password_hash = :renewed WHERE id = :id AND password_hash = :verified")

VERIFY_EMAIL = Statement("""
    UPDATE users SET email_verified_at = :now, modified_at = :now
    WHERE id = :id AND email = :email AND email_verified_at IS NULL
""")

DISABLE_USER = Statement(
    "UPDATE users SET disabled_at = :now, modified_at = :now WHERE id = :id AND disabled_at IS NULL"
)
ENABLE_USER = Statement(
    "UPDATE users SET disabled_at = NULL, modified_at = :now"
    " WHERE id = :id AND disabled_at IS NOT NULL AND deleted_at IS NULL"
)

# Taken before the right ends: two operators who end each other's at the same moment would leave none.
LOCK_OPERATORS = Statement(
    "SELECT id FROM users WHERE operator = TRUE AND disabled_at IS NULL ORDER BY id",
    postgres="SELECT id FROM users WHERE operator = TRUE AND disabled_at IS NULL ORDER BY id FOR UPDATE",
)
SET_OPERATOR = Statement("""
    UPDATE users SET operator = CAST(:operator AS BOOLEAN), modified_at = :now
    WHERE id = :id AND operator <> CAST(:operator AS BOOLEAN) AND deleted_at IS NULL
""")

# Sessions

ADD_SESSION = Statement("""
    INSERT INTO sessions (
        id, digest, key_id, user_id, authenticated_at, created_at, last_seen_at, expires_at, user_agent, address,
        methods
    )
    VALUES (:id, :digest, :key_id, :user_id, :now, :now, :now, :expires_at, :user_agent, :address, :methods)
""")

FIND_SESSION = Statement("""
    SELECT s.id, s.digest, s.key_id, s.authenticated_at, s.last_seen_at, s.methods,
        u.id AS user_id, u.email, u.name, u.picture, u.email_verified_at, u.operator
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = :id AND s.ended_at IS NULL AND s.expires_at > :now AND s.last_seen_at > :idle_since
        AND u.disabled_at IS NULL
""")

TOUCH_SESSION = Statement("UPDATE sessions SET last_seen_at = :now WHERE id = :id AND last_seen_at < :now")

LIST_SESSIONS = Statement("""
    SELECT id, created_at, last_seen_at, user_agent, address, methods FROM sessions
    WHERE user_id = :user_id AND ended_at IS NULL AND expires_at > :now AND last_seen_at > :idle_since
    ORDER BY last_seen_at DESC, id DESC LIMIT :limit
""")

END_SESSION = Statement(
    "UPDATE sessions SET ended_at = :now WHERE id = :id AND user_id = :user_id AND ended_at IS NULL"
)
END_SESSIONS = Statement("UPDATE sessions SET ended_at = :now WHERE user_id = :user_id AND ended_at IS NULL")
END_OTHER_SESSIONS = Statement(
    "UPDATE sessions SET ended_at = :now WHERE user_id = :user_id AND id <> :kept_id AND ended_at IS NULL"
)

# Links

ADD_LINK = Statement("""
    INSERT INTO mail_links (id, digest, key_id, user_id, purpose, email, return_to, created_at, expires_at)
    VALUES (:id, :digest, :key_id, :user_id, :purpose, :email, :return_to, :now, :expires_at)
""")

# A link dies with its person's address and account.
FIND_LINK = Statement("""
    SELECT l.id, l.digest, l.key_id, l.user_id, l.email, l.return_to
    FROM mail_links l LEFT JOIN users u ON u.id = l.user_id
    WHERE l.id = :id AND l.purpose = :purpose AND l.used_at IS NULL AND l.expires_at > :now
        AND (l.user_id IS NULL OR (u.email = l.email AND u.disabled_at IS NULL))
""")

USE_LINK = Statement("""
    UPDATE mail_links SET used_at = :now
    WHERE id = :id AND purpose = :purpose AND used_at IS NULL AND expires_at > :now
""")

VOID_LINKS = Statement(
    "UPDATE mail_links SET used_at = :now WHERE user_id = :user_id AND purpose = :purpose AND used_at IS NULL"
)

# Changes of address

ADD_EMAIL_CHANGE = Statement("""
    INSERT INTO email_changes (id, digest, key_id, user_id, old_email, new_email, created_at, expires_at)
    VALUES (:id, :digest, :key_id, :user_id, :old_email, :new_email, :now, :expires_at)
""")

# As a mailed link does, a change dies with the address that it would replace, and with the account.
FIND_EMAIL_CHANGE = Statement("""
    SELECT c.id, c.digest, c.key_id, c.user_id, c.old_email, c.new_email
    FROM email_changes c JOIN users u ON u.id = c.user_id
    WHERE c.id = :id AND c.used_at IS NULL AND c.expires_at > :now AND u.email = c.old_email AND u.disabled_at IS NULL
""")

USE_EMAIL_CHANGE = Statement(
    "UPDATE email_changes SET used_at = :now WHERE id = :id AND used_at IS NULL AND expires_at > :now"
)
VOID_EMAIL_CHANGES = Statement("UPDATE email_changes SET used_at = :now WHERE user_id = :user_id AND used_at IS NULL")
SAVE_EMAIL = Statement("""
    UPDATE users SET email = :new_email, email_verified_at = :now, modified_at = :now
    WHERE id = :id AND email = :old_email AND disabled_at IS NULL
""")

# Guesses

# Two limits in one statement. Always in this order of kinds, so two writers never wait for each other in a circle.
COUNT_GUESS = Statement("""
    INSERT INTO guesses (bucket, count, window_ends_at)
    VALUES (:narrow, 1, :window_ends_at), (:wide, 1, :window_ends_at)
    ON CONFLICT (bucket) DO UPDATE SET
        count = CASE WHEN guesses.window_ends_at > :now THEN guesses.count + 1 ELSE 1 END,
        window_ends_at = CASE
            WHEN guesses.window_ends_at > :now THEN guesses.window_ends_at ELSE excluded.window_ends_at
        END
    RETURNING bucket, count, window_ends_at
""")

FORGET_GUESSES = Statement("DELETE FROM guesses WHERE bucket = :bucket")
UNCOUNT_GUESS = Statement("UPDATE guesses SET count = count - 1 WHERE bucket = :bucket AND count > 0")

# What expired, in small batches

_SWEEP = "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {time} < :before LIMIT :limit)"

SWEEPS = {
    "sessions": Statement(_SWEEP.format(table="sessions", key="id", time="expires_at")),
    "mail_links": Statement(_SWEEP.format(table="mail_links", key="id", time="expires_at")),
    "invitations": Statement(_SWEEP.format(table="invitations", key="id", time="expires_at")),
    "guesses": Statement(_SWEEP.format(table="guesses", key="bucket", time="window_ends_at")),
    "email_changes": Statement(_SWEEP.format(table="email_changes", key="id", time="expires_at")),
    "spent_challenges": Statement(_SWEEP.format(table="spent_challenges", key="challenge", time="expires_at")),
}
