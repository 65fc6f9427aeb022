"""What `invoco bench ingest` measures: webhooks that are safe, against webhooks that are only checked."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from invoco.cli.bench_places import empty_database, own_environment
from invoco.cli.webhook_load import APP_ID, LOCATION_ID, Figures, Order, webhook_id
from invoco.domain.connections import Connection
from invoco.domain.errors import SourceUnavailable
from invoco.highlevel import signing

Say = Callable[[str], None]

_TURNS: Final = 10
"""The servers take turns, so that whatever else the machine does hits both."""
_PREPARED_PER_SECOND: Final = 8000
_RSA_BITS: Final = 2048
"""HighLevel's key has 4096, but to sign with that takes longer than to measure."""
_PATIENCE: Final = 60.0


def ingest(*, seconds: float, connections: int, older: bool, database_url: str | None, say: Say) -> dict[str, Any]:
    """Send webhooks to both servers in turn, then look for every acknowledged one in the inbox.

    Args:
        seconds: for which each server is measured.
        connections: that are kept alive and wait for each answer.
        older: whether webhooks carry the older RSA signature only.
        database_url: a PostgreSQL server; None: SQLite in a file, written through to the disk.
        say: is told how it goes.
    """
    with tempfile.TemporaryDirectory() as name, empty_database(database_url) as url:
        folder = Path(name)
        private_key, setting = _keys(folder, older=older)
        variables = own_environment(folder, url, setting)
        given = {"data_folder": folder} | ({"database_url": url} if url else {})
        asyncio.run(_connect(given))
        with _server("ceiling", variables) as ceiling, _server("whole", variables) as whole:
            say(f"Signing, then sending for {2 * seconds:.0f} s over {connections} connections …")
            order = Order(
                ceiling=ceiling,
                whole=whole,
                private_key=private_key,
                older=older,
                connections=connections,
                seconds=seconds / _TURNS,
                turns=_TURNS,
                most_per_second=_PREPARED_PER_SECOND,
            )
            told = _load(order)
        stored = asyncio.run(_stored(given))
    return {
        **_speeds(told["ceiling"], told["whole"]),
        **_safety(told["whole"], stored),
        "seconds": seconds,
        "connections": connections,
        "signature": "rsa" if older else "ed25519",
        "database": "postgresql" if database_url else "sqlite",
    }


def _speeds(ceiling: Figures, whole: Figures) -> dict[str, Any]:
    return {
        "webhooks_per_second": round(whole.per_second),
        "ceiling_per_second": round(ceiling.per_second),
        "ratio": round(whole.per_second / ceiling.per_second, 3),
        "p50_ms": round(whole.p50_ms, 1),
        "p99_ms": round(whole.p99_ms, 1),
        "ceiling_p50_ms": round(ceiling.p50_ms, 1),
        "ceiling_p99_ms": round(ceiling.p99_ms, 1),
    }


def _safety(whole: Figures, stored: Mapping[str, int]) -> dict[str, int]:
    return {
        "acknowledged": len(whole.acknowledged),
        "lost": sum(webhook_id(number) not in stored for number in whole.acknowledged),
        "double": sum(rows > 1 for rows in stored.values()),
    }


def _keys(folder: Path, *, older: bool) -> tuple[str, dict[str, str]]:
    """The private key, and the setting that names the file of its public half."""
    key = signing.new_rsa_key(bits=_RSA_BITS) if older else signing.new_ed25519_key()
    file = folder / "webhooks.pem"
    file.write_text(signing.public_pem(key), encoding="ascii")
    name = "INVOCO_WEBHOOK_RSA_KEYS" if older else "INVOCO_WEBHOOK_ED25519_KEYS"
    return signing.private_pem(key), {name: str(file)}


async def _connect(given: Mapping[str, Any]) -> None:
    """Make the location known whose webhooks are sent."""
    from invoco import settings
    from invoco.bootstrap import opened

    connection = Connection(
        id=LOCATION_ID, name="bench", base_url="http://127.0.0.1:1", access="oauth", client_id=f"{APP_ID}-bench000",
        connected_at=0,
    )  # fmt: skip
    async with opened(settings.load(**given)) as invoco, invoco.database.transaction() as session:
        await session.connections.put(connection)


async def _stored(given: Mapping[str, Any]) -> Counter[str]:
    """How many rows of the inbox have each webhook id."""
    import sqlalchemy as sa

    from invoco import settings
    from invoco.bootstrap import opened
    from invoco.store.sync_tables import inbox

    async with opened(settings.load(**given)) as invoco, invoco.database.reading() as session:
        return Counter(await session.connection.scalars(sa.select(inbox.c.webhook_id)))


@contextmanager
def _server(name: str, variables: dict[str, str]) -> Iterator[int]:
    """The port of a server that is stopped at the end."""
    command = [sys.executable, "-m", "invoco.cli.webhook_servers", name]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                code = process.wait(_PATIENCE)
                raise SourceUnavailable(f"The server did not start (exit code {code}).", cure="See above why.")
            yield urlsplit(line.strip()).port or 0
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _load(order: Order) -> dict[str, Figures]:
    command = [sys.executable, "-m", "invoco.cli.webhook_load"]
    done = subprocess.run(command, input=msgspec.json.encode(order), stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise SourceUnavailable(f"The load ended with exit code {done.returncode}.", cure="See above why.")
    return msgspec.json.decode(done.stdout, type=dict[str, Figures])
