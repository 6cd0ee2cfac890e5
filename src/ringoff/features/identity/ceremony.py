"""WebAuthn's two ceremonies (Level 3, 7.1 and 7.2), for holders and for the people at the desk alike.

A passkey is found by the device itself (resident key), and the device has checked its owner (user verification). What a
browser sends is nobody's word: whatever is malformed is simply no answer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from ringoff.db.pool import Connection
from ringoff.features.identity import challenges
from ringoff.features.identity.context import Identity
from ringoff.kit.errors import Unauthenticated
from ringoff.kit.secrets import SecretStr

LIVES = timedelta(minutes=5)
# What a parser may stumble over in bytes that anybody may send.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def to_make(
    ctx: Identity, challenge: SecretStr, handle: bytes, name: str, display_name: str, known: Sequence[bytes]
) -> str:
    """Options for the browser, as JSON. `handle` says nothing about whose it is; `known`: what they have already."""
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(ctx),
        rp_name=ctx.carrier,
        user_id=handle,
        user_name=name,
        user_display_name=display_name,
        challenge=base64url_to_bytes(challenge.get_secret_value()),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=id_) for id_ in known],
    )
    return options_to_json(options)


def to_use(ctx: Identity, challenge: SecretStr) -> str:
    """Options for the browser, as JSON; they name no passkey, so they tell nobody anything."""
    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(ctx),
        challenge=base64url_to_bytes(challenge.get_secret_value()),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


async def made(
    conn: Connection, ctx: Identity, answer: str, purpose: str, bound_to: str, now: datetime
) -> VerifiedRegistration | None:
    """The new passkey, if the answer holds. Commit it, whatever comes of it: the challenge is used up."""
    credential = _read(answer)
    challenge = await _challenge(conn, credential, purpose, bound_to, now)
    if credential is None or challenge is None:
        return None
    try:
        return webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(ctx),
            expected_origin=ctx.public_url,
            require_user_verification=True,
        )
    except _MALFORMED:
        return None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a challenge of ours; whose passkey it is, and whether it holds, is still to be seen."""

    credential: Mapping[str, Any]
    challenge: bytes

    @property
    def names(self) -> Mapping[str, bytes]:
        """The passkey (`id`), and its owner as the device knows them (`handle`); both must fit."""
        try:
            id_, handle = self.credential["rawId"], self.credential["response"]["userHandle"]
            return {"id": base64url_to_bytes(id_), "handle": base64url_to_bytes(handle)}
        except _MALFORMED:
            return {"id": b"", "handle": b""}

    def proved(self, ctx: Identity, public_key: bytes) -> VerifiedAuthentication | None:
        try:
            return webauthn.verify_authentication_response(
                credential=dict(self.credential),
                expected_challenge=self.challenge,
                expected_rp_id=_rp_id(ctx),
                expected_origin=ctx.public_url,
                credential_public_key=public_key,
                credential_current_sign_count=0,  # `is_copy` looks: only a signature that holds tells of one
                require_user_verification=True,
            )
        except _MALFORMED:
            return None


async def answered(conn: Connection, answer: str, purpose: str, bound_to: str, now: datetime) -> Answered | None:
    """Commit it, whatever comes of it: the challenge is used up."""
    credential = _read(answer)
    challenge = await _challenge(conn, credential, purpose, bound_to, now)
    return Answered(credential, challenge) if credential is not None and challenge is not None else None


def is_copy(count: int, proved: VerifiedAuthentication) -> bool:
    """Whether another device uses the same passkey: its count of uses did not go on. Many do not count."""
    return bool(count or proved.new_sign_count) and proved.new_sign_count <= count


def failed() -> Unauthenticated:
    return Unauthenticated("passkey_failed", "This passkey did not work here. Try again.")


def _read(answer: str) -> Mapping[str, Any] | None:
    try:
        read = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) and isinstance(read.get("response"), dict) else None


async def _challenge(
    conn: Connection, credential: Mapping[str, Any] | None, purpose: str, bound_to: str, now: datetime
) -> bytes | None:
    """The challenge that the answer claims to be for, if it was ours, for this, for this browser: it is used up."""
    if credential is None:
        return None
    try:
        said = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).challenge
    except _MALFORMED:
        return None
    value = SecretStr(webauthn.helpers.bytes_to_base64url(said))
    return said if await challenges.take(conn, purpose, value, bound_to=bound_to, now=now) else None


def _rp_id(ctx: Identity) -> str:
    """The host that people see: a passkey works there and nowhere else, so it cannot be phished."""
    return urlsplit(ctx.public_url).hostname or "localhost"
