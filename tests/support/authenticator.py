"""A passkey device in software: makes key pairs, keeps them with their site, signs; as CTAP2 and WebAuthn write it."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass(slots=True)
class Kept:
    site: str
    handle: str
    key: ec.EllipticCurvePrivateKey
    uses: int = 0


@dataclass(slots=True)
class Authenticator:
    """`verifies`: whether it checks its owner. `counts`: whether it counts its uses; many do not."""

    origin: str
    verifies: bool = True
    counts: bool = True
    kept: dict[str, Kept] = field(default_factory=dict)

    def make(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.create` gives, as passkey.js sends it."""
        known = {each["id"] for each in options["excludeCredentials"]}
        assert not known & self.kept.keys(), "a device refuses to make a second one"
        assert options["authenticatorSelection"]["residentKey"] == "required"
        id_, key = secrets.token_bytes(16), ec.generate_private_key(ec.SECP256R1())
        made = Kept(options["rp"]["id"], options["user"]["id"], key)
        self.kept[bytes_to_base64url(id_)] = made
        attested = bytes(16) + len(id_).to_bytes(2) + id_ + _cose(key)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._about(made, _ATTESTED) + attested}
        client = self._client("webauthn.create", options["challenge"])
        return _answer(id_, {"clientDataJSON": client, "attestationObject": encode_cbor(statement)})

    def sign(self, options: dict[str, Any], id_: str | None = None) -> str:
        """What `navigator.credentials.get` gives for the passkey of that site."""
        assert options["userVerification"] == "required"
        found = [name for name, each in self.kept.items() if each.site == options["rpId"]]
        name = id_ or found[0]
        kept = self.kept[name]
        kept.uses += 1
        client, about = self._client("webauthn.get", options["challenge"]), self._about(kept)
        signature = kept.key.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {"clientDataJSON": client, "authenticatorData": about, "signature": signature}
        return _answer(base64url_to_bytes(name), response, handle=kept.handle)

    def _about(self, kept: Kept, flags: int = 0) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        count = kept.uses if self.counts else 0
        return hashlib.sha256(kept.site.encode()).digest() + bytes([flags]) + count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()


def _answer(id_: bytes, response: dict[str, bytes], handle: str | None = None) -> str:
    told: dict[str, Any] = {name: bytes_to_base64url(value) for name, value in response.items()}
    if handle is not None:
        told["userHandle"] = handle
    name = bytes_to_base64url(id_)
    return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told})


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """RFC 9053: an ES256 key on P-256."""
    point = key.public_key().public_numbers()
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
