"""Connecting: credentials are kept only when everything that is needed works."""

import pytest
from msgspec.structs import replace

from invoco.domain.errors import FixInput, MissingScope, Reconnect, SourceUnavailable, WrongLocation
from invoco.highlevel.auth import TokenKey
from invoco.highlevel.records import InstalledLocation, Location
from invoco.sandbox import FaultSwitch
from invoco.service.connections import ASKED_SCOPES, _chosen_location, fresh_name
from invoco.service.gateway import client_secret_name, private_token_name

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def nothing_is_kept(desk):
    """Whether neither a connection nor a credential was kept."""
    return await desk.connections.all() == [] and desk.secrets.kept == {}


async def test_a_token_connects_its_location(desk):
    """The connection is stored, the token among the secrets."""
    token = await desk.token()
    connection = await desk.connections.connect_with_token(
        base_url="http://twin.test", token=token, location_id=desk.here, name="main"
    )

    assert [connection] == await desk.connections.all()
    assert ("main", "token", desk.here) == (connection.name, connection.access, connection.id)
    assert desk.keys["company_id"] == connection.company_id
    assert token == await desk.secrets.get(private_token_name(desk.here))


async def test_a_connection_is_named_after_its_location(desk):
    """Small letters and dashes, where no name is given."""
    connection = await desk.connected()

    assert desk.keys["locations"][0]["name"].split()[0].lower() == connection.name.split("-")[0]


@pytest.mark.parametrize(
    ("location", "taken", "expected"),
    [
        ("Älpha & Co.", set(), "alpha-co"),
        ("Älpha & Co.", {"alpha-co", "alpha-co-2"}, "alpha-co-3"),
        ("猫の店", set(), "location"),
        (None, {"location"}, "location-2"),
    ],
)
async def test_afresh_name_is_plain_and_free(location, taken, expected):
    """Two locations may be called alike, or in a script that nobody types here."""
    assert expected == fresh_name(Location(id="x", name=location), taken)


async def test_a_location_connected_again_keeps_its_name(desk):
    """Reconnecting replaces the credentials, not the connection."""
    await desk.connected("main")
    again = await desk.connected()

    assert (again.name, len(await desk.connections.all())) == ("main", 1)


async def test_the_name_of_another_connection_is_refused(desk):
    """Names tell connections apart."""
    connection = await desk.connected("main")
    async with desk.database.transaction() as session:
        await session.connections.put(replace(connection, id="another", name="taken"))

    with pytest.raises(FixInput, match="Another connection is called taken"):
        await desk.connected("taken")


async def test_an_unfit_name_is_refused_before_any_call(desk):
    """Names are typed on command lines."""
    desk.twin.log.clear()
    with pytest.raises(FixInput, match="cannot be used"):
        await desk.connected("Not fit!")

    assert list(desk.twin.log.requests) == []


async def test_missing_scopes_are_listed_with_their_use(desk):
    """All of them at once, and nothing is kept."""
    readable = {scope for scope in ASKED_SCOPES if scope not in {"users.readonly", "calendars.readonly"}}
    with pytest.raises(MissingScope) as caught:
        await desk.connections.connect_with_token(
            base_url="http://twin.test", token=await desk.token(*readable), location_id=desk.here
        )

    expected = "The token lacks 2 scopes: users.readonly (to read users), "
    assert expected + "calendars.readonly (to read calendars and appointments)." == str(caught.value)
    assert await nothing_is_kept(desk)


async def test_one_missing_scope_is_told(desk):
    """Tasks have a scope of their own."""
    readable = {scope for scope in ASKED_SCOPES if scope != "locations/tasks.readonly"}

    with pytest.raises(MissingScope, match=r"lacks a scope: locations/tasks\.readonly \(to read tasks\)\."):
        await desk.connections.connect_with_token(
            base_url="http://twin.test", token=await desk.token(*readable), location_id=desk.here
        )


