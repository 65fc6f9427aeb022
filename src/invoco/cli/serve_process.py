"""`invoco serve` and `invoco worker` as processes of their own, over an account that was connected and imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from invoco.cli.bench_places import own_environment
from invoco.cli.demo.account import connected, subscribe
from invoco.cli.twin_process import RunningTwin
from invoco.domain.connections import Connection
from invoco.domain.errors import SourceUnavailable
from invoco.domain.kinds import RecordKind
from invoco.highlevel.signing import ED25519_HEADER, RSA_HEADER

_PATIENCE = 60.0


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Where an Invoco lives that knows a twin's location."""

    given: dict[str, Any]
    """Its settings."""
    connection: Connection
    key: str
    """Of its API."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment of its processes."""
        return own_environment(
            self.given["data_folder"], None, {f"INVOCO_{name.upper()}": str(text) for name, text in self.given.items()}
        )


async def furnished(folder: Path, twin: RunningTwin, *, skip: frozenset[RecordKind], **more: Any) -> Home:
    """Connect the twin's location over OAuth, and import it but for some kinds.

    Args:
        folder: for its data.
        twin: that it knows from then on.
        skip: kinds that are not imported.
        more: settings, `database_url` for example.
    """
    from invoco import settings
    from invoco.bootstrap import opened

    answer = httpx2.get(f"{twin.url}/_twin/webhooks", timeout=_PATIENCE)
    keys = answer.raise_for_status().json()["public_keys"]
    given = {
        "data_folder": folder,
        "database_url": f"sqlite:///{folder / 'invoco.db'}",
        "base_url": twin.url,
        "webhook_ed25519_keys": keys[ED25519_HEADER],
        "webhook_rsa_keys": keys[RSA_HEADER],
        "port": 0,
        **more,
    }
    async with opened(settings.load(**given)) as invoco:
        connection = await connected(invoco, twin)
        await invoco.imports.run(connection, progress=lambda _kind, _done, _total: None, skip=skip)
        made = await invoco.keys.add("load", location_id=connection.id, read_only=False)
    return Home(given=given, connection=connection, key=made.secret)


class RunningServe(msgspec.Struct, frozen=True, kw_only=True):
    """A server that answers."""

    url: str
    pid: int


@contextmanager
def running_serve(home: Home, twin: RunningTwin) -> Iterator[RunningServe]:
    """Start `invoco serve`, point the twin's webhooks to it, and stop it at the end.

    Raises:
        SourceUnavailable: it did not start.
    """
    command = [sys.executable, "-m", "invoco", "serve"]
    with subprocess.Popen(command, env=home.variables, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise SourceUnavailable(
                    f"`invoco serve` did not start (exit code {process.wait(_PATIENCE)}).", cure="See above why."
                )
            url = line.split()[3]
            subscribe(twin, f"{url}/webhooks/highlevel")
            yield RunningServe(url=url, pid=process.pid)
        finally:
            process.terminate()
            process.wait(_PATIENCE)
