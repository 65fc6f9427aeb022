"""Small accounts that are connected and imported once; every simulation begins with a copy of one."""

from __future__ import annotations

import asyncio
import shutil
from functools import cache
from pathlib import Path
from typing import Final

import httpx2
import msgspec

from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import Clock, instant, milliseconds
from invoco.highlevel.records import Appointment, Record
from invoco.sandbox import Twin, TwinSettings, build_twin
from invoco.sandbox.registry import Place
from invoco.sandbox.webhooks import SigningKeys, load_keys
from invoco.service.books.desk import every
from invoco.service.imports import ImportService
from invoco.simulation.chance import seeded
from invoco.simulation.consent import consented
from invoco.simulation.engine import DAYS, gateway_of
from invoco.simulation.threadless import threadless
from invoco.simulation.timeless import LoopClock, TimelessLoop
from invoco.store.database import Database
from invoco.store.schema import create_all

_RSA_BITS: Final = 2048
"""The least that is accepted: the keys protect nothing, and are to be quick to sign with."""


_SIMULATED_DAYS: Final = 10
"""No simulation lasts as long."""


_DEFINITIONS: Final = 2
"""Of each kind, besides custom fields, which are of many types."""
_TRIMMED: Final = (RecordKind.TAG, RecordKind.USER, RecordKind.CALENDAR, RecordKind.CUSTOM_VALUE)


class Shape(msgspec.Struct, frozen=True):
    """An account to begin with."""

    contacts: int
    whole_company: bool
    """Whether the app was installed in the company, so that location tokens are minted."""

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.contacts}-{'company' if self.whole_company else 'location'}"


SHAPES: Final = (Shape(3, False), Shape(6, True), Shape(9, False))


class Template(msgspec.Struct, frozen=True):
    """The two files of an account, and the keys that its twin signs with."""

    twin: Path
    mirror: Path
    keys_folder: Path

    @property
    def keys(self) -> SigningKeys:
        """The keys in their folder."""
        return _keys(self.keys_folder)

    def copied(self, folder: Path) -> Template:
        """Files of one's own."""
        for file in (self.twin, self.mirror):
            shutil.copy(file, folder)
        return Template(folder / self.twin.name, folder / self.mirror.name, self.keys_folder)


@cache
def _keys(folder: Path) -> SigningKeys:
    return load_keys(folder, rsa_bits=_RSA_BITS)


def make_templates(folder: Path) -> list[Template]:
    """One account of each shape, below the folder."""
    return [_made(folder / shape.name, shape) for shape in SHAPES]


def _made(folder: Path, shape: Shape) -> Template:
    folder.mkdir()
    template = Template(folder / "twin.db", folder / "mirror.db", folder.parent)
    with seeded(shape.name), threadless(), asyncio.Runner(loop_factory=TimelessLoop) as runner:
        runner.run(_make(template, shape))
    return template


async def _make(template: Template, shape: Shape) -> None:
    clock = LoopClock()
    settings = TwinSettings(contacts=shape.contacts, seed=shape.contacts, data=template.twin)
    async with build_twin(settings, clock=clock, keys=template.keys) as twin:
        await _trim(twin)
        database = await Database.open(f"sqlite:///{template.mirror}", durable=False)
        try:
            await create_all(database)
            await _connect_and_import(twin, database, clock, whole_company=shape.whole_company)
        finally:
            await database.close()


async def _trim(twin: Twin) -> None:
    """Leave out what costs time and adds nothing: most definitions, and appointments that an engine would not read."""
    now, reach = milliseconds(twin.clock), (DAYS - _SIMULATED_DAYS) * 86_400_000
    for place in twin.registry.all(Place):
        async with twin.database.transaction() as session:
            for kind in _TRIMMED:
                shelf = session.shelf(kind)
                known: list[Record] = await every(shelf, place.location_id)
                await shelf.delete(place.location_id, [record.id for record in known[_DEFINITIONS:]])
            calendars = {each.id for each in await every(session.shelf(RecordKind.CALENDAR), place.location_id)}
            booked: list[Appointment] = await every(session.shelf(RecordKind.APPOINTMENT), place.location_id)
            unread = [
                each.id
                for each in booked
                if each.calendar_id not in calendars or abs(instant(each.start_time or "") - now) > reach
            ]
            await session.appointments.delete(place.location_id, unread)


async def _connect_and_import(twin: Twin, database: Database, clock: Clock, *, whole_company: bool) -> None:
    network = httpx2.ASGITransport(app=twin.app)
    connection = await consented(twin, database, clock, network, whole_company=whole_company)
    gateway, _ = gateway_of(database, clock, network)
    imports = ImportService(database, gateway=gateway, clock=clock, notes_share=1.0)
    await imports.run(connection, progress=lambda _kind, _done, _total: None)
