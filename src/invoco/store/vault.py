"""The vault: encrypts what is secret with AES-GCM and a ring of keys, the first of which encrypts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from invoco.domain.errors import Misconfigured

_VERSION = b"\x01"
_KEY_BYTES, _NAME_BYTES, _NONCE_BYTES = 32, 8, 12
_CURE = "Set INVOCO_SECRET_KEY to the key it was encrypted with, or put the key file back."
_LONG_ENOUGH = 16


class Vault:
    """Seals and opens secrets.

    A sealed secret is `version | name of the key (8) | nonce (12) | ciphertext and tag`; what it belongs to is
    authenticated with it, so that a sealed text cannot be moved to another row.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ring = {_name(key): AESGCM(key) for key in keys}
        self._first = _name(keys[0])

    @classmethod
    def from_setting(cls, setting: str) -> Self:
        """The ring of `INVOCO_SECRET_KEY`: keys or pass phrases separated by commas, newest first.

        Raises:
            Misconfigured: a key is too short to keep a secret.
        """
        texts = [text.strip() for text in setting.split(",") if text.strip()]
        if not texts or any(len(text) < _LONG_ENOUGH for text in texts):
            raise Misconfigured(
                "A key in INVOCO_SECRET_KEY is too short.", cure="Use 16 characters or more, at random."
            )
        return cls([hashlib.sha256(text.encode()).digest() for text in texts])

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The ring of a key file, one key a line, newest first; a file that is missing is made for its owner alone.

        Raises:
            Misconfigured: the file holds something else.
            OSError: it cannot be read or made.
        """
        if not path.exists():
            _make_key_file(path)
        try:
            keys = [base64.b64decode(line, validate=True) for line in path.read_text(encoding="ascii").split()]
        except (binascii.Error, UnicodeDecodeError):
            keys = []
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise Misconfigured(f"The key file {path} is damaged.", cure="Restore it from a backup.")
        return cls(keys)

    def seal(self, secret: bytes, *, belongs_to: str) -> bytes:
        """Encrypt a secret for the thing it belongs to."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + self._first + nonce + self._ring[self._first].encrypt(nonce, secret, belongs_to.encode())

    def open(self, sealed: bytes, *, belongs_to: str) -> bytes:
        """Decrypt what was sealed for that thing.

        Raises:
            Misconfigured: the key it was sealed with is not in the ring, or it was tampered with.
        """
        name, rest = sealed[1 : 1 + _NAME_BYTES], sealed[1 + _NAME_BYTES :]
        key = self._ring.get(name)
        if key is None:
            raise Misconfigured("The key that credentials were encrypted with is missing.", cure=_CURE)
        try:
            return key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], belongs_to.encode())
        except InvalidTag:
            raise Misconfigured("Stored credentials are damaged.", cure="Connect the location again.") from None


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"invoco key name" + key).digest()[:_NAME_BYTES]


def _make_key_file(path: Path) -> None:
    """Written aside and linked into place: of two processes that make it at once, both use the one that came first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(descriptor)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
