"""Who calls: bearer tokens of apps and private integrations (facts 2.5, 6.2)."""

from __future__ import annotations

from invoco.domain.access import Access
from invoco.highlevel.clock import Clock, milliseconds
from invoco.routes.errors import Refused
from invoco.sandbox.limits import Caller
from invoco.sandbox.registry import Grant, PrivateToken, Registry

PRIVATE_PREFIX = "pit-"


class TwinGate:
    """Knows what each token of the registry stands for."""

    def __init__(self, registry: Registry, *, clock: Clock) -> None:
        self._registry, self._clock = registry, clock

    async def access(self, bearer: str, version: str | None) -> Access:  # noqa: ARG002  # the port's; routes check it
        """What the token stands for.

        Raises:
            Refused: it is unknown or no longer valid; private tokens have a message of their own.
        """
        if bearer.startswith(PRIVATE_PREFIX):
            return _of_private_token(self._private_token(bearer))
        grant = self._registry.grant_of(bearer)
        if grant is None or grant.access_until <= milliseconds(self._clock):
            raise Refused(401, "Invalid JWT")
        return _of_grant(grant)

    def caller(self, bearer: str) -> Caller | None:
        """Whose quota the token uses, be it valid still or not: calls that fail count too (facts 7)."""
        if bearer.startswith(PRIVATE_PREFIX):
            token = self._registry.find(PrivateToken, bearer)
            return Caller(bearer, token.location_id or token.company_id, private=True) if token else None
        grant = self._registry.grant_of(bearer)
        if grant is None:
            return None
        holder = grant.holder
        return Caller(holder.client_id, holder.location_id or holder.company_id, private=False)

    def _private_token(self, bearer: str) -> PrivateToken:
        token = self._registry.find(PrivateToken, bearer)
        if token is None or (token.until is not None and token.until <= milliseconds(self._clock)):
            raise Refused(401, "Invalid Private Integration token")
        return token


def _of_private_token(token: PrivateToken) -> Access:
    return Access(
        location_id=token.location_id,
        company_id=token.company_id,
        scopes=frozenset(token.scopes),
        channel="token",
        app_id=token.token,
        actor="private integration",
    )


def _of_grant(grant: Grant) -> Access:
    holder = grant.holder
    app_id = holder.client_id.partition("-")[0]
    return Access(
        location_id=holder.location_id,
        company_id=holder.company_id,
        scopes=frozenset(holder.scopes),
        channel="oauth",
        app_id=app_id,
        actor=f"app:{app_id}",
    )
