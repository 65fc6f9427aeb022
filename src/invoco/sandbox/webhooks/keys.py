"""The twin's own signing keys: HighLevel's private halves are unknown (facts 8.4)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from invoco.domain.errors import Misconfigured
from invoco.highlevel import signing

_ED25519_FILE, _RSA_FILE = "webhook-ed25519.pem", "webhook-rsa.pem"


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKeys:
    """Both private keys."""

    ed25519: Ed25519PrivateKey = field(repr=False)
    rsa: RSAPrivateKey = field(repr=False)

    def headers(self, body: bytes) -> dict[str, str]:
        """Both signatures over the raw body; some milliseconds of work with an RSA key of 4096 bits."""
        return {
            signing.ED25519_HEADER: signing.sign_ed25519(body, self.ed25519),
            signing.RSA_HEADER: signing.sign_rsa(body, self.rsa),
        }

    def public_pems(self) -> dict[str, str]:
        """The public keys under the headers that they check."""
        return {
            signing.ED25519_HEADER: signing.public_pem(self.ed25519),
            signing.RSA_HEADER: signing.public_pem(self.rsa),
        }


def new_keys(*, rsa_bits: int = 4096) -> SigningKeys:
    """New keys; finding those of 4096 bits takes a second or more, so call it in a thread."""
    return SigningKeys(ed25519=signing.new_ed25519_key(), rsa=signing.new_rsa_key(bits=rsa_bits))


def load_keys(folder: Path, *, rsa_bits: int = 4096) -> SigningKeys:
    """The keys kept in the folder, made at the first call; only their owner can read the files.

    Raises:
        Misconfigured: a file holds no such key.
    """
    ed25519 = _kept(folder / _ED25519_FILE, lambda: signing.private_pem(signing.new_ed25519_key()))
    rsa = _kept(folder / _RSA_FILE, lambda: signing.private_pem(signing.new_rsa_key(bits=rsa_bits)))
    try:
        return SigningKeys(ed25519=signing.ed25519_private_key(ed25519), rsa=signing.rsa_private_key(rsa))
    except ValueError as error:
        raise Misconfigured(
            f"The webhook keys in {folder} cannot be read.", cure="Remove both .pem files; new ones are made."
        ) from error


def _kept(file: Path, make: Callable[[], str]) -> str:
    if file.exists():
        return file.read_text(encoding="ascii", errors="replace")
    file.parent.mkdir(parents=True, exist_ok=True)
    pem = make()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as target:
        target.write(pem)
    return pem
