"""The consent page: what a person sees and where it leads (facts 2.1)."""

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from invoco.sandbox.registry import Installation, Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = "/v2/oauth/chooselocation"
CALLBACK = "https://app.example.com/callback"


@pytest.mark.parametrize("path", [PAGE, "/oauth/chooselocation"])
async def test_the_page_offers_every_location_and_the_agency(face, path):
    """Under both addresses, each a button with its own value."""
    page = await face.http.get(path, params=face.asked())

    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    for choice in (face.here, face.elsewhere, "company"):
        assert f'<button name="location_id" value="{choice}">' in page.text


async def test_the_page_names_what_is_asked_for(face):
    """The app, and each permission."""
    page = await face.http.get(PAGE, params=face.asked(scope="contacts.readonly users.readonly"))

    assert "<h1>Connect Invoco</h1>" in page.text
    assert "2 permissions" in page.text
    assert "<code>contacts.readonly</code><code>users.readonly</code>" in page.text


async def test_without_scopes_all_of_the_app_are_asked_for(face):
    """As the registered app has them."""
    page = await face.http.get(PAGE, params=face.asked())

    assert f"{len(face.keys['scopes'])} permissions" in page.text


async def test_names_cannot_become_code(face):
    """What a location is called is shown as text."""
    [first, *_] = face.twin.registry.all(Place)
    await face.twin.registry.keep(msgspec.structs.replace(first, name="<script>alert(1)</script>", address=""))
    page = await face.http.get(PAGE, params=face.asked())

    assert "<script>" not in page.text
    assert f"&lt;script&gt;alert(1)&lt;/script&gt;</strong><small>{face.here}</small>" in page.text


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"client_id": "unknown"}, "invalid_client", "No app has this client_id."),
        ({"response_type": "token"}, "unsupported_response_type", "The response_type must be code."),
        ({"redirect_uri": ""}, "invalid_redirect_uri", "The redirect_uri is not one of this app."),
        ({"redirect_uri": "http://example.com/"}, "invalid_redirect_uri", "The redirect_uri is not one of this app."),
        ({"redirect_uri": "ftp://localhost/"}, "invalid_redirect_uri", "The redirect_uri is not one of this app."),
        ({"redirect_uri": "https:///path"}, "invalid_redirect_uri", "The redirect_uri is not one of this app."),
        ({"scope": "contacts.readonly a.b c.d"}, "invalid_scope", "The app does not have the scope a.b c.d."),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_cannot_be_granted_is_told(face, method, changed, code, words):
    """On a page, since a person reads it; the program is not gone back to."""
    page = await face.http.request(method, PAGE, params=face.asked(**changed))

    assert (400, True) == (page.status_code, "The app cannot be connected" in page.text)
    assert f"<code>{code}</code>" in page.text
    assert words in page.text


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:8080/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:1/callback",
        "https://anything.example/",
    ],
)
async def test_addresses_that_can_be_gone_back_to(face, redirect_uri):
    """This machine always; any https address, as the app has registered none."""
    page = await face.http.get(PAGE, params=face.asked(redirect_uri=redirect_uri))

    assert 200 == page.status_code


@pytest.mark.parametrize(("redirect_uri", "status"), [(CALLBACK, 200), ("https://anything.example/", 400)])
async def test_registered_addresses_are_the_only_ones(face, redirect_uri, status):
    """Once an app has some."""
    app = face.twin.accounts.app()
    await face.twin.registry.keep(msgspec.structs.replace(app, redirect_uris=(CALLBACK,)))
    page = await face.http.get(PAGE, params=face.asked(redirect_uri=redirect_uri))

    assert status == page.status_code


@pytest.mark.parametrize(
    ("redirect_uri", "begin"), [(CALLBACK, f"{CALLBACK}?code="), (f"{CALLBACK}?a=1", f"{CALLBACK}?a=1&code=")]
)
async def test_a_choice_leads_back_to_the_program(face, redirect_uri, begin):
    """With a code, and the state it gave, beside what the address has already."""
    answer = await face.http.post(
        PAGE, params=face.asked(redirect_uri=redirect_uri, state="s t&1"), data={"location_id": face.here}
    )
    location = answer.headers["Location"]

    assert (302, True) == (answer.status_code, location.startswith(begin))
    assert ["s t&1"] == parse_qs(urlsplit(location).query)["state"]


async def test_without_a_state_none_is_told(face):
    """The address has a code alone."""
    answer = await face.http.post(PAGE, params=face.asked(), data={"location_id": face.here})

    assert {"code"} == set(parse_qs(urlsplit(answer.headers["Location"]).query))


@pytest.mark.parametrize("body", [b"", b"location_id=nowhere", b"location_id=%FF", b"\xff\xfe"])
async def test_a_choice_of_nothing(face, body):
    """A location that is none is told on the page."""
    page = await face.http.post(PAGE, params=face.asked(), content=body)

    assert (400, True) == (page.status_code, "There is no such location." in page.text)


async def test_a_choice_installs_the_app(face):
    """In that location alone."""
    await face.code(face.here)

    assert [(f"{face.keys['client_id']}:{face.here}", 1_750_000_000_000)] == [
        (entry.key, entry.installed_at) for entry in installations(face)
    ]


async def test_the_agency_installs_everywhere(face):
    """In all its locations."""
    await face.code("company")

    assert [face.here, face.elsewhere] == [entry.location_id for entry in installations(face)]


def installations(face):
    """Where the app is installed."""
    return face.twin.registry.all(Installation)
