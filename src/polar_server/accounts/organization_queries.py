"""SQL of organizations: their members and invitations."""

from polar_server.database import Statement

ADD_ORGANIZATION = Statement("""
    INSERT INTO organizations (id, slug, name, avatar_url, is_test, created_at, modified_at)
    VALUES (:id, :slug, :name, :avatar_url, :is_test, :now, :now)
    ON CONFLICT (slug) DO NOTHING
    RETURNING id
""")

SAVE_ORGANIZATION = Statement("""
    UPDATE organizations SET name = :name, avatar_url = :avatar_url, modified_at = :now WHERE id = :organization_id
""")

FIND_ORGANIZATION_BY_SLUG = Statement(
    "SELECT id, slug, name, avatar_url, is_test, created_at, deleted_at FROM organizations"
    " WHERE slug = :slug AND deleted_at IS NULL"
)

LIST_ORGANIZATIONS = Statement("""
    SELECT id, slug, name, avatar_url, is_test, created_at, deleted_at FROM organizations
    WHERE CAST(:after_created_at AS BIGINT) IS NULL OR (created_at, id) > (:after_created_at, :after_id)
    ORDER BY created_at, id LIMIT :limit
""")

# Taken before roles change: two owners who demote each other at the same moment would leave none.
LOCK_ORGANIZATION = Statement(
    "SELECT id FROM organizations WHERE id = :organization_id",
    postgres="SELECT id FROM organizations WHERE id = :organization_id FOR UPDATE",
)

# Members

_MEMBERSHIP = "o.id AS organization_id, o.slug, o.name, o.avatar_url, o.is_test, m.role"

LIST_MEMBERSHIPS = Statement(f"""
    SELECT {_MEMBERSHIP} FROM memberships m JOIN organizations o ON o.id = m.organization_id
    WHERE m.user_id = :user_id ORDER BY o.is_test, o.name, o.slug
""")

FIND_MEMBERSHIP = Statement(f"""
    SELECT {_MEMBERSHIP} FROM memberships m JOIN organizations o ON o.id = m.organization_id
    WHERE m.user_id = :user_id AND o.slug = :slug
""")

LIST_MEMBERS = Statement("""
    SELECT u.id AS user_id, u.email, u.name, u.picture, u.disabled_at, m.role, m.created_at
    FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.organization_id = :organization_id
    ORDER BY CASE m.role WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END, u.email LIMIT :limit
""")

# Whoever is taken in while the organization is deleted waits for that, and is taken into nothing.
_ADD_MEMBER = """
    INSERT INTO memberships (id, organization_id, user_id, role, created_at)
    SELECT CAST(:id AS TEXT), o.id, CAST(:user_id AS TEXT), CAST(:role AS TEXT), CAST(:now AS BIGINT)
    FROM organizations o WHERE o.id = :organization_id AND o.deleted_at IS NULL {held}
    ON CONFLICT (organization_id, user_id) DO NOTHING
"""
ADD_MEMBER = Statement(_ADD_MEMBER.format(held=""), postgres=_ADD_MEMBER.format(held="FOR SHARE OF o"))

FIND_ROLE = Statement("SELECT role FROM memberships WHERE organization_id = :organization_id AND user_id = :user_id")

FIND_MEMBER_BY_EMAIL = Statement("""
    SELECT u.id FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.organization_id = :organization_id AND u.email = :email
""")

# A disabled owner cannot act, so they do not count as one that remains.
COUNT_OTHER_OWNERS = Statement("""
    SELECT count(*) AS owners FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.organization_id = :organization_id AND m.role = 'owner' AND m.user_id <> :user_id AND u.disabled_at IS NULL
""")

SAVE_ROLE = Statement(
    "UPDATE memberships SET role = :role WHERE organization_id = :organization_id AND user_id = :user_id"
)
REMOVE_MEMBER = Statement("DELETE FROM memberships WHERE organization_id = :organization_id AND user_id = :user_id")

# Invitations

ADD_INVITATION = Statement("""
    INSERT INTO invitations (id, digest, key_id, organization_id, email, role, invited_by, created_at, expires_at)
    VALUES (:id, :digest, :key_id, :organization_id, :email, :role, :invited_by, :now, :expires_at)
""")

FIND_INVITATION = Statement("""
    SELECT i.id, i.digest, i.key_id, i.organization_id, i.email, i.role, o.slug, o.name, o.avatar_url, o.is_test,
        u.name AS inviter_name, u.email AS inviter_email
    FROM invitations i JOIN organizations o ON o.id = i.organization_id JOIN users u ON u.id = i.invited_by
    WHERE i.id = :id AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > :now
        AND u.disabled_at IS NULL AND o.deleted_at IS NULL
""")

LIST_INVITATIONS = Statement("""
    SELECT i.id, i.email, i.role, u.name AS inviter_name, u.email AS inviter_email, i.created_at, i.expires_at
    FROM invitations i JOIN users u ON u.id = i.invited_by
    WHERE i.organization_id = :organization_id
        AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > :now
    ORDER BY i.created_at DESC, i.id DESC LIMIT :limit
""")

COUNT_INVITATIONS = Statement("""
    SELECT count(*) AS pending FROM invitations
    WHERE organization_id = :organization_id AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > :now
""")

ACCEPT_INVITATION = Statement("""
    UPDATE invitations SET accepted_at = :now
    WHERE id = :id AND organization_id = :organization_id
        AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > :now
""")

FIND_INVITATION_ROLE = Statement(
    "SELECT role, email FROM invitations WHERE id = :id AND organization_id = :organization_id"
)

REVOKE_INVITATION = Statement("""
    UPDATE invitations SET revoked_at = :now
    WHERE id = :id AND organization_id = :organization_id AND accepted_at IS NULL AND revoked_at IS NULL
""")

REVOKE_INVITATIONS_TO = Statement("""
    UPDATE invitations SET revoked_at = :now
    WHERE organization_id = :organization_id AND email = :email AND accepted_at IS NULL AND revoked_at IS NULL
""")

REVOKE_INVITATIONS_BY = Statement("""
    UPDATE invitations SET revoked_at = :now
    WHERE organization_id = :organization_id AND invited_by = :user_id AND accepted_at IS NULL AND revoked_at IS NULL
""")
