"""What is asked of the browser, and its answer checked (Web Authentication Level 3 §5.4, §5.5, §7.1, §7.2).

Every passkey is one that finds itself (a discoverable credential) and checks who is there (user verification): it
replaces the address and both factors.
"""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from polar_server.accounts.passkeys.challenges import LIFETIME
from polar_server.accounts.sessions import User
from polar_server.html.pages import PRODUCT

_REQUIRED = UserVerificationRequirement.REQUIRED
_SELECTION = AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED)
# What a library may raise over bytes that strangers wrote.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


class Refused(Exception):
    """The browser's answer is not one to our question. The message is for the log."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that a browser made. Ids and keys are base64url; `synced` says that it can be on several devices."""

    credential_id: str
    public_key: str
    sign_count: int
    synced: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, as far as it can be read before anything in it is believed."""

    text: str
    challenge: bytes
    credential_id: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """A key that was used: its counter and whether it can be on several devices, as of now."""

    sign_count: int
    synced: bool


def host_of(issuer: str) -> str:
    """The relying party's id (§5.1.2): the issuer's host."""
    return urlsplit(issuer).hostname or ""


def creation_options(issuer: str, user: User, challenge: bytes, known: list[str]) -> str:
    """JSON for navigator.credentials.create. `known` are the ids of keys that the person has already."""
    options = webauthn.generate_registration_options(
        rp_id=host_of(issuer),
        rp_name=PRODUCT,
        user_id=UUID(user.id).bytes,
        user_name=user.email,
        user_display_name=user.name,
        challenge=challenge,
        timeout=LIFETIME * 1000,
        authenticator_selection=_SELECTION,
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(key)) for key in known],
    )
    return options_to_json(options)


def request_options(issuer: str, challenge: bytes) -> str:
    """JSON for navigator.credentials.get. No key is named: the person chooses, so the page tells nothing."""
    options = webauthn.generate_authentication_options(
        rp_id=host_of(issuer), challenge=challenge, timeout=LIFETIME * 1000, user_verification=_REQUIRED
    )
    return options_to_json(options)


def read(text: str) -> Answer:
    """Raises Refused for what is no answer of a browser."""
    try:
        credential = json.loads(text)
        response = credential["response"]
        client_data = json.loads(base64url_to_bytes(response["clientDataJSON"]))
        handle = response.get("userHandle")
        user_id = str(UUID(bytes=base64url_to_bytes(handle))) if handle else None
        return Answer(text, base64url_to_bytes(client_data["challenge"]), str(credential["id"]), user_id)
    except _UNREADABLE as error:
        raise Refused(f"unreadable: {type(error).__name__}") from error


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
    public_key = bytes_to_base64url(made.credential_public_key)
    return NewKey(bytes_to_base64url(made.credential_id), public_key, made.sign_count, made.credential_backed_up)


def check_use(issuer: str, answer: Answer, public_key: str, sign_count: int) -> Use:
    """An answer to `request_options`, whose challenge the caller has checked, signed by this key. Raises Refused."""
    try:
        used = webauthn.verify_authentication_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=host_of(issuer),
            expected_origin=issuer,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise Refused(str(error)) from error
    return Use(used.new_sign_count, used.credential_backed_up)
