"""How the demo connects: over OAuth, with the program in the place of the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.cli.twin_process import RunningTwin
    from invoco.domain.connections import Connection
    from invoco.settings import Settings


def settings_of(twin: RunningTwin, folder: Path) -> Settings:
    """Settings of the demo alone: what is set for the real Invoco must not leak into it."""
    from invoco.highlevel.signing import ED25519_HEADER, RSA_HEADER
    from invoco.settings import load

    keys = _subscription(twin)["public_keys"]
    return load(
        data_folder=folder,
        base_url=twin.url,
        database_url=f"sqlite:///{folder / 'demo.db'}",
        secret_key=None,
        jobs="here",
        webhook_ed25519_keys=keys[ED25519_HEADER],
        webhook_rsa_keys=keys[RSA_HEADER],
        webhook_legacy_signature=True,
    )


def subscribe(twin: RunningTwin, url: str) -> None:
    """Let the twin send its events there."""
    import httpx2

    httpx2.post(f"{twin.url}/_twin/webhooks", json={"url": url}, timeout=30).raise_for_status()


async def connected(invoco: Invoco, twin: RunningTwin) -> Connection:
    """The way a person connects."""
    from invoco.service.callback import callback

    async with callback(None) as waiting:
        authorisation = invoco.connections.authorise(
            base_url=twin.url, client_id=twin.client_id, client_secret=twin.client_secret, redirect_uri=waiting.url
        )
        await _consent(authorisation.url, twin.location_id)
        answer = await waiting.answer()
    return await invoco.connections.connect_with_oauth(authorisation, answer=answer, location_id=twin.location_id)


async def _consent(url: str, location_id: str) -> None:
    """Open the consent page, choose the location and follow the way back."""
    import httpx2

    async with httpx2.AsyncClient(follow_redirects=True) as browser:
        page = await browser.get(url)
        page.raise_for_status()
        granted = await browser.post(page.url, data={"location_id": location_id})
        granted.raise_for_status()


def _subscription(twin: RunningTwin) -> dict[str, Any]:
    import httpx2

    answer = httpx2.get(f"{twin.url}/_twin/webhooks", timeout=30)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told
