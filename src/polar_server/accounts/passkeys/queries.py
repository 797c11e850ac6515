"""SQL of passkeys and of the challenges that were answered."""

from polar_server.database import Statement

_COLUMNS = "id, user_id, credential_id, public_key, sign_count, name, synced, created_at, last_used_at"

ADD = Statement("""
    INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, synced, created_at)
    VALUES (:id, :user_id, :credential_id, :public_key, :sign_count, :name, :synced, :now)
    ON CONFLICT (credential_id) DO NOTHING
""")
FIND = Statement(f"SELECT {_COLUMNS} FROM passkeys WHERE credential_id = :credential_id")
LIST = Statement(f"SELECT {_COLUMNS} FROM passkeys WHERE user_id = :user_id ORDER BY created_at, id")
COUNT = Statement("SELECT count(*) AS passkeys FROM passkeys WHERE user_id = :user_id")

# §7.2 step 22: a counter that does not grow may be a copy of the key; authenticators without one always send 0.
NOTE_USE = Statement("""
    UPDATE passkeys SET sign_count = :sign_count, synced = :synced, last_used_at = :now
    WHERE id = :id AND (sign_count < :sign_count OR (sign_count = 0 AND :sign_count = 0))
""")
RENAME = Statement("UPDATE passkeys SET name = :name WHERE id = :id AND user_id = :user_id")
REMOVE = Statement("DELETE FROM passkeys WHERE id = :id AND user_id = :user_id RETURNING name")
REMOVE_ALL = Statement("DELETE FROM passkeys WHERE user_id = :user_id")

SPEND = Statement("""
    INSERT INTO spent_challenges (challenge, expires_at) VALUES (:challenge, :expires_at)
    ON CONFLICT (challenge) DO NOTHING
""")