async def test_a_token_of_another_location_is_refused(desk):
    """It opens its own location only."""
    with pytest.raises(WrongLocation):
        await desk.connections.connect_with_token(
            base_url="http://twin.test", token=await desk.token(), location_id=desk.elsewhere
        )

    assert await nothing_is_kept(desk)


async def test_a_token_nobody_made_is_refused(desk):
    """And does not appear in the message."""
    with pytest.raises(Reconnect) as caught:
        await desk.connections.connect_with_token(
            base_url="http://twin.test", token="pit-not-one", location_id=desk.here
        )

    assert "pit-not-one" not in str(caught.value)
    assert await nothing_is_kept(desk)


async def test_an_app_connects_the_location_that_was_chosen(desk):
    """Over the consent page; the pair and the client secret are kept."""
    authorisation = desk.authorise()
    answer = await desk.consent(authorisation, desk.here)
    connection = await desk.connections.connect_with_oauth(authorisation, answer=answer, name="main")
    pair = await desk.tokens.load(TokenKey(desk.keys["app_id"], desk.here))

    assert ("oauth", desk.keys["client_id"], desk.here) == (connection.access, connection.client_id, connection.id)
    assert set(connection.scopes) >= {"contacts.readonly", "contacts.write"}
    assert desk.here == pair.location_id
    assert desk.keys["client_secret"] == await desk.secrets.get(client_secret_name(desk.keys["client_id"]))


async def test_the_bare_code_will_do(desk):
    """Some people copy only that."""
    authorisation = desk.authorise()
    answer = await desk.consent(authorisation, desk.here)
    code = answer.partition("code=")[2].partition("&")[0]

    assert desk.here == (await desk.connections.connect_with_oauth(authorisation, answer=code)).id


async def test_an_answer_to_another_sign_in_is_refused(desk):
    """The state must be the one that was sent."""
    answer = await desk.consent(desk.authorise(), desk.here)

    with pytest.raises(Reconnect, match="state"):
        await desk.connections.connect_with_oauth(desk.authorise(), answer=answer)


async def test_consent_that_was_refused_is_told(desk):
    """In the words of the consent page."""
    authorisation = desk.authorise()
    answer = f"/callback?error=access_denied&state={authorisation.state}"

    with pytest.raises(Reconnect, match="access_denied"):
        await desk.connections.connect_with_oauth(authorisation, answer=answer)


async def test_a_wrong_client_secret_is_told(desk):
    """And nothing is kept; the secret is not in the message."""
    authorisation = desk.authorise(client_secret="not-the-secret")
    answer = await desk.consent(authorisation, desk.here)
    with pytest.raises(Reconnect) as caught:
        await desk.connections.connect_with_oauth(authorisation, answer=answer)

    assert "not-the-secret" not in f"{caught.value!r} {caught.value} {authorisation!r}"
    assert await nothing_is_kept(desk)


async def test_another_location_than_the_one_meant_is_refused(desk):
    """The user chose another one on the consent page."""
    authorisation = desk.authorise()
    answer = await desk.consent(authorisation, desk.here)

    with pytest.raises(WrongLocation, match="not to elsewhere"):
        await desk.connections.connect_with_oauth(authorisation, answer=answer, location_id="elsewhere")


async def test_a_company_token_is_exchanged_for_the_location_that_is_named(desk):
    """Both pairs are kept: the company's mints again when the location's dies."""
    authorisation = desk.authorise()
    answer = await desk.consent(authorisation, "company")
    connection = await desk.connections.connect_with_oauth(authorisation, answer=answer, location_id=desk.elsewhere)
    keys = [TokenKey(desk.keys["app_id"], owner) for owner in (desk.elsewhere, desk.keys["company_id"])]

    assert desk.elsewhere == connection.id
    assert [(await desk.tokens.load(key)).user_type for key in keys] == ["Location", "Company"]


async def test_a_company_with_several_locations_asks_which(desk):
    """Whoever sits there chooses."""
    offered: list[str] = []

    async def choose(installed):
        offered.extend(location.id for location in installed)
        return desk.elsewhere

    authorisation = desk.authorise()
    answer = await desk.consent(authorisation, "company")
    connection = await desk.connections.connect_with_oauth(authorisation, answer=answer, choose=choose)

    assert {desk.here, desk.elsewhere} <= set(offered)
    assert desk.elsewhere == connection.id


