"""Secrets have a type that does not print, and a seal for the few that must rest in the database."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

__all__ = ["Seal", "SealBroken", "SecretStr"]


class SealBroken(ValueError):
    """The sealed bytes were not sealed with this key, or were altered."""


class Seal:
    """Encrypts what a restore will need (a subscriber's key material, say) under the installation's own key.

    Fernet (AES-128-CBC with HMAC-SHA256); the key is derived from `secret`, any string of 16 characters or more.
    """

    def __init__(self, secret: SecretStr) -> None:
        value = secret.get_secret_value().encode()
        if len(value) < 16:
            raise ValueError("the sealing secret must have at least 16 characters")
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"ringoff seal v1" + value).digest()))

    def close(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SealBroken("sealed with another key, or altered") from error

    def __repr__(self) -> str:
        return "Seal(**)"

    def __reduce__(self) -> Any:
        raise TypeError("a seal is not to be pickled")
