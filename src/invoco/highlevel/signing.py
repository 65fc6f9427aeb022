"""The signatures of webhooks: checking HighLevel's, and making the twin's (facts 8.4)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from invoco.highlevel.errors import HighLevelError

ED25519_HEADER, RSA_HEADER = "X-GHL-Signature", "X-WH-Signature"
_ABSENT = {"", "N/A"}
_SMALLEST_RSA_KEY = 2048

HIGHLEVEL_ED25519_KEY = """\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=
-----END PUBLIC KEY-----
"""
"""The key of `X-GHL-Signature`, as HighLevel publishes it for all apps."""

HIGHLEVEL_RSA_KEY = """\
-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC
Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6
dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB
csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv
uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF
3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU
J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN
h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC
HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ
PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk
T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==
-----END PUBLIC KEY-----
"""
"""The key of the older `X-WH-Signature`, whose end was announced for 2026-09-01."""


class Refusal(StrEnum):
    """What is wrong with a signature."""

    MISSING = "missing"
    SWITCHED_OFF = "switched off"
    """Only the older one came, and it is not accepted."""
    MALFORMED = "malformed"
    FORGED = "forged"
    """Of another body or another key."""


class SignatureRefused(HighLevelError):
    """The webhook does not carry a valid signature of HighLevel."""

    cure = "Check the raw bytes of the body, unchanged, against HighLevel's current public keys."

    def __init__(self, message: str | None = None, *, reason: Refusal = Refusal.FORGED) -> None:
        self.reason = reason
        super().__init__(message)


class Signature(StrEnum):
    """Which signature proved a body."""

    ED25519 = "ed25519"
    RSA = "rsa"


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    ed25519_keys: Sequence[Ed25519PublicKey],
    rsa_keys: Sequence[RSAPublicKey],
) -> Signature:
    """Make sure that a webhook was signed with one of these keys.

    The newer signature alone decides when it is there: its failure is never made good by the older one.

    Args:
        body: the raw bytes as they arrived.
        headers: of the request, in any case.
        ed25519_keys: for `X-GHL-Signature`.
        rsa_keys: for `X-WH-Signature`; none switches the older signature off.

    Raises:
        SignatureRefused: the signature is missing, no base64, or of another body or key.
    """
    signatures = _signatures(headers)
    if newer := signatures.get(ED25519_HEADER):
        return _proved(Signature.ED25519, _decoded(newer), body, ed25519_keys)
    older = signatures.get(RSA_HEADER)
    if older is None:
        raise SignatureRefused("The webhook carries no signature", reason=Refusal.MISSING)
    if not rsa_keys:
        raise SignatureRefused(
            f"The webhook carries only {RSA_HEADER}, which is switched off", reason=Refusal.SWITCHED_OFF
        )
    return _proved(Signature.RSA, _decoded(older), body, rsa_keys)


def sign_ed25519(body: bytes, key: Ed25519PrivateKey) -> str:
    """The value of `X-GHL-Signature` for that body."""
    return base64.b64encode(key.sign(body)).decode()


def sign_rsa(body: bytes, key: RSAPrivateKey) -> str:
    """The value of `X-WH-Signature` for that body: RSA-SHA256, PKCS#1 v1.5."""
    return base64.b64encode(key.sign(body, PKCS1v15(), hashes.SHA256())).decode()


def new_ed25519_key() -> Ed25519PrivateKey:
    """A new key to sign with."""
    return Ed25519PrivateKey.generate()


def new_rsa_key(*, bits: int = 4096) -> RSAPrivateKey:
    """A new key to sign with; HighLevel's has 4096 bits, which takes a second or more to find."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def private_pem(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    """The key as unencrypted PKCS#8 PEM: a secret."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    """The public half as PEM, as HighLevel publishes its own."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def ed25519_private_key(pem: str) -> Ed25519PrivateKey:
    """The key in a PEM text.

    Raises:
        ValueError: the text holds no such key.
    """
    key = _private_key(pem)
    if not isinstance(key, Ed25519PrivateKey):
        raise _another_kind("Ed25519")
    return key


def rsa_private_key(pem: str) -> RSAPrivateKey:
    """The key in a PEM text.

    Raises:
        ValueError: the text holds no such key.
    """
    key = _private_key(pem)
    if not isinstance(key, RSAPrivateKey):
        raise _another_kind("RSA")
    return key


def ed25519_public_key(pem: str) -> Ed25519PublicKey:
    """The key in a PEM text.

    Raises:
        ValueError: the text holds no such key.
    """
    key = _public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise _another_kind("Ed25519")
    return key


def rsa_public_key(pem: str) -> RSAPublicKey:
    """The key in a PEM text.

    Raises:
        ValueError: the text holds no such key, or one too short to trust.
    """
    key = _public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise _another_kind("RSA")
    if key.key_size < _SMALLEST_RSA_KEY:
        raise ValueError(f"an RSA key needs at least {_SMALLEST_RSA_KEY} bits")
    return key


def _private_key(pem: str) -> object:
    try:
        return serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("this is no private key in unencrypted PEM form") from None


def _public_key(pem: str) -> object:
    try:
        return serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("this is no public key in PEM form") from None


def _another_kind(wanted: str) -> ValueError:
    return ValueError(f"this is a key of another kind than {wanted}")


def _signatures(headers: Mapping[str, str]) -> dict[str, str]:
    """The signatures that are there; `N/A` stands for none (facts 8.4)."""
    spelling = {ED25519_HEADER.lower(): ED25519_HEADER, RSA_HEADER.lower(): RSA_HEADER}
    named = ((spelling.get(name.lower()), value.strip()) for name, value in headers.items())
    return {name: value for name, value in named if name and value not in _ABSENT}


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureRefused("The webhook's signature is no base64", reason=Refusal.MALFORMED) from None


def _proved(
    kind: Signature, signature: bytes, body: bytes, keys: Sequence[Ed25519PublicKey] | Sequence[RSAPublicKey]
) -> Signature:
    if any(_matches(key, signature, body) for key in keys):
        return kind
    raise SignatureRefused("The webhook's signature belongs to another body or another key")


def _matches(key: Ed25519PublicKey | RSAPublicKey, signature: bytes, body: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, body)
        else:
            key.verify(signature, body, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
