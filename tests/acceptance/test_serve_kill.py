"""Killed at any moment under load, Invoco loses no delivery that it acknowledged, and applies none twice."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import httpx2
import pytest
import sqlalchemy as sa

from invoco import settings
from invoco.bootstrap import opened
from invoco.cli.demo.account import subscribe
from invoco.cli.serve_process import furnished
from invoco.cli.twin_process import running_twin
from invoco.domain.deliveries import DeliveryState
from invoco.domain.rereads import Subject
from invoco.store.sync_tables import inbox, provisional
from invoco.store.tables import history

KILLS = int(os.environ.get("INVOCO_TEST_KILLS", "5"))
"""How many kills; all 50 of the promise when the variable says so."""
PATIENCE = 90.0
MOST_DELETIONS = 15
"""More of them within an hour would be held for approval."""
VERSION = {"Version": "2021-07-28"}


class Load:
    """Somebody who edits in HighLevel all the time."""

    def __init__(self, twin, *, seed) -> None:
        self._twin, self._chance = twin, random.Random(seed)
        self._http = httpx2.Client(
            base_url=twin.url, headers={"Authorization": f"Bearer {twin.token}", **VERSION}, timeout=30
        )
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.contacts = self._known()
        self._tags = self._dictionary()
        self.changes = self._deletions = 0

    def __enter__(self):
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error):
        """End."""
        self.stop()
        self._http.close()

    def stop(self) -> None:
        """Change no more."""
        self._stopped.set()
        self._thread.join()

    def _known(self):
        answer = self._http.get("/contacts/", params={"locationId": self._twin.location_id, "limit": 50})
        return [contact["id"] for contact in answer.raise_for_status().json()["contacts"]]

    def _dictionary(self):
        """Tags that are known: of new ones no webhook tells."""
        answer = self._http.get(f"/locations/{self._twin.location_id}/tags")
        return [tag["name"] for tag in answer.raise_for_status().json()["tags"]]

    def _run(self) -> None:
        while not self._stopped.wait(0.02):
            self._change(self._chance.choice(self.contacts), self._chance.random())
            self.changes += 1

    def _change(self, contact_id, which) -> None:
        text = f"text {self.changes}"
        if which < 0.5:
            self._send("PUT", f"/contacts/{contact_id}", firstName=text)
        elif which < 0.6:
            self._send("POST", f"/contacts/{contact_id}/tags", tags=[self._chance.choice(self._tags)])
        elif which < 0.75:
            self._send("POST", f"/contacts/{contact_id}/notes", body=text)
        elif which < 0.9:
            due = "2027-01-01T00:00:00Z"
            self._send("POST", f"/contacts/{contact_id}/tasks", title=text, dueDate=due, completed=False)
        elif which < 0.97:
            email = f"{uuid.uuid4().hex}@example.com"
            made = self._send("POST", "/contacts/", locationId=self._twin.location_id, email=email, firstName=text)
            self.contacts.append(made["contact"]["id"])
        elif self._deletions < MOST_DELETIONS:
            self._deletions += 1
            self.contacts.remove(contact_id)
            self._send("DELETE", f"/contacts/{contact_id}")

    def _send(self, method, path, **body):
        answer = self._http.request(method, path, json=body or None)
        return answer.raise_for_status().json()


class Fleet:
    """Processes of Invoco that are killed and started again."""

    def __init__(self, home, commands) -> None:
        self._environment = {**os.environ, **home.variables}
        self._commands = commands
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self):
        """Start all."""
        for number in range(len(self._commands)):
            self._start(number)
        return self

    def __exit__(self, *_error):
        """Stop all."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(PATIENCE)

    def kill(self, number) -> None:
        """As a power cut would, and start it again."""
        process = self._running[number]
        assert process.poll() is None, "it ended by itself"
        process.send_signal(signal.SIGKILL)
        process.wait()
        self._start(number)

    def _start(self, number) -> None:
        command = [sys.executable, "-m", "invoco", *self._commands[number]]
        self._running[number] = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(is_so, *, what, look_every=0.05) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"{what} took longer than {PATIENCE:.0f} s"
        time.sleep(look_every)


def answers(url):
    """Whether the server is up."""
    try:
        return httpx2.get(f"{url}/healthz", timeout=5).is_success
    except httpx2.HTTPError:
        return False


def deliveries(twin):
    """Everything that the twin has to tell."""
    answer = httpx2.get(f"{twin.url}/_twin/dump", params={"what": "deliveries", "limit": 100_000}, timeout=60)
    return answer.raise_for_status().json()["deliveries"]


