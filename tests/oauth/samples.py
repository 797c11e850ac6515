"""Values that the tests of the protocol share: one client, one grant, and the keys printed in the RFCs."""

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from polar_server.oauth import tokens
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.clients import AuthMethod, RegisteredClient
from polar_server.oauth.grants import Grant, StoredCode, StoredRefreshToken
from polar_server.oauth.keys import SigningKey, thumbprint
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.oauth.tokens import Token, TokenKind

NOW = 1_780_000_000
ISSUER = "https://id.example"
REDIRECT_URI = "https://app.example/callback"
SERVER_KEYS = ServerKeys([bytes(range(32))])
PERSON = Subject(SubjectType.USER, "person-1")
ORGANIZATION = Subject(SubjectType.ORGANIZATION, "person-1", "organization-1")
# RFC 7636 appendix B.
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def token(kind: TokenKind, seed: int = 0) -> Token:
    """The same token for the same seed."""
    return tokens.mint(kind, NOW * 1000, seed.to_bytes(tokens.ENTROPY_BYTES))


CLIENT_ID = token(TokenKind.CLIENT_ID).text
SECRET = token(TokenKind.CLIENT_SECRET).text
CODE = token(TokenKind.AUTHORIZATION_CODE)
ACCESS_TOKEN = token(TokenKind.USER_ACCESS_TOKEN)
REFRESH_TOKEN = token(TokenKind.USER_REFRESH_TOKEN)


def client(**changes: Any) -> RegisteredClient:
    values: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "name": "App",
        "auth_method": AuthMethod.CLIENT_SECRET_POST,
        "grant_types": "authorization_code refresh_token",
        "redirect_uris_json": f'["{REDIRECT_URI}"]',
        "scope": "openid email products:read",
        "default_sub_type": SubjectType.USER,
        "id_token_alg": "RS256",
        "require_pkce": True,
        "is_resource_server": False,
        "is_anonymous": False,
        "created_at": 0,
    }
    unset: dict[str, Any] = dict.fromkeys(
        ("owner_id", "client_uri", "logo_uri", "policy_uri", "tos_uri", "modified_at")
    )
    return RegisteredClient(**unset | values | changes)


def public_client(**changes: Any) -> RegisteredClient:
    return client(**{"auth_method": AuthMethod.NONE} | changes)


def grant(**changes: Any) -> Grant:
    values: dict[str, Any] = {
        "id": "grant-1",
        "client_id": CLIENT_ID,
        "subject": PERSON,
        "scope": "openid products:read",
        "alive": True,
    }
    return Grant(**values | changes)


def code(**changes: Any) -> StoredCode:
    values: dict[str, Any] = {
        "id": CODE.id,
        "digest": SERVER_KEYS.digest(CODE.text),
        "key_id": SERVER_KEYS.key_id,
        "redirect_uri": REDIRECT_URI,
        "code_challenge": CHALLENGE,
        "nonce": None,
        "auth_time": NOW - 5,
        "expires_at": NOW + 600,
        "redeemed_at": None,
        "grant": grant(),
    }
    return StoredCode(**values | changes)


def refresh_token(**changes: Any) -> StoredRefreshToken:
    values: dict[str, Any] = {
        "id": REFRESH_TOKEN.id,
        "digest": SERVER_KEYS.digest(REFRESH_TOKEN.text),
        "key_id": SERVER_KEYS.key_id,
        "auth_time": NOW - 5,
        "expires_at": None,
        "rotated_at": None,
        "successor_id": None,
        "successor_scope": None,
        "successor_expires_at": None,
        "successor_used": False,
        "grant": grant(),
    }
    return StoredRefreshToken(**values | changes)


def stored(token: Token, **changes: Any) -> StoredToken:
    """The row of an access or refresh token."""
    values: dict[str, Any] = {
        "id": token.id,
        "digest": SERVER_KEYS.digest(token.text),
        "key_id": SERVER_KEYS.key_id,
        "scope": "openid products:read",
        "created_at": NOW - 60,
        "expires_at": NOW + 3540,
        "revoked_at": None,
        "grant": grant(),
    }
    return StoredToken(**values | changes)


def number(text: str) -> int:
    """The integer of a Base64urlUInt (RFC 7518 §2)."""
    return int.from_bytes(base64.urlsafe_b64decode(text + "=="))


def rsa_key(p: str, q: str) -> rsa.RSAPrivateKey:
    prime, other = number(p), number(q)
    d = pow(65537, -1, (prime - 1) * (other - 1))
    return rsa.RSAPrivateNumbers(
        prime,
        other,
        d,
        rsa.rsa_crt_dmp1(d, prime),
        rsa.rsa_crt_dmq1(d, other),
        rsa.rsa_crt_iqmp(prime, other),
        rsa.RSAPublicNumbers(65537, prime * other),
    ).private_key(unsafe_skip_rsa_key_validation=True)


# RFC 7517 appendix A.2, whose RSA key is also that of RFC 7638 §3.1.
RSA_7517 = rsa_key(
    "83i-7IvMGXoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyLPQBQxtPVnwD20R-60eTDmD2ujnMt5PoqMrm8RfmNhVWDtjjMmC"
    "MjOpSXicFHj7XOuVIYQyqVWlWEh6dN36GVZYk93N8Bc9vY41xy8B9RzzOGVQzXvNEvn7O0nVbfs",
    "3dfOR9cuYq-0S-mkFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5r370AFXjiWft_NGE"
    "iovonizhKpo9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG9LUnADun4vIcb6yelxk",
)
EC_7517 = ec.derive_private_key(number("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"), ec.SECP256R1())
# RFC 7515 appendices A.2 and A.3.
RSA_7515 = rsa_key(
    "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJ"
    "NPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
    "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_Yw"
    "D66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
)
EC_7515 = ec.derive_private_key(number("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), ec.SECP256R1())


def signing_key(private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **changes: Any) -> SigningKey:
    values: dict[str, Any] = {
        "kid": thumbprint(private_key),
        "algorithm": "RS256" if isinstance(private_key, rsa.RSAPrivateKey) else "ES256",
        "created_at": NOW - 1000,
        "active_from": NOW - 900,
        "retired_at": None,
        "removed_at": None,
        "private_key": private_key,
    }
    return SigningKey(**values | changes)


RS256_KEY, ES256_KEY = signing_key(RSA_7515), signing_key(EC_7515)
