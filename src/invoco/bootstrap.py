"""Builds Invoco out of its parts; the only module that knows every room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from invoco import logs
from invoco.domain.errors import StoreUnusable
from invoco.gateway.gateway import HighLevelGateway
from invoco.gateway.source import Reading
from invoco.highlevel.clock import Clock, SystemClock
from invoco.highlevel.quota import Quotas
from invoco.service.books import Books
from invoco.service.connections import ConnectionService
from invoco.service.imports import ImportService
from invoco.service.journal import JournalRecorder
from invoco.service.keys import KeyService
from invoco.service.verification import VerificationService
from invoco.settings import Settings, load
from invoco.store import schema
from invoco.store.database import Database
from invoco.store.revisions import HEAD
from invoco.store.secrets import StoredSecrets
from invoco.store.tokens import StoredTokens
from invoco.store.vault import Vault

if TYPE_CHECKING:
    from fastapi import FastAPI


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoco:
    """Everything a command needs."""

    settings: Settings
    clock: Clock
    database: Database
    connections: ConnectionService
    imports: ImportService
    verification: VerificationService
    keys: KeyService
    books: Books


@asynccontextmanager
async def opened(settings: Settings | None = None, *, clock: Clock | None = None) -> AsyncIterator[Invoco]:
    """Invoco over its database, which is brought to this version first.

    Raises:
        Misconfigured: a setting, the database or the key file cannot be used.
        StoreBusy: another process holds the database.
    """
    chosen = settings or load()
    logs.configure(level=chosen.log_level, form=chosen.log_format)
    await upgraded(chosen)
    database = await Database.open(chosen.store_url)
    try:
        yield _assembled(chosen, database, clock or SystemClock())
    finally:
        await database.close()


async def upgraded(settings: Settings) -> str:
    """Bring the database to this version and tell its revision.

    Raises:
        StoreTooNew, StoreUnusable, StoreBusy: as the store says.
    """
    if settings.database_url is None:
        _make_folder(settings.data_folder)
    await schema.upgrade(settings.store_url)
    return HEAD


def api(invoco: Invoco) -> FastAPI:
    """Invoco's own API."""
    # Imported late: what serves is of no use to the commands that do not.
    from invoco.api.app import build_api

    return build_api(invoco.books, invoco.keys, ping=invoco.database.ping)


def _assembled(settings: Settings, database: Database, clock: Clock) -> Invoco:
    vault = _vault(settings)
    tokens, secrets = StoredTokens(database, vault, clock=clock), StoredSecrets(database, vault)
    reading = Reading(
        page_size=settings.page_size,
        days_back=settings.appointments_days_back,
        days_ahead=settings.appointments_days_ahead,
    )
    gateway = HighLevelGateway(tokens=tokens, secrets=secrets, quotas=Quotas(clock=clock), clock=clock, reading=reading)
    return Invoco(
        settings=settings,
        clock=clock,
        database=database,
        connections=ConnectionService(database, tokens=tokens, secrets=secrets, gateway=gateway, clock=clock),
        imports=ImportService(database, gateway=gateway, clock=clock, notes_share=settings.notes_daily_share),
        verification=VerificationService(database, gateway=gateway),
        keys=KeyService(database, clock=clock),
        books=Books(database, clock=clock, recorder=JournalRecorder()),
    )


def _vault(settings: Settings) -> Vault:
    if settings.secret_key is not None:
        return Vault.from_setting(settings.secret_key.get_secret_value())
    return Vault.from_file(settings.data_folder / "secret.key")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnusable(
            f"The data folder {folder} cannot be made: {error.strerror}.", cure="Set INVOCO_DATA_FOLDER to another one."
        ) from error