class Deliveries:
    """What the twin has yet to tell; waits of its retry policy are passed over by its clock."""

    def __init__(self, twin) -> None:
        self._twin = twin
        self._tries: dict[int, int] = {}

    def all_ended(self):
        """Whether nothing waits; the clock moves on only while no delivery is tried, or tries would be used up."""
        tries = {each["id"]: each["attempts"] for each in deliveries(self._twin) if each["state"] == "waiting"}
        if tries and tries == self._tries:
            httpx2.post(f"{self._twin.url}/_twin/clock", json={"advance": 600}, timeout=30).raise_for_status()
        self._tries = tries
        return not tries


async def unsettled(invoco, connection):
    """What is left to be taken in, read again or approved; a task that went with its contact is looked for for long."""
    async with invoco.database.reading() as session:
        rereads = await session.rereads.due(connection.id, now=2**52, limit=1000)
        waiting = await session.inbox.waiting(connection.id, limit=1)
        marks = (await session.connection.execute(sa.select(provisional))).all()
        held = await session.tombstones.held(connection.id)
    doubts = [reread for reread in rereads if reread.subject is not Subject.LOST_TASK]
    return [*marks, *waiting, *doubts, *held]


async def outcome(home, twin):
    """What there is in the end: the inbox, records shown twice for one event, and the drift."""
    async with opened(settings.load(**home.given)) as invoco:
        deadline = time.monotonic() + PATIENCE
        while left := await unsettled(invoco, home.connection):
            assert time.monotonic() < deadline, f"not confirmed in time: {left}"
            await asyncio.sleep(0.2)
        async with invoco.database.reading() as session:
            rows = (await session.connection.execute(sa.select(inbox.c.webhook_id, inbox.c.state))).all()
            shown = sa.select(history.c.event_id, history.c.record_id).where(
                history.c.event_id.is_not(None), history.c.read_at.is_(None)
            )
            twice = [
                row for row, count in Counter((await session.connection.execute(shown)).all()).items() if count > 1
            ]
        drift = await invoco.verification.verify(home.connection, progress=lambda *_: None)
        return rows, twice, drift


def killed_under_load(home, twin, commands, *, url):
    """Kill them one by one, at random moments, while changes go on."""
    chance = random.Random(7)
    subscribe(twin, f"{url}/webhooks/highlevel")
    with Fleet(home, commands) as fleet, Load(twin, seed=7) as load:
        until(lambda: answers(url), what="the start")
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.1, 1.0))
            fleet.kill(chance.randrange(len(commands)))
            until(lambda: answers(url), what="the start after a kill")
        load.stop()
        until(Deliveries(twin).all_ended, what="the delivery of everything", look_every=1.0)
        return asyncio.run(outcome(home, twin)), load.changes


def check(twin, found) -> None:
    """Everything that was acknowledged is there once, was taken in, and nothing differs."""
    (rows, twice, drift), changes = found
    states = Counter(delivery["state"] for delivery in deliveries(twin))
    acknowledged = {delivery["webhook_id"] for delivery in deliveries(twin) if delivery["state"] == "delivered"}
    kept = Counter(webhook_id for webhook_id, _ in rows)

    assert changes > 5 * KILLS
    assert "failed" not in states
    assert len(acknowledged) > 5 * KILLS
    assert acknowledged <= kept.keys()
    assert set(kept.values()) == {1}
    assert {DeliveryState(state) for _, state in rows} <= {DeliveryState.DONE, DeliveryState.KEPT}
    assert twice == []
    assert [kind for kind in drift.kinds if kind.drift] == []


@pytest.fixture
def fresh_twin():
    """A twin of its own, for its clock is moved."""
    with running_twin(contacts=60, seed=3, limit="off") as twin:
        yield twin


def test_a_killed_server_on_sqlite(tmp_path, fresh_twin):
    """One process does everything."""
    port = free_port()
    home = asyncio.run(furnished(tmp_path, fresh_twin, skip=frozenset(), port=port))
    url = f"http://127.0.0.1:{port}"

    check(fresh_twin, killed_under_load(home, fresh_twin, [["serve"]], url=url))


def test_killed_processes_on_postgresql(tmp_path, fresh_twin, own_postgres):
    """A server that only takes in, and two workers that do the rest."""
    port = free_port()
    with own_postgres("kill") as database_url:
        home = asyncio.run(
            furnished(
                tmp_path,
                fresh_twin,
                skip=frozenset(),
                port=port,
                database_url=database_url.replace("+psycopg", ""),
                jobs="workers",
            )
        )
        url = f"http://127.0.0.1:{port}"

        check(fresh_twin, killed_under_load(home, fresh_twin, [["serve"], ["worker"], ["worker"]], url=url))
