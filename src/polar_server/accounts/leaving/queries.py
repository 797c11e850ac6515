"""SQL of what is kept about one person, and of what goes when they go."""

from polar_server.database import Statement

PROFILE = Statement("""
    SELECT id, email, email_verified_at, name, picture, operator, password_hash IS NOT NULL AS has_password, created_at,
        modified_at
    FROM users WHERE id = :user_id
""")
SESSIONS = Statement("""
    SELECT id, created_at, authenticated_at, methods, last_seen_at, expires_at, ended_at, user_agent, address
    FROM sessions WHERE user_id = :user_id ORDER BY created_at, id
""")
PASSKEYS = Statement("""
    SELECT id, name, credential_id, public_key, synced, created_at, last_used_at
    FROM passkeys WHERE user_id = :user_id ORDER BY created_at, id
""")
ONE_TIME_CODES = Statement("SELECT created_at FROM code_secrets WHERE user_id = :user_id")
RECOVERY_CODES = Statement(
    "SELECT created_at, used_at FROM recovery_codes WHERE user_id = :user_id ORDER BY created_at, digest"
)
MAILED_LINKS = Statement("""
    SELECT purpose, email, created_at, expires_at, used_at FROM mail_links WHERE user_id = :user_id
    ORDER BY created_at, id
""")
EMAIL_CHANGES = Statement("""
    SELECT old_email, new_email, created_at, expires_at, used_at FROM email_changes WHERE user_id = :user_id
    ORDER BY created_at, id
""")
ORGANIZATIONS = Statement("""
    SELECT o.id, o.slug, o.name, o.is_test, m.role, m.created_at AS member_since
    FROM memberships m JOIN organizations o ON o.id = m.organization_id
    WHERE m.user_id = :user_id ORDER BY o.slug
""")
INVITATIONS_SENT = Statement("""
    SELECT o.slug AS organization, i.email, i.role, i.created_at, i.expires_at, i.accepted_at, i.revoked_at
    FROM invitations i JOIN organizations o ON o.id = i.organization_id
    WHERE i.invited_by = :user_id ORDER BY i.created_at, i.id
""")
INVITATIONS_RECEIVED = Statement("""
    SELECT o.slug AS organization, i.role, i.created_at, i.expires_at, i.accepted_at, i.revoked_at
    FROM invitations i JOIN organizations o ON o.id = i.organization_id
    WHERE i.email = (SELECT email FROM users WHERE id = :user_id) ORDER BY i.created_at, i.id
""")
# Where somebody else acted on the account, from where they did so is theirs.
ACTIVITY = Statement("""
    SELECT at AS occurred_at, act, organization_id, target_name,
        CASE WHEN user_id = :user_id THEN address END AS address,
        CASE WHEN user_id = :user_id THEN user_agent END AS user_agent
    FROM audit_entries WHERE user_id = :user_id OR subject_user_id = :user_id ORDER BY id
""")

# What goes. The row of the person stays, because others' rows point to it, and says nothing any more.

ANONYMIZE = Statement("""
    UPDATE users SET email = :email, name = :name, picture = NULL, password_hash = NULL, email_verified_at = NULL,
        operator = FALSE, disabled_at = COALESCE(disabled_at, :now), deleted_at = :now, modified_at = :now
    WHERE id = :user_id AND deleted_at IS NULL
""")
_GOES = "DELETE FROM {table} WHERE user_id = :user_id"
GOES = tuple(
    Statement(_GOES.format(table=table))
    for table in ("sessions", "mail_links", "email_changes", "passkeys", "code_secrets", "recovery_codes")
)
