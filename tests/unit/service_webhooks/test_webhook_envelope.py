"""What bodies say of themselves, and where they belong."""

import hashlib
import json

import pytest

from invoco.domain.event_types import EVENT_TYPES
from invoco.service.webhooks.envelope import Known, Place, placed, read

KNOWN = Known(frozenset({"l1"}), frozenset({"a1"}))
EVENT = {"type": "ContactCreate", "locationId": "l1", "appId": "a1", "webhookId": "w1"}


def body(**changes):
    """A good event with these changes; None leaves a field out."""
    fields = EVENT | {"timestamp": "2025-06-15T15:06:40.123Z"} | changes
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def place_of(known=KNOWN, **changes):
    """Where the event belongs."""
    return placed(read(body(**changes)), known)


def test_a_good_event():
    """Everything it says is read."""
    said = read(body(companyId="k1"))

    assert ("w1", "ContactCreate", "l1", "k1", "a1", 1_750_000_000_123, None) == (
        said.webhook_id, said.type, said.location_id, said.company_id, said.app_id, said.at, said.problem
    )  # fmt: skip


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"nonsense", b"\xff\xfe", b'{"type":"\xff"}', b'{"type":"a"} x', b'{"type":"\\ud800"}']
)
def test_what_is_no_json(raw):
    """It is told, and named by its hash."""
    said = read(raw)

    assert ("The body is not JSON.", f"sha256:{hashlib.sha256(raw).hexdigest()}") == (said.problem, said.webhook_id)


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"text"', b"null"])
def test_what_is_no_object(raw):
    """It is told."""
    assert "The body is no JSON object." == read(raw).problem


@pytest.mark.parametrize("depth", [64, 500, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_absurd_nesting(depth, opening, closing):
    """Whoever reads it later is spared it."""
    raw = b'{"type":"ContactCreate","x":' + opening * depth + b"1" + closing * depth + b"}"

    assert "The body is nested too deeply." == read(raw).problem


def test_brackets_that_do_not_nest():
    """Many of them, or those in a text, are no nesting."""
    assert None is read(body(body='[[[{"' * 100, customFields=[{"id": "f", "value": [1]}] * 100)).problem


@pytest.mark.parametrize("type_", [None, "", 5, [], {}, "x" * 101, "a\nb", "\x00"])
def test_no_type(type_):
    """An event that does not say what it is cannot be used."""
    assert "The event has no type." == read(body(type=type_)).problem


@pytest.mark.parametrize("given", [None, "", 7, ["w1"], "x" * 101, "\x00"])
def test_no_webhook_id(given):
    """The hash of the body stands for it: the same body sent again is the same event."""
    assert f"sha256:{hashlib.sha256(body(webhookId=given)).hexdigest()}" == read(body(webhookId=given)).webhook_id


@pytest.mark.parametrize("given", [None, "", "yesterday", 1_750_000_000, [], "9999-99-99"])
def test_no_timestamp(given):
    """It is left open when the event happened."""
    assert None is read(body(timestamp=given)).at


def test_an_event_of_a_connected_location():
    """It waits there."""
    assert Place("l1") == place_of()


def test_an_event_without_an_app():
    """Its location is enough: HighLevel's examples often leave the app out (facts 8.1)."""
    assert Place("l1") == place_of(appId=None)


def test_a_type_nobody_knows():
    """HighLevel adds new ones: it waits as well."""
    assert Place("l1") == place_of(type="ContactMerged")


@pytest.mark.parametrize(
    ("changes", "location_id", "reason"),
    [
        ({"appId": "a2"}, "l1", "It is an event of another app: a2."),
        ({"appId": 5}, "l1", "It is an event of another app: ?."),
        ({"locationId": "l2"}, "l2", "The location l2 is not connected."),
        ({"locationId": 5}, "?", "The location ? is not connected."),
        ({"locationId": None}, "", "The event names no location."),
        ({"locationId": None, "type": "UserCreate", "appId": None}, "", "The event names no location."),
        ({"locationId": "l2", "type": "UserCreate"}, "l2", "The location l2 is not connected."),
        ({"locationId": None, "type": "New"}, "", "The event names no location."),
    ],
)
def test_events_of_nobody(changes, location_id, reason):
    """They are rejected with the reason."""
    assert Place(location_id, reason) == place_of(**changes)


def test_without_any_app():
    """A private integration token has no webhooks (facts 2.5)."""
    known = Known(frozenset({"l1"}), frozenset())

    assert Place("l1", "No OAuth app is connected, and only an app has webhooks.") == place_of(known)


@pytest.mark.parametrize("type_", ["INSTALL", "UNINSTALL", "UPDATE", "PLAN_CHANGE", "AppPaymentStatus"])
@pytest.mark.parametrize("location_id", ["l1", "l2", None])
def test_events_of_the_app(type_, location_id):
    """They wait in one queue, whether their location is connected or not."""
    assert Place("") == place_of(type=type_, locationId=location_id)


@pytest.mark.parametrize(
    ("changes", "location_id"),
    [
        ({"type": "LocationUpdate", "id": "l1"}, "l1"),
        ({"type": "LocationCreate", "id": "l2"}, ""),
        ({"type": "UserCreate"}, ""),
        ({"type": "SaaSPlanCreate"}, ""),
        ({"type": "InvoiceCreate", "altId": "l1"}, "l1"),
    ],
)
def test_bodies_without_a_location_id(changes, location_id):
    """Some name their location otherwise, some are of a company."""
    assert Place(location_id) == place_of(locationId=None, **changes)


def test_all_types_of_events():
    """HighLevel's 77 types are known, each once, and each waits for its connected location or its company."""
    places = [place_of(type=type_) for type_ in EVENT_TYPES]

    assert (77, 77, {None}) == (
        len(EVENT_TYPES), len({event.name for event in EVENT_TYPES.values()}), {place.refusal for place in places}
    )  # fmt: skip
