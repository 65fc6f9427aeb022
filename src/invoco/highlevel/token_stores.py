"""Places to keep tokens: memory, and a folder that several processes share."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import msgspec

from invoco.highlevel.clock import Clock, SystemClock
from invoco.highlevel.errors import Reconnect
from invoco.highlevel.tokens import TokenKey, Tokens

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1


class MemoryTokenStore:
    """Tokens for the life of one process."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, Tokens] = {}
        self._locks: defaultdict[TokenKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def load(self, key: TokenKey) -> Tokens | None:
        """The pair, or None."""
        return self._tokens.get(key)

    async def save(self, key: TokenKey, tokens: Tokens) -> None:
        """Keep the pair."""
        self._tokens[key] = tokens

    async def delete(self, key: TokenKey) -> None:
        """Forget the pair."""
        self._tokens.pop(key, None)

    def lock(self, key: TokenKey) -> AbstractAsyncContextManager[None]:
        """Held by one coroutine at a time."""
        return self._locks[key]


class FileTokenStore:
    """Tokens in a folder, one file per key, readable by its owner only.

    A file is replaced whole and flushed to the disk before `save` returns. The lock belongs to the operating system,
    which releases it when its holder dies.
    """

    def __init__(self, folder: Path, *, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()

    async def load(self, key: TokenKey) -> Tokens | None:
        """The pair, or None.

        Raises:
            Reconnect: the file holds something else.
            OSError: the file cannot be read.
        """
        return await asyncio.to_thread(_read, self._path(key, "json"))

    async def save(self, key: TokenKey, tokens: Tokens) -> None:
        """Keep the pair.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        await asyncio.to_thread(_replace, self._path(key, "json"), msgspec.json.encode(tokens))

    async def delete(self, key: TokenKey) -> None:
        """Forget the pair."""
        await asyncio.to_thread(self._path(key, "json").unlink, missing_ok=True)

    @asynccontextmanager
    async def lock(self, key: TokenKey) -> AsyncIterator[None]:
        """Held by one coroutine of one process at a time."""
        path = self._path(key, "lock")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            await self._locked(descriptor)
            yield
        finally:
            os.close(descriptor)  # releases the lock

    async def _locked(self, descriptor: int) -> None:
        """Asking again and again can be cancelled at any moment; a thread blocked in the kernel cannot."""
        pause = _FIRST_PAUSE
        while not _try_lock(descriptor):
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _path(self, key: TokenKey, ending: str) -> Path:
        """Ids differ by case and may hold any character, file names may not."""
        name = hashlib.sha256(repr(tuple(key)).encode()).hexdigest()[:32]
        return self._folder / f"{name}.{ending}"


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Tokens | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Tokens)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Reconnect("The stored tokens cannot be read") from None


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(8)}.draft")
    try:
        _write(draft, content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _flush_folder(path.parent)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _flush_folder(folder: Path) -> None:
    """So that the new name survives a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
