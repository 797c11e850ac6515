"""Time-based one-time passwords (RFC 6238, RFC 4226): SHA-1, six digits, thirty seconds, as every app knows them."""

import base64
import hmac
from urllib.parse import quote, urlencode

SECRET_BYTES = 20
"""RFC 4226 §4 R6: 160 bits."""
STEP, DIGITS = 30, 6
# RFC 6238 §5.2: clocks differ, and typing takes time; one step to each side is accepted.
_DRIFT = (0, -1, 1)


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one time step (RFC 4226 §5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, now: int) -> int | None:
    """The time step that this code is of, now or one to either side; None when it is of none of them."""
    current, given = now // STEP, code.encode("utf-8", "surrogatepass")
    matching = [
        current + drift for drift in _DRIFT if hmac.compare_digest(code_at(secret, current + drift).encode(), given)
    ]
    return matching[0] if matching else None


def shown(secret: bytes) -> str:
    """The secret as people type it into an app: base32 in groups of four (RFC 4648 §6)."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def uri(secret: bytes, issuer: str, account: str) -> str:
    """The address in the QR code, as Google Authenticator defined it and all apps read it."""
    query = urlencode({"secret": base64.b32encode(secret).decode(), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"


def is_code(text: str) -> bool:
    """Whether this can be a code at all."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()
