"""Places to keep tokens: what is saved is found, by one at a time, by its owner only."""

import asyncio
import os
import stat

import pytest

from invoco.highlevel.auth import TokenKey, Tokens
from invoco.highlevel.errors import Reconnect
from invoco.highlevel.token_stores import FileTokenStore, MemoryTokenStore
from invoco.testing.clock import FakeClock

KEY = TokenKey("app", "location1")
TOKENS = Tokens(access_token="a", refresh_token="r", expires_at=5, approved_locations=("one", "two"))


@pytest.fixture
def folder(tmp_path):
    """A folder that does not exist yet."""
    return tmp_path / "deeper" / "tokens"


@pytest.fixture(params=["memory", "files"])
def store(request, folder):
    """Every kind of store."""
    return MemoryTokenStore() if request.param == "memory" else FileTokenStore(folder, clock=FakeClock())


async def test_saved_tokens_are_found(store):
    """What is saved is loaded, and replaced by what is saved next."""
    await store.save(KEY, Tokens(access_token="old", expires_at=1))
    await store.save(KEY, TOKENS)

    assert TOKENS == await store.load(KEY)


async def test_unknown_keys_have_no_tokens(store):
    """Keys differ by app, by resource and by case."""
    await store.save(KEY, TOKENS)
    others = [TokenKey("app", "LOCATION1"), TokenKey("App", "location1"), TokenKey("", "applocation1")]

    assert [None] * 3 == [await store.load(key) for key in others]


async def test_deleted_tokens_are_gone(store):
    """Deleting works, also twice."""
    await store.save(KEY, TOKENS)
    await store.delete(KEY)
    await store.delete(KEY)

    assert await store.load(KEY) is None


async def test_lock_is_held_by_one(store):
    """Coroutines pass one at a time; another key is no hindrance."""
    inside, most = 0, 0

    async def enter():
        nonlocal inside, most
        async with store.lock(KEY), store.lock(TokenKey("app", str(id(asyncio.current_task())))):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(10)))

    assert 1 == most


async def test_cancelled_waiter_leaves_the_lock_free(store):
    """A caller that gives up waiting does not hold the lock later."""
    async with store.lock(KEY):
        waiter = asyncio.create_task(_enter(store))
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
    await _enter(store)

    assert waiter.cancelled()


async def _enter(store):
    async with store.lock(KEY):
        pass


async def test_files_are_for_their_owner(folder):
    """Neither tokens nor locks can be read by others, and nothing else is left in the folder."""
    store = FileTokenStore(folder)
    async with store.lock(KEY):
        await store.save(KEY, TOKENS)
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert ({".json": 0o600, ".lock": 0o600}, 0o700) == (modes, stat.S_IMODE(folder.stat().st_mode))


async def test_failed_save_leaves_the_old_pair(folder, monkeypatch):
    """When the disk is full the old pair stays whole, and no draft is left."""
    store = FileTokenStore(folder)
    await store.save(KEY, TOKENS)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            await store.save(KEY, Tokens(access_token="new", expires_at=1))

    assert (TOKENS, 1) == (await store.load(KEY), len(list(folder.iterdir())))


@pytest.mark.parametrize("content", [b"", b"{", b'{"access_token": 1}', b"\xff\xfe"])
async def test_damaged_file_means_connect(folder, content):
    """A file that holds no pair of tokens is told without showing what it holds."""
    store = FileTokenStore(folder)
    await store.save(KEY, TOKENS)
    (path,) = folder.iterdir()
    path.write_bytes(content)
    with pytest.raises(Reconnect, match="The stored tokens cannot be read"):
        await store.load(KEY)
