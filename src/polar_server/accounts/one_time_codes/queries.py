"""SQL of one-time codes and recovery codes."""

from polar_server.database import Statement

SAVE_SECRET = Statement("""
    INSERT INTO code_secrets (user_id, sealed_secret, last_step, created_at)
    VALUES (:user_id, :sealed_secret, :last_step, :now)
    ON CONFLICT (user_id) DO NOTHING
""")
FIND_SECRET = Statement("SELECT sealed_secret, last_step, created_at FROM code_secrets WHERE user_id = :user_id")

# RFC 6238 §5.2: a code is accepted once, and none from before the last one that was.
USE_STEP = Statement("""
    UPDATE code_secrets SET last_step = :step, sealed_secret = :sealed_secret
    WHERE user_id = :user_id AND last_step < :step
""")
REMOVE_SECRET = Statement("DELETE FROM code_secrets WHERE user_id = :user_id")

ADD_RECOVERY_CODE = Statement("""
    INSERT INTO recovery_codes (user_id, digest, key_id, created_at) VALUES (:user_id, :digest, :key_id, :now)
""")
FIND_RECOVERY_CODE = Statement("SELECT 1 FROM recovery_codes WHERE user_id = :user_id AND digest = :digest")
LIST_RECOVERY_KEYS = Statement(
    "SELECT DISTINCT key_id FROM recovery_codes WHERE user_id = :user_id AND used_at IS NULL"
)
USE_RECOVERY_CODE = Statement("""
    UPDATE recovery_codes SET used_at = :now WHERE user_id = :user_id AND digest = :digest AND used_at IS NULL
""")
COUNT_RECOVERY_CODES = Statement(
    "SELECT count(*) AS unused FROM recovery_codes WHERE user_id = :user_id AND used_at IS NULL"
)
REMOVE_RECOVERY_CODES = Statement("DELETE FROM recovery_codes WHERE user_id = :user_id")
