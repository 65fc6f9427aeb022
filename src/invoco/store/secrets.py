"""Client secrets and private integration tokens, encrypted in the database."""

from __future__ import annotations

import sqlalchemy as sa

from invoco.store.database import Database
from invoco.store.tables import secrets
from invoco.store.vault import Vault


class StoredSecrets:
    """Implements `domain.ports.Secrets`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def get(self, name: str) -> str | None:
        """The text of that name, or None.

        Raises:
            Misconfigured: the key it was encrypted with is missing.
        """
        async with self._database.reading() as session:
            sealed = await session.connection.scalar(sa.select(secrets.c.sealed).where(secrets.c.name == name))
        return None if sealed is None else self._vault.open(sealed, belongs_to=name).decode()

    async def put(self, name: str, value: str) -> None:
        """Keep it, replacing the one of that name."""
        sealed = self._vault.seal(value.encode(), belongs_to=name)
        async with self._database.transaction() as session:
            await session.connection.execute(sa.delete(secrets).where(secrets.c.name == name))
            await session.connection.execute(sa.insert(secrets).values(name=name, sealed=sealed))

    async def delete(self, name: str) -> None:
        """Forget it; an unknown name is no error."""
        async with self._database.transaction() as session:
            await session.connection.execute(sa.delete(secrets).where(secrets.c.name == name))
