"""The public keys that webhooks are checked with, as an operator sets them (facts 8.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from invoco.domain.errors import Misconfigured
from invoco.highlevel import signing

_PEM: Final = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)

K = TypeVar("K")


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookKeys:
    """Who may sign webhooks."""

    ed25519: Sequence[Ed25519PublicKey]
    """For `X-GHL-Signature`."""
    rsa: Sequence[RSAPublicKey]
    """For the older `X-WH-Signature`; none switches it off."""


def webhook_keys(*, ed25519: str | None = None, rsa: str | None = None, legacy: bool = True) -> WebhookKeys:
    """The keys in these settings.

    Args:
        ed25519: PEM texts one after the other, or paths of PEM files separated by commas; None: HighLevel's own.
        rsa: the same for the older signature.
        legacy: whether the older signature is accepted where the newer one is missing.

    Raises:
        Misconfigured: a file cannot be read, or a text is no such key.
    """
    newer = _keys("webhook_ed25519_keys", ed25519 or signing.HIGHLEVEL_ED25519_KEY, signing.ed25519_public_key)
    older = _keys("webhook_rsa_keys", rsa or signing.HIGHLEVEL_RSA_KEY, signing.rsa_public_key) if legacy else []
    return WebhookKeys(ed25519=tuple(newer), rsa=tuple(older))


def _keys(setting: str, value: str, read: Callable[[str], K]) -> list[K]:
    cure = f"Set {setting} to public keys in PEM form, or to paths of such files."
    try:
        found = [read(pem) for pem in _pems(value)]
    except (OSError, ValueError) as error:
        raise Misconfigured(f"The setting {setting} cannot be used: {error}.", cure=cure) from None
    if not found:
        raise Misconfigured(f"The setting {setting} holds no key.", cure=cure)
    return found


def _pems(value: str) -> list[str]:
    """The PEM texts of a setting; a variable of the environment may spell line ends as backslash and n."""
    if "-----BEGIN" in value:
        return _PEM.findall(value.replace("\\n", "\n"))
    files = [Path(path.strip()) for path in value.split(",") if path.strip()]
    return [pem for file in files for pem in _PEM.findall(file.read_text(encoding="utf-8"))]
