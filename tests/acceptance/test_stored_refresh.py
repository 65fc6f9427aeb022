"""Two processes that share Invoco's database refresh the same token at once, against the twin."""

import asyncio
import json
import subprocess
import sys
import textwrap

import httpx2
import pytest
from msgspec.structs import replace

from invoco.cli.twin_process import running_twin
from invoco.highlevel.auth import OAuthApp, TokenKey, code_from, new_state
from invoco.highlevel.clock import SystemClock
from invoco.store import schema
from invoco.store.database import Database
from invoco.store.tokens import StoredTokens
from invoco.store.vault import Vault

ROUNDS = 20
KEY = "a key for this test alone"
REFRESHER = textwrap.dedent(
    """
    import asyncio, json, sys
    from invoco.highlevel.auth import OAuthApp, OAuthTokens
    from invoco.highlevel.clock import SystemClock
    from invoco.store.database import Database
    from invoco.store.tokens import StoredTokens
    from invoco.store.vault import Vault

    async def main():
        order = json.loads(sys.argv[1])
        app = OAuthApp(**order["app"], scopes=())
        database = await Database.open(order["database"])
        store = StoredTokens(database, Vault.from_setting(order["key"]), clock=SystemClock())
        for line in sys.stdin:
            credentials = OAuthTokens(app, store=store, resource_id=order["location"])
            print(await credentials.token(), flush=True)
        await database.close()

    asyncio.run(main())
    """
)
REDIRECT = "http://127.0.0.1:9/callback"


@pytest.fixture(scope="module")
def twin():
    """A twin without limits."""
    with running_twin(contacts=1, seed=1, limit="off") as running:
        yield running


async def granted(app, location_id):
    """The first pair, as a user who consents gives it."""
    state = new_state()
    async with httpx2.AsyncClient() as browser:
        page = await browser.get(app.authorization_url(state))
        answer = await browser.post(page.url, data={"location_id": location_id})
    return await app.exchange(code_from(dict(httpx2.URL(answer.headers["location"]).params), state=state))


async def expired(store, key, tokens):
    """Store the pair as if it had run out."""
    await store.save(key, replace(tokens, expires_at=0))


def test_two_processes_leave_one_valid_pair(tmp_path, twin):
    """In every round both processes get the same new token, and it is the one that is stored."""
    asyncio.run(rounds(f"sqlite:///{tmp_path / 'invoco.db'}", twin))


async def rounds(url, twin):
    """Play all rounds with two processes that live as long."""
    order = {
        "client_id": twin.client_id,
        "client_secret": twin.client_secret,
        "redirect_uri": REDIRECT,
        "base_url": twin.url,
        "consent_url": f"{twin.url}/v2/oauth/chooselocation",
    }
    app = OAuthApp(**order, scopes=("contacts.readonly",))
    await schema.upgrade(url)
    database = await Database.open(url)
    store = StoredTokens(database, Vault.from_setting(KEY), clock=SystemClock())
    key = TokenKey(app.app_id, twin.location_id)
    tokens = await granted(app, twin.location_id)
    message = json.dumps({"app": order, "database": url, "key": KEY, "location": twin.location_id})
    processes = [started(message) for _ in range(2)]
    try:
        for _ in range(ROUNDS):
            await expired(store, key, tokens)
            got = set(await asyncio.gather(*(asyncio.to_thread(ask, it) for it in processes)))
            kept = await store.load(key)

            assert kept is not None
            assert {kept.access_token} == got
            tokens = kept
        refreshed = twin.figures()["requests_by_path"]["POST /oauth/token"]
    finally:
        for process in processes:
            process.communicate(timeout=20)
        await database.close()

    assert ROUNDS + 1 == refreshed


def started(message):
    """A process that refreshes when told."""
    return subprocess.Popen(
        [sys.executable, "-c", REFRESHER, message], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask(process):
    """Let the process get a token."""
    process.stdin.write("go\n")
    process.stdin.flush()
    return process.stdout.readline().strip()
