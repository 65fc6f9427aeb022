"""Two processes that share a folder of tokens renew an expired pair once, whoever comes first."""

import asyncio
import itertools
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from invoco.highlevel.auth import TokenKey, Tokens
from invoco.highlevel.token_stores import FileTokenStore

ROUNDS = 20
KEY = TokenKey("app", "location1")

WORKER = """
import asyncio, sys
from pathlib import Path
from invoco.highlevel.auth import OAuthApp, OAuthTokens
from invoco.highlevel.token_stores import FileTokenStore

folder, base_url = Path(sys.argv[1]), sys.argv[2]
app = OAuthApp(
    client_id="app-1", client_secret="secret", redirect_uri="https://invoco.test/callback", scopes=(), base_url=base_url
)
print("ready", flush=True)
for _ in sys.stdin:
    credentials = OAuthTokens(app, store=FileTokenStore(folder), resource_id="location1")
    print(asyncio.run(credentials.token()), flush=True)
"""

HOLDER = """
import asyncio, sys
from pathlib import Path
from invoco.highlevel.auth import TokenKey
from invoco.highlevel.token_stores import FileTokenStore

async def hold():
    async with FileTokenStore(Path(sys.argv[1])).lock(TokenKey("app", "location1")):
        print("held", flush=True)
        sys.stdin.read()

asyncio.run(hold())
"""


class StrictTokenServer(ThreadingHTTPServer):
    """Knows one valid refresh token, good for a single use, and grants no second chance."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), StrictTokenHandler)
        self.numbers = itertools.count(1)
        self.valid = "refresh-0"
        self.used = []
        self.refused = []
        self.turn = threading.Lock()

    def refresh(self, token):
        """The next pair, or None for a token that is not the valid one."""
        with self.turn:
            if token != self.valid:
                self.refused.append(token)
                return None
            self.used.append(token)
            number = next(self.numbers)
            self.valid = f"refresh-{number}"
            return {"access_token": f"access-{number}", "refresh_token": self.valid, "expires_in": 86399}


class StrictTokenHandler(BaseHTTPRequestHandler):
    """POST /oauth/token."""

    server: StrictTokenServer

    def do_POST(self):
        """Answer a refresh after a moment, so that the other process has time to interfere."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        pair = self.server.refresh(form["refresh_token"][0])
        time.sleep(0.01)
        body = json.dumps(pair or {"error_description": "Invalid refresh token"}).encode()
        self.send_response(200 if pair else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # noqa: A002 - the name is given by the standard library
        """Stay silent."""


@pytest.fixture
def server():
    """The token endpoint on a free port."""
    with StrictTokenServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def workers(tmp_path, server):
    """Two processes that fetch a token for every line they are sent."""
    command = [sys.executable, "-c", WORKER, str(tmp_path), f"http://127.0.0.1:{server.server_port}"]
    workers = [started(command) for _ in range(2)]
    watchdog = threading.Timer(60, kill, workers)
    watchdog.start()
    try:
        assert ["ready"] * 2 == [worker.stdout.readline().strip() for worker in workers]
        yield workers
    finally:
        watchdog.cancel()
        for worker in workers:
            worker.communicate()


def started(command) -> Any:
    """A process that is talked to by lines."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def kill(*workers):
    """End the processes that hang."""
    for worker in workers:
        worker.kill()


def tokens_of(workers):
    """What the workers print when they are all sent a line at once."""
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [worker.stdout.readline().strip() for worker in workers]


def stored(store) -> Tokens:
    """The pair in the store; the first one if there is none yet."""
    first = Tokens(access_token="access-0", refresh_token="refresh-0", expires_at=0)
    return asyncio.run(store.load(KEY)) or first


def test_two_processes_leave_one_valid_pair(tmp_path, server, workers):
    """In each of 20 rounds one refresh is sent, both processes get its token, and its pair is the one stored."""
    store = FileTokenStore(tmp_path)
    for number in range(1, ROUNDS + 1):
        asyncio.run(store.save(KEY, msgspec.structs.replace(stored(store), expires_at=0)))

        assert [f"access-{number}"] * 2 == tokens_of(workers)
        assert server.valid == stored(store).refresh_token

    assert ([f"refresh-{number}" for number in range(ROUNDS)], []) == (server.used, server.refused)


def test_a_killed_process_leaves_no_lock(tmp_path):
    """The lock of a process that was killed is free at once."""
    holder = started([sys.executable, "-c", HOLDER, str(tmp_path)])
    held = holder.stdout.readline().strip()
    free_before = asyncio.run(is_free(FileTokenStore(tmp_path)))
    holder.kill()
    holder.communicate()

    assert ("held", False, True) == (held, free_before, asyncio.run(is_free(FileTokenStore(tmp_path))))


async def is_free(store):
    """Whether the lock can be had within a moment."""
    try:
        async with asyncio.timeout(0.3), store.lock(KEY):
            return True
    except TimeoutError:
        return False
