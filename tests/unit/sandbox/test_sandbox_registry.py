"""The registry of whoever may call the twin: in memory, and kept for the next run."""

import msgspec
import pytest
import sqlalchemy as sa

from invoco.sandbox.registry import (
    App,
    Code,
    Entry,
    Grant,
    Holder,
    Installation,
    Place,
    PrivateToken,
    Registry,
    entries,
)

APP = App(
    client_id="a1b2-c3", client_secret="hidden", version_id="v", plan_id="p", company_id="k", company_name="Agency",
    name="Invoco", scopes=("contacts.readonly",), installer_id="u",
)  # fmt: skip
HOLDER = Holder(client_id="a1b2-c3", scopes=("contacts.readonly",), company_id="k", location_id="l1", user_id="u")
GRANT = Grant(access_token="hidden-a", refresh_token="hidden-r", holder=HOLDER, access_until=1, refresh_until=2)
EVERY: list[Entry] = [
    APP,
    Place(location_id="l1", company_id="k", name="Here"),
    Code(code="hidden", holder=HOLDER, redirect_uri="https://app.example.com", until=1),
    GRANT,
    PrivateToken(token="hidden", company_id="k", location_id="l1", scopes=()),
    Installation(client_id="a1b2-c3", location_id="l1", installed_at=1),
]


def named(entry):
    """The name of an entry's class, for the name of a test."""
    return type(entry).__name__


@pytest.mark.parametrize("entry", EVERY, ids=named)
async def test_what_is_kept_is_found_by_its_key(registry, entry):
    """Each kind by its own."""
    await registry.keep(entry)

    assert (entry, [entry]) == (registry.find(type(entry), entry.key), registry.all(type(entry)))


@pytest.mark.parametrize("entry", EVERY, ids=named)
async def test_what_is_kept_survives_the_run(registry, database, entry):
    """Another registry over the same database finds it."""
    await registry.keep(entry)
    later = Registry(database)
    await later.load()

    assert entry == later.find(type(entry), entry.key)


@pytest.mark.parametrize("entry", EVERY, ids=named)
async def test_what_is_forgotten_is_gone(registry, database, entry):
    """From memory and from the database."""
    await registry.keep(*EVERY)
    await registry.forget(entry)
    later = Registry(database)
    await later.load()

    assert (None, None) == (registry.find(type(entry), entry.key), later.find(type(entry), entry.key))


@pytest.mark.parametrize("key", [None, "", "unknown"])
async def test_nobody_has_an_unknown_key(registry, key):
    """Nor no key at all."""
    await registry.keep(GRANT)

    assert None is registry.find(Grant, key)


async def test_a_pair_is_found_by_its_access_token(registry):
    """That is what calls carry."""
    await registry.keep(GRANT)

    assert (GRANT, None) == (registry.grant_of("hidden-a"), registry.grant_of("hidden-r"))


async def test_a_forgotten_pair_opens_nothing(registry):
    """Its access token is unknown at once."""
    await registry.keep(GRANT)
    await registry.forget(GRANT)

    assert None is registry.grant_of("hidden-a")


async def test_the_access_token_of_an_earlier_run_is_known(registry, database):
    """Programs go on with the tokens they have."""
    await registry.keep(GRANT)
    later = Registry(database)
    await later.load()

    assert GRANT == later.grant_of("hidden-a")


async def test_a_changed_entry_keeps_its_place(registry, database):
    """The order of the locations on the consent page does not change when one is paused."""
    first, second = (Place(location_id=name, company_id="k", name=name) for name in ("l1", "l2"))
    await registry.keep(first, second)
    await registry.keep(msgspec.structs.replace(first, active=False))
    later = Registry(database)
    await later.load()

    assert [["l1", "l2"]] * 2 == [[place.key for place in known.all(Place)] for known in (registry, later)]


async def test_the_app_of_a_pair_is_found(registry):
    """By its client id."""
    await registry.keep(APP)

    assert APP == registry.app("a1b2-c3")


async def test_clear_empties_the_memory_alone(registry, database):
    """The tables of a twin are emptied all at once."""
    await registry.keep(*EVERY)
    registry.clear()
    async with database.reading() as session:
        kept = await session.connection.scalar(sa.select(sa.func.count()).select_from(entries))

    assert (None, [], len(EVERY)) == (registry.grant_of("hidden-a"), registry.all(App), kept)


@pytest.mark.parametrize("entry", EVERY, ids=named)
def test_no_secret_is_shown(entry):
    """Neither by `repr` nor inside an error message."""
    assert "hidden" not in f"{entry!r} {entry}"


def test_an_entry_needs_a_key():
    """The base of all kinds has none."""
    with pytest.raises(TypeError, match="Entry has no key"):
        _ = Entry().key


def test_the_app_id_is_the_part_before_the_dash():
    """Of the client id (facts 2.1)."""
    assert "a1b2" == APP.app_id


@pytest.mark.parametrize(("location_id", "kind"), [("l1", "Location"), (None, "Company")])
def test_a_holder_is_a_location_or_a_company(location_id, kind):
    """Whoever has no location is a company."""
    assert kind == msgspec.structs.replace(HOLDER, location_id=location_id).user_type
