"""Imports and verification of a connected location, against a twin."""

import pytest

from invoco.domain.errors import SourceUnavailable
from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import milliseconds
from invoco.sandbox import FaultSwitch
from invoco.service.connection_settings import ConnectionSettingsService

pytestmark = pytest.mark.asyncio(loop_scope="session")


def silent(_kind, _done, _total):
    """No progress."""


async def test_an_imported_location_has_no_drift(desk):
    """Everything the twin holds arrives, and the proof says so."""
    connection = await desk.connected()
    outcome = await desk.imports.run(connection, progress=silent)
    drift = await desk.verification.verify(connection, progress=silent)

    assert (drift.drift, outcome.waiting_until) == (0, None)
    assert outcome.steps["contacts"].stored == 12
    assert all(step.stored for kind, step in outcome.steps.items() if kind != "notes")


async def test_the_proof_says_when_it_was_made_and_what_it_cost(desk):
    """And is kept for whoever asks how old the last one is."""
    connection = await desk.connected()
    await desk.imports.run(connection, progress=silent)
    desk.clock.advance(60)
    now, spent = milliseconds(desk.clock), desk.twin.figures()["requests"]
    drift = await desk.verification.verify(connection, progress=silent)
    figures = await ConnectionSettingsService(desk.database, clock=desk.clock).figures(connection)

    assert (drift.at, drift.calls) == (now, desk.twin.figures()["requests"] - spent)
    assert {kind.here_hash for kind in drift.kinds} == {kind.there_hash for kind in drift.kinds}
    assert figures.equal_at == now


async def test_the_plan_counts_what_will_be_read(desk):
    """Contacts exactly, and a call per contact for its notes."""
    planned = await desk.imports.plan(await desk.connected())
    calls = {kind.kind: kind.calls for kind in planned.kinds}

    assert (calls["notes"], calls["contacts"]) == (12, 2)


async def test_an_import_that_failed_is_gone_on_with(desk):
    """The same run, until it is finished; then the next import begins anew."""
    connection = await desk.connected()
    desk.twin.switchboard.on(FaultSwitch(name="html", path="tasks"))
    with pytest.raises(SourceUnavailable):
        await desk.imports.run(connection, progress=silent)
    desk.twin.switchboard.clear()
    unfinished = await desk.imports.unfinished(connection)
    outcome = await desk.imports.run(connection, progress=silent)

    assert unfinished is not None
    assert unfinished.id == outcome.run.id
    assert await desk.imports.unfinished(connection) is None


async def aside(desk, connection):
    """What could not be read."""
    async with desk.database.reading() as session:
        return await session.imports.aside(connection.id)


async def test_malformed_records_are_listed(desk):
    """A row that cannot be read is told of, and the next import mends it."""
    connection = await desk.connected()
    desk.twin.switchboard.on(FaultSwitch(name="malformed", path="contacts"))
    await desk.imports.run(connection, progress=silent)
    desk.twin.switchboard.clear()
    (failure,) = await aside(desk, connection)
    drift = await desk.verification.verify(connection, progress=silent, skip=frozenset({RecordKind.NOTE}))
    await desk.imports.run(connection, progress=silent)

    assert (failure.kind, drift.drift) == ("contacts", 1)
    assert await aside(desk, connection) == []


async def test_a_verification_without_an_import_finds_everything_missing(desk):
    """An empty mirror is all drift."""
    drift = await desk.verification.verify(await desk.connected(), progress=silent, skip=frozenset({RecordKind.NOTE}))

    assert next(kind.missing_here for kind in drift.kinds if kind.kind == RecordKind.CONTACT) == 12
