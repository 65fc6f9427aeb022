"""The main job, as a user runs it."""

import json
import socket
import subprocess
import sys
import time

import httpx2
import pytest


def test_demo_check(alone):
    """`invoco demo --check --json` imports an account, lets changes go both ways, and finds no drift."""
    done = alone("demo", "--check", "--json", "--contacts", "80", PATH="")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    events = answer["events"]

    assert {"imported", "drift", "requests", "rate_limited", "seconds", "events", "outbound"} == set(answer)
    assert {"contacts", "tasks", "notes", "appointments", "businesses", "tags"} == set(answer["imported"])
    assert (80, 0, 0) == (answer["imported"]["contacts"], answer["drift"], answer["rate_limited"])
    assert 50 <= events["received"] == events["applied"]
    outbound = answer["outbound"]
    assert (20, 20, 0, 0) == tuple(outbound[name] for name in ("sent", "verified", "findings", "conflicts"))
    assert 0 < events["p50_ms"] <= events["p99_ms"] < 60_000


def test_demo_for_people(alone):
    """Without `--json` it says what it does, and prints what arrived and how soon changes did."""
    done = alone("demo", "--check", "--contacts", "5", COLUMNS="200")

    assert (0, True) == (done.returncode, "Connected " in done.stderr)
    assert "What arrived" in done.stdout
    assert all(change in done.stdout for change in ("Changes as they arrive", "complete", "delete"))
    assert "Changes made in Invoco" in done.stdout
    assert 2 == done.stdout.count("drift 0")


class Demo:
    """A demo that serves, until it is stopped."""

    def __init__(self, process):
        self._process = process
        self.url, self.key, self.twin, self.token, self.contact = "", "", "", "", ""

    def read_invitation(self):
        """What it prints: how to look at a contact, and how to change it in the twin."""
        for line in self._process.stdout:
            if "answers at" in line:
                self.url = line.split()[4]
            elif "curl" in line and not self.key:
                self.key, self.contact = line.split("'")[1].split()[-1], line.rsplit("/", 1)[1].strip()
            elif "-X PUT" in line:
                self.token = line.split("'")[1].split()[-1]
            elif "--data" in line or "-d '" in line:
                self.twin = line.split()[-1].partition("/contacts/")[0]
            elif "Ctrl-C" in line:
                return

    def city(self):
        """The contact's, as Invoco's API tells it."""
        headers = {"Authorization": f"Bearer {self.key}", "Version": "2021-07-28"}
        answer = httpx2.get(f"{self.url}/contacts/{self.contact}", headers=headers)
        answer.raise_for_status()
        return answer.json()["contact"].get("city")


@pytest.fixture
def serving_demo(alone):
    """A demo whose API may not have the port that it asks for."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "invoco", "demo", "--contacts", "1", "--port", str(port)]
        with subprocess.Popen(
            command, env=alone.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            demo = Demo(process)
            demo.read_invitation()
            assert not demo.url.endswith(f":{port}")
            yield demo
            process.terminate()
    assert process.returncode == 0


def test_demo_serves(serving_demo):
    """Its API answers, at another port when the one it was to have is taken, until it is stopped."""
    assert httpx2.get(f"{serving_demo.url}/healthz").json()["status"] == "ok"


def test_demo_takes_in_what_is_changed_in_the_twin(serving_demo):
    """As it invites to do."""
    headers = {"Authorization": f"Bearer {serving_demo.token}", "Version": "2021-07-28"}
    contact = f"{serving_demo.twin}/contacts/{serving_demo.contact}"
    httpx2.put(contact, json={"city": "Elsewhere"}, headers=headers).raise_for_status()
    deadline = time.monotonic() + 30
    while serving_demo.city() != "Elsewhere" and time.monotonic() < deadline:
        time.sleep(0.05)

    assert serving_demo.city() == "Elsewhere"


def test_import_then_verify(connected):
    """After an import nothing differs, and the exit code says so."""
    imported = connected.answer("import")
    verified = connected.answer("verify")

    assert (60, True, 0) == (imported["imported"]["contacts"], imported["finished"], verified["drift"])


def test_second_import_changes_nothing(connected):
    """An import may be repeated."""
    first = connected.answer("import")
    second = connected.answer("import")

    assert first["imported"] == second["imported"]


def test_drift_is_found(connected, twin):
    """A contact changed in HighLevel after the import is drift, and the exit code is 1."""
    connected.answer("import", "--skip", "notes")
    headers = {"Authorization": f"Bearer {twin.token}", "Version": "2021-07-28"}
    listed = httpx2.get(f"{twin.url}/contacts/", params={"locationId": twin.location_id}, headers=headers).json()
    contact_id = listed["contacts"][0]["id"]
    httpx2.put(f"{twin.url}/contacts/{contact_id}", json={"city": "Elsewhere"}, headers=headers).raise_for_status()

    done = connected("verify", "--skip", "notes", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["kinds"]["contacts"]["first"][0]["id"] == contact_id


def test_dry_run_imports_nothing(connected):
    """`--dry-run` tells the cost and stores nothing."""
    plan = connected.answer("import", "--dry-run")

    assert {"contacts", "notes"} <= {kind["kind"] for kind in plan["kinds"]}
    assert connected("verify", "--skip", "notes").returncode == 1


@pytest.fixture
def served(connected):
    """Invoco's API over an imported location: its address and a key."""
    connected.answer("import", "--skip", "notes")
    key = connected.answer("keys", "add", "me")["key"]
    command = [sys.executable, "-m", "invoco", "serve", "--port", "0"]
    with subprocess.Popen(command, env=connected.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[3], key
        process.terminate()


def test_serve_speaks_highlevel(served, twin):
    """A program written for HighLevel reads from Invoco without HighLevel being asked."""
    url, key = served
    asked = twin.figures()["requests"]
    headers = {"Authorization": f"Bearer {key}", "Version": "2021-07-28"}
    listed = httpx2.get(f"{url}/contacts/", params={"locationId": twin.location_id, "limit": 3}, headers=headers)

    assert (200, 3) == (listed.status_code, len(listed.json()["contacts"]))
    assert asked == twin.figures()["requests"]


def test_serve_is_healthy(served):
    """`/healthz` answers without a key."""
    assert httpx2.get(f"{served[0]}/healthz").json()["status"] == "ok"


def test_serve_documents_itself(served):
    """The documentation page and all it loads come from Invoco itself."""
    page = httpx2.get(f"{served[0]}/docs")

    assert page.status_code == 200
    assert "https://" not in page.text


def test_serve_refuses_strangers(served, twin):
    """Without a known key nothing is told."""
    headers = {"Authorization": "Bearer invoco_unknown", "Version": "2021-07-28"}
    answer = httpx2.get(f"{served[0]}/contacts/", params={"locationId": twin.location_id}, headers=headers)

    assert answer.status_code == 401
