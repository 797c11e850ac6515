"""A browser's answer checked with its key (Web Authentication Level 3 §7.1, §7.2): the only user of py_webauthn."""

import webauthn
from webauthn.helpers.exceptions import WebAuthnException

from polar_server.accounts.passkeys.ceremonies import Answer, NewKey, Refused, Use, base64url, host_of, raw

# What the library may raise over bytes that strangers wrote.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


def check_new(issuer: str, answer: Answer) -> NewKey:
    """The key in an answer to `creation_options`, whose challenge the caller has checked. Raises Refused."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=host_of(issuer),
            expected_origin=issuer,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise Refused(str(error)) from error
    public_key = base64url(made.credential_public_key)
    return NewKey(base64url(made.credential_id), public_key, made.sign_count, made.credential_backed_up)


def check_use(issuer: str, answer: Answer, public_key: str, sign_count: int) -> Use:
    """An answer to `request_options`, whose challenge the caller has checked, signed by this key. Raises Refused."""
    try:
        used = webauthn.verify_authentication_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=host_of(issuer),
            expected_origin=issuer,
            credential_public_key=raw(public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise Refused(str(error)) from error
    return Use(used.new_sign_count, used.credential_backed_up)
