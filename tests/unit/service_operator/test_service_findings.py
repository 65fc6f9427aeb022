"""Findings are listed, shown and closed."""

import pytest

from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Deviation, Finding
from invoco.service.findings import ADVICE, FindingService

HERE = "location-of-the-tests"


@pytest.fixture
def findings(store, clock):
    """The service."""
    return FindingService(store, clock=clock)


@pytest.fixture
async def found(store, connection):
    """Two findings, by id."""
    made = [
        Finding(
            id=id_, location_id=HERE, kind=RecordKind.CONTACT, record_id="c1", contact_id="c1", field=field,
            deviation=deviation, wished="long text", got="long", message="HighLevel kept less.", found_at=at,
        )
        for at, (id_, field, deviation) in enumerate(
            [("f1", "city", Deviation.CUT), ("f2", "source", Deviation.DROPPED)]
        )
    ]  # fmt: skip
    async with store.transaction() as session:
        await session.findings.put(made)
    return {each.id: each for each in made}


async def test_open_ones_are_listed(findings, found, connection):
    """Newest first, and counted."""
    page = await findings.page(connection)

    assert ([each.id for each in page.findings], page.counts) == (["f2", "f1"], {"cut": 1, "dropped": 1})


async def test_one_is_shown(findings, found):
    """As it was found."""
    assert await findings.show("f1") == found["f1"]


async def test_one_is_closed(findings, found, connection, now):
    """It is listed among the closed ones, and stays closed."""
    closed = await findings.close("f1")
    again = await findings.close("f1")

    assert (closed.closed_at, again) == (now, closed)
    assert [each.id for each in (await findings.page(connection)).findings] == ["f2"]
    assert [each.id for each in (await findings.page(connection, is_open=False)).findings] == ["f1"]


async def test_all_are_closed(findings, found, connection, monkeypatch):
    """Page by page."""
    monkeypatch.setattr("invoco.service.findings._PAGE", 1)

    assert await findings.close_all(connection) == 2
    assert (await findings.page(connection)).counts == {}


async def test_an_unknown_id_is_told(findings, found):
    """With where to look."""
    with pytest.raises(FixInput, match="No finding has the id f9"):
        await findings.close("f9")


def test_every_deviation_has_advice():
    """Nobody is left alone with one."""
    assert set(Deviation) == ADVICE.keys()