async def test_a_company_with_several_locations_must_name_one_when_nobody_chooses(desk):
    """The ids are listed."""
    authorisation = desk.authorise()
    answer = await desk.consent(authorisation, "company")

    with pytest.raises(FixInput, match=desk.elsewhere):
        await desk.connections.connect_with_oauth(authorisation, answer=answer)


async def test_a_location_without_the_app_is_refused(desk):
    """It must be installed there first."""
    authorisation = desk.authorise()
    answer = await desk.consent(authorisation, "company")

    with pytest.raises(WrongLocation, match="not installed in location nowhere"):
        await desk.connections.connect_with_oauth(authorisation, answer=answer, location_id="nowhere")


async def test_the_only_installed_location_need_not_be_named():
    """There is nothing to choose."""
    installed = [InstalledLocation(id="only")]

    assert await _chosen_location(installed, location_id=None, choose=None) == "only"


async def test_an_app_that_is_installed_nowhere_connects_nothing():
    """It must be installed first."""
    with pytest.raises(WrongLocation, match="installed in no location"):
        await _chosen_location([], location_id=None, choose=None)


async def test_the_only_connection_need_not_be_named(desk):
    """Most people have one."""
    connection = await desk.connected("main")

    assert [connection] * 3 == [await desk.connections.chosen(name) for name in (None, "main", desk.here)]


async def test_without_a_connection_one_must_be_made(desk):
    """The cure says how."""
    with pytest.raises(FixInput, match="No location is connected yet"):
        await desk.connections.chosen(None)


async def test_among_several_connections_one_must_be_named(desk):
    """The names are listed."""
    connection = await desk.connected("main")
    async with desk.database.transaction() as session:
        await session.connections.put(replace(connection, id="another", name="other"))

    with pytest.raises(FixInput, match="main, other"):
        await desk.connections.chosen(None)


async def test_an_unknown_name_is_told(desk):
    """With where to look."""
    await desk.connected("main")

    with pytest.raises(FixInput, match="no connection named wrong"):
        await desk.connections.chosen("wrong")


async def test_credentials_that_are_not_kept_ask_to_reconnect(desk):
    """As after a database was copied without its key."""
    connection = await desk.connected("main")
    await desk.secrets.delete(private_token_name(desk.here))

    with pytest.raises(Reconnect, match="credentials of main are not kept"):
        await desk.imports.plan(connection)


async def test_a_faulty_answer_keeps_nothing(desk):
    """HTML instead of JSON, as from a web page's address."""
    token = await desk.token()
    desk.twin.switchboard.on(FaultSwitch(name="html"))
    with pytest.raises(SourceUnavailable):
        await desk.connections.connect_with_token(base_url="http://twin.test", token=token, location_id=desk.here)
    desk.twin.switchboard.clear()

    assert await nothing_is_kept(desk)


async def test_the_scopes_asked_for_are_those_of_the_operations(desk):
    """Everything Invoco can do is asked for at once."""
    assert {"contacts.readonly", "contacts.write", "oauth.readonly", "calendars/events.readonly"} <= set(ASKED_SCOPES)
    assert "scope=businesses.readonly%20" in desk.authorise().url


async def test_a_client_of_a_connection_can_be_opened(desk):
    """For calls that are no import."""
    connection = await desk.connected()
    async with await desk.gateway.open_client(connection) as client:
        location = await client.locations.get()

    assert desk.here == location.id


async def test_highlevel_s_own_consent_page_is_used_for_highlevel(desk):
    """A twin shows its own."""
    urls = [desk.authorise(base_url=url).url for url in ("https://services.leadconnectorhq.com", "http://twin.test")]

    assert urls[0].startswith("https://marketplace.gohighlevel.com/v2/oauth/chooselocation?")
    assert urls[1].startswith("http://twin.test/v2/oauth/chooselocation?")
