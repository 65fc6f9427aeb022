"""The operator who connects the location, and connects it again when its tokens have died."""

from __future__ import annotations

from typing import Final

import httpx2

from invoco.domain.connections import Connection, ConnectionState
from invoco.domain.errors import Reconnect
from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import Clock
from invoco.sandbox import Twin
from invoco.sandbox.oauth import WHOLE_COMPANY
from invoco.service.connections import ConnectionService
from invoco.simulation.engine import SECRET_KEY, gateway_of
from invoco.store.database import Database
from invoco.store.secrets import StoredSecrets
from invoco.store.vault import Vault

BASE_URL: Final = "http://twin.test"
_CALLBACK: Final = "http://127.0.0.1/callback"


async def consented(
    twin: Twin, store: Database, clock: Clock, network: httpx2.AsyncBaseTransport, *, whole_company: bool
) -> Connection:
    """Grant access to the main location of the twin, or to its whole company, and keep the tokens."""
    gateway, tokens = gateway_of(store, clock, network)
    secrets = StoredSecrets(store, Vault.from_setting(SECRET_KEY))
    service = ConnectionService(store, tokens=tokens, secrets=secrets, gateway=gateway, clock=clock)
    keys = twin.accounts.keys()
    here: str = keys["locations"][0]["id"]
    authorisation = service.authorise(
        base_url=BASE_URL,
        client_id=keys["client_id"],
        client_secret=keys["client_secret"],
        redirect_uri=_CALLBACK,
    )
    consent = twin.authority.consent(dict(httpx2.URL(authorisation.url).params))
    answer = await twin.authority.approve(consent, WHOLE_COMPANY if whole_company else here)
    return await service.connect_with_oauth(authorisation, answer=answer, location_id=here)


async def is_refused(store: Database, clock: Clock, network: httpx2.AsyncBaseTransport, connection: Connection) -> bool:
    """Whether nothing but another consent helps.

    A refresh token works once: when the engine dies between its use and the saving of what came for it, and is down
    for more than 30 seconds, HighLevel does not tell the new one again (facts 2.2).
    """
    if connection.state is not ConnectionState.CONNECTED:
        return True
    gateway, _ = gateway_of(store, clock, network)
    try:
        async with gateway.source(connection) as source:
            await source.outlook(RecordKind.LOCATION)
    except Reconnect:
        return True
    return False
