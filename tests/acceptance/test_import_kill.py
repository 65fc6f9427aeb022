"""An import that is killed at any moment goes on where it was, and reads no finished page again."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from invoco.cli.twin_process import running_twin

KILLS = 20
SEED = 20
PAGE_SIZE = 20
KINDS = {
    "/contacts/search": "contacts",
    "/tasks/search": "tasks",
    "/notes": "notes",
    "/calendars/events": "appointments",
    "/calendars/": "calendars",
    "/businesses/": "businesses",
    "/customFields": "custom_fields",
    "/customValues": "custom_values",
    "/tags": "tags",
    "/users/": "users",
    "/locations/": "locations",
}


class Read(NamedTuple):
    """One call of the importer."""

    run: int
    kind: str
    key: str
    """Path, query and body."""


class Witness:
    """Stands between importer and twin: notes every call, and kills the importer at the one that was agreed on."""

    def __init__(self, twin_url: str) -> None:
        self.twin = urlsplit(twin_url).netloc
        self.reads: list[Read] = []
        self.finished: dict[int, set[str]] = {}
        """Per run the calls that must not be made any more."""
        self.run = 0
        self._lock = threading.Lock()
        self._victim: subprocess.Popen[str] | None = None
        self._left, self._delay = 0, 0.0

    def expect(self, victim: subprocess.Popen[str], *, after: int, delay: float) -> None:
        """Kill that process with its so-many-th call, seconds after it was answered."""
        with self._lock:
            self._victim, self._left, self._delay = victim, after, delay

    def note(self, run: int, target: str, body: bytes) -> bool:
        """Note a call; whether it is the fatal one."""
        kind = next(kind for part, kind in KINDS.items() if part in target)
        with self._lock:
            self.reads.append(Read(run, kind, f"{target} {body.decode()}"))
            self._left -= 1
            return self._left == 0

    def strike(self) -> None:
        """Kill."""
        time.sleep(self._delay)
        if self._victim is not None:
            os.kill(self._victim.pid, signal.SIGKILL)


class Passage(BaseHTTPRequestHandler):
    """One connection of the importer, passed on to the twin."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def setup(self) -> None:
        """Remember in which run the importer connected."""
        super().setup()
        self.run = self.server.witness.run
        self.twin = HTTPConnection(self.server.witness.twin, timeout=60)

    def finish(self) -> None:
        """Close both ends."""
        self.twin.close()
        super().finish()

    def pass_on(self) -> None:
        """Note the call, fetch the answer, pass it back."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        fatal = self.server.witness.note(self.run, self.path, body)
        if fatal:
            threading.Thread(target=self.server.witness.strike).start()
        self.twin.request(self.command, self.path, body, dict(self.headers))
        answer = self.twin.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "transfer-encoding", "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = pass_on  # noqa: N815 - names of the base class

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """The witness as a server."""

    daemon_threads = True
    witness: Witness

    def handle_error(self, *_: object) -> None:
        """The dead do not listen."""


@pytest.fixture
def watched() -> Iterator[tuple[Witness, str, dict[str, str]]]:
    """A witness in front of a twin of its own, its address, and the twin's keys."""
    with running_twin(contacts=400, seed=7, limit="off") as twin, Server(("127.0.0.1", 0), Passage) as server:
        server.witness = Witness(twin.url)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield server.witness, url, {"token": twin.token, "location": twin.location_id}
        server.shutdown()


def saved_steps(folder) -> dict[str, Any]:
    """How far the import came, as the database of a dead importer tells."""
    with closing(sqlite3.connect(folder / "data" / "invoco.db")) as database:
        (run_id,) = database.execute("SELECT id FROM import_runs").fetchone() or (None,)
        rows = database.execute("SELECT kind, record FROM import_steps WHERE run_id = ?", (run_id,))
        return {kind: json.loads(record) for kind, record in rows}


def finished_reads(witness: Witness, steps: dict[str, Any]) -> set[str]:
    """The calls whose pages were stored before the kill."""
    calls: dict[str, dict[str, None]] = defaultdict(dict)
    for read in witness.reads:
        calls[read.kind][read.key] = None
    finished = {key for kind, step in steps.items() for key in list(calls[kind])[: step["pages"]] if kind != "notes"}
    if not steps.get("appointments", {}).get("cursor"):
        finished -= set(calls["calendars"])  # the first page of appointments asks which calendars there are
    last = (steps.get("notes", {}).get("cursor") or {}).get("after") or ""
    return finished | {key for key in calls["notes"] if key.split("/")[2] <= last}


def killed(witness: Witness, environment: dict[str, str], *, after: int, delay: float) -> int:
    """The exit code of an import that was killed with its so-many-th call."""
    process = subprocess.Popen(
        [sys.executable, "-m", "invoco", "import", "--json"],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    witness.expect(process, after=after, delay=delay)
    process.communicate(timeout=60)
    return process.returncode


def test_an_import_killed_at_twenty_points_ends_right(watched, tmp_path, invoco):
    """The mirror equals the source, and no page that was stored before a kill was read after it."""
    witness, url, keys = watched
    invoco.environment |= {"INVOCO_BASE_URL": url, "INVOCO_PAGE_SIZE": str(PAGE_SIZE)}
    invoco.answer("connect", "acme", "--token", keys["token"], "--location", keys["location"])
    witness.reads.clear()
    dice = random.Random(SEED)
    lives = [dice.randint(60, 75) if kill % 5 == 4 else dice.randint(1, 18) for kill in range(KILLS)]

    for life in lives:
        witness.run += 1
        code = killed(witness, invoco.environment, after=life, delay=dice.random() * 0.03)
        assert code == -signal.SIGKILL
        witness.finished[witness.run + 1] = finished_reads(witness, saved_steps(tmp_path))

    witness.run += 1
    outcome = invoco.answer("import")
    reads = list(witness.reads)
    drift = invoco.answer("verify")

    assert [read for read in reads if read.key in witness.finished.get(read.run, ())] == []
    assert len(witness.finished[witness.run]) > 150
    assert outcome["finished"]
    assert drift["drift"] == 0
