"""An authorisation that goes wrong ends in one sentence with a cure, and connects nothing."""

import subprocess
import sys

import httpx2
import pytest

LIFE_OF_A_CODE = 3600
"""Seconds, longer than any code works."""


@pytest.fixture
def connecting(invoco, twin):
    """`invoco connect` with these options while it waits for the consent; and the address of the consent page."""
    started = []

    def start(**options):
        options = {"client-id": twin.client_id, "client-secret": twin.client_secret, **options}
        given = [word for name, value in options.items() for word in (f"--{name}", value)]
        process = subprocess.Popen(
            [sys.executable, "-m", "invoco", "connect", "--no-browser", *given],
            env=invoco.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stderr is not None
        url = next(line.strip() for line in process.stderr if "://" in line)
        return process, url

    yield start
    for process in started:
        process.kill()
        process.communicate()


def granted(url, twin):
    """Where the consent page sends the browser of somebody who agrees."""
    return httpx2.post(url, data={"location_id": twin.location_id}).headers["Location"]


def ended(process):
    """The exit code and what was said at the end."""
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    return process.returncode, said


def test_expired_code(connecting, invoco, twin, control):
    """A code that came too late is named as such; nothing is connected."""
    process, page = connecting()
    back = granted(page, twin)
    control("clock", advance=LIFE_OF_A_CODE)

    httpx2.get(back)
    code, said = ended(process)

    assert code == 1
    assert "Error: " in said
    assert "code" in said.lower()
    assert invoco.answer("connections", "list") == []


def test_wrong_client_secret(connecting, invoco, twin):
    """The secret is what to look at; it is not repeated; nothing is connected."""
    process, page = connecting(**{"client-secret": "marked-secret-that-is-wrong"})

    httpx2.get(granted(page, twin))
    code, said = ended(process)

    assert code == 1
    assert "client secret" in said
    assert "marked-secret" not in said
    assert invoco.answer("connections", "list") == []


def test_unknown_client_id(connecting, invoco):
    """The consent page itself says that there is no such app."""
    _, page = connecting(**{"client-id": "000000000000000000000000-none"})

    shown = httpx2.get(page)

    assert shown.status_code >= 400
    assert "client" in shown.text.lower()
    assert invoco.answer("connections", "list") == []


def test_code_used_twice(connecting, invoco, twin):
    """The browser's way back, opened a second time, changes nothing of the first."""
    process, page = connecting()
    back = granted(page, twin)

    httpx2.get(back)
    code, _ = ended(process)
    with pytest.raises(httpx2.TransportError):
        httpx2.get(back)

    assert code == 0
    assert [connection["id"] for connection in invoco.answer("connections", "list")] == [twin.location_id]
