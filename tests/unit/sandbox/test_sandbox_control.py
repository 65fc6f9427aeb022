"""The control API: move the clock, switch faults, look inside (facts 12)."""

import pytest
import pytest_asyncio

from invoco.highlevel import signing
from invoco.sandbox.faults import FAULTS
from invoco.sandbox.webhooks import EVENTS, NEW_POLICY, OLD_POLICY

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = 1_750_000_000
ELSEWHERE = "https://receiver.example.com/hook"


async def refusal(face, path, /, **order):
    """Status, message and cure of an order that is refused."""
    answer = await face.http.post(f"/_twin/{path}", json=order)
    return answer.status_code, answer.json()["message"], answer.json()["cure"]


async def tags(face):
    """The answer to a call of HighLevel's API."""
    return await face.send("GET", f"/locations/{face.here}/tags")


@pytest_asyncio.fixture(loop_scope="session")
async def changing(face):
    """The twin, for a test that replaces its account."""
    yield face
    await face.twin.reset()


async def test_reset(changing):
    """Everything is as it was, and told."""
    before = await changing.order("reset")
    await changing.order("clock", advance=60, frozen=True)
    await changing.order("faults", name="520")
    await changing.send("POST", "/contacts/", json={"locationId": changing.here, "email": "late@example.com"})

    assert before == await changing.order("reset") == await changing.look("dump")


async def test_seed(changing):
    """Another account; its keys are told."""
    keys = await changing.order("seed", contacts=1, seed=2)

    assert (True, keys) == (keys["client_id"] != changing.keys["client_id"], await changing.look("account"))


async def test_an_account_of_less_than_nothing(face):
    """It is refused, and the account stays."""
    assert 400 == (await refusal(face, "seed", contacts=-1))[0]
    assert face.keys == face.twin.accounts.keys()


async def test_the_time(face):
    """It runs."""
    assert {"now": NOW, "frozen": False} == await face.look("clock")


async def test_the_clock_is_moved(face):
    """Forward, and stopped, in one order."""
    moved = await face.order("clock", advance=90.5, frozen=True)

    assert {"now": NOW + 90.5, "frozen": True} == moved == await face.look("clock")


async def test_the_clock_runs_again(face):
    """From where it stood."""
    await face.order("clock", advance=60, frozen=True)

    assert {"now": NOW + 60, "frozen": False} == await face.order("clock", frozen=False)


@pytest.mark.parametrize("advance", [-1, 1e12])
async def test_the_clock_moves_forward_by_a_century_at_most(face, advance):
    """Tokens and windows must not come back to life, and dates must remain dates."""
    status, message, _ = await refusal(face, "clock", advance=advance)

    assert (400, True) == (status, message.startswith("The order cannot be read: Expected `float` "))


async def test_a_lag_is_set(face):
    """It is told back, and in the state."""
    answer = await face.order("lag", seconds=2.5)

    assert ({"seconds": 2.5}, 2.5) == (answer, (await face.look("dump"))["lag"])


async def test_limits_are_set_and_calls_forgotten(face):
    """Calls counted under the old limit use up none of the new one."""
    await tags(face)
    told = await face.order("limits", limit="1/60s", daily=9)
    statuses = [(await tags(face)).status_code for _ in range(2)]

    assert {"app": {"burst": 1, "seconds": 60.0, "daily": 9}, "private": None} == told
    assert [200, 429] == statuses


@pytest.mark.parametrize("order", [{"limit": "much"}, {"daily": 0}])
async def test_limits_that_are_none(face, order):
    """They are refused, and the old ones stay."""
    before = face.twin.limiter.limits

    assert 400 == (await refusal(face, "limits", **order))[0]
    assert before == face.twin.limiter.limits


async def test_all_faults_are_described(face):
    """By name; none is on."""
    told = await face.look("faults")

    assert ({name: fault.description for name, fault in FAULTS.items()}, {}) == (told["faults"], told["on"])


async def test_a_fault_is_switched_on(face):
    """Its hits are counted."""
    await face.order("faults", name="520", path="tags", times=1)
    statuses = [(await tags(face)).status_code for _ in range(2)]

    assert ([520, 200], {"520": 1}) == (statuses, (await face.look("faults"))["on"])


@pytest.mark.parametrize(("path", "left"), [("/faults/520", {"429": 0}), ("/faults", {}), ("/faults/html", None)])
async def test_faults_are_switched_off(face, path, left):
    """One or all; one that was not on changes nothing."""
    await face.order("faults", name="520")
    await face.order("faults", name="429")
    answer = await face.http.delete(f"/_twin{path}")

    assert ({"520": 0, "429": 0} if left is None else left) == answer.json()["on"]


@pytest.mark.parametrize("order", [{"name": "typo"}, {"name": "520", "path": "["}, {"name": "520", "rate": 2}, {}])
async def test_a_fault_that_is_none(face, order):
    """It is refused and nothing is on."""
    status, _, cure = await refusal(face, "faults", **order)

    assert (400, True, {}) == (status, bool(cure), face.twin.switchboard.hits())


async def test_the_keys_of_the_account(face):
    """What a program needs to connect."""
    assert face.twin.accounts.keys() == await face.look("account")


async def test_the_account_is_changed(face):
    """Scopes and a pause in one order; the keys are told back."""
    told = await face.order("account", scopes=["contacts.readonly"], paused=face.here)

    assert ["contacts.readonly"] == told["scopes"]
    assert [(face.here, False), (face.elsewhere, True)] == [
        (place["id"], place["active"]) for place in told["locations"]
    ]


async def test_a_location_is_resumed(face):
    """It is active again."""
    await face.order("account", paused=face.here)

    assert [True, True] == [place["active"] for place in (await face.order("account", resumed=face.here))["locations"]]


@pytest.mark.parametrize("change", ["paused", "resumed", "uninstalled"])
async def test_a_location_that_is_none(face, change):
    """It is told where to find one."""
    assert (400, "There is no location 'nowhere'.", "Take one from `GET /_twin/account`.") == await refusal(
        face, "account", **{change: "nowhere"}
    )


async def test_a_private_token_is_made(face):
    """It opens its location, with the scopes that were asked for."""
    made = (await face.order("private-tokens", location_id=face.here, scopes=["locations/tags.readonly"]))["token"]
    path = f"/locations/{face.here}"
    answers = [await face.send("GET", f"{path}/{what}", token=made) for what in ("tags", "customFields")]

    assert [200, 401] == [answer.status_code for answer in answers]


async def test_a_private_token_is_rotated(face):
    """At once, so that only the new one opens anything."""
    new = (await face.order("private-tokens/rotate", token=face.token, now=True))["token"]
    path = f"/locations/{face.here}/tags"
    answers = [await face.send("GET", path, token=token) for token in (face.token, new)]

    assert [401, 200] == [answer.status_code for answer in answers]


async def test_the_duplicate_rule_is_set(changing):
    """Of the main location unless another is named; what is not named stays."""
    first = await changing.order("duplicates", order=["phone", "email"])
    second = await changing.order("duplicates", allow=True)
    other = await changing.order("duplicates", location=changing.elsewhere)

    assert {"location": changing.here, "allow": False, "order": ["phone", "email"]} == first
    assert {**first, "allow": True} == second
    assert (changing.elsewhere, True) == (other["location"], other["allow"])


@pytest.mark.parametrize("order", [{"order": []}, {"order": ["name"]}, {"location": "nowhere"}])
async def test_a_duplicate_rule_that_is_none(face, order):
    """It is refused."""
    assert 400 == (await refusal(face, "duplicates", **order))[0]


async def test_every_event_is_listed(face):
    """By its name."""
    assert list(EVENTS) == (await face.look("events"))["events"]


async def test_an_event_is_sent(face):
    """With the fields it was given; it is among the deliveries."""
    told = await face.order("events", event="InvoicePaid", body={"locationId": face.here, "total": 5})
    [delivery] = (await face.look("dump", what="deliveries"))["deliveries"]

    assert ("InvoicePaid", face.here, 5, told["webhook_id"]) == (
        delivery["type"],
        delivery["location_id"],
        delivery["body"]["total"],
        delivery["webhook_id"],
    )


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"event": "Typo"}, "HighLevel has no event 'Typo'."),
        ({"event": "NoteCreate", "body": {"locationId": ["x"]}}, "The locationId of an event is a text."),
    ],
)
async def test_an_event_that_is_none(face, order, message):
    """It is refused by name."""
    assert (400, message) == (await refusal(face, "events", **order))[:2]


async def test_the_subscription(face):
    """What it is at first, and the keys that check signatures."""
    told = await face.look("webhooks")

    assert (None, {}, True, NEW_POLICY.retries) == (
        told["url"],
        told["urls"],
        told["thin"],
        told["policy"]["retries"],
    )
    assert face.twin.keys.public_pems() == told["public_keys"]
    assert {signing.ED25519_HEADER, signing.RSA_HEADER} == set(told["public_keys"])


async def test_the_subscription_is_changed(face):
    """Field by field; those that are not named stay."""
    await face.order("webhooks", url=ELSEWHERE, urls={"NoteCreate": f"{ELSEWHERE}/notes"}, policy="old", thin=False)
    told = await face.order("webhooks", url=None, chaos={"drop": 0.5})

    assert (None, {"NoteCreate": f"{ELSEWHERE}/notes"}, False, 0.5) == (
        told["url"],
        told["urls"],
        told["thin"],
        told["chaos"]["drop"],
    )
    assert OLD_POLICY == face.twin.subscription.policy


async def test_a_delivery_that_was_never_tried_is_not_resent(face):
    """There is no failure to make good."""
    await face.order("events", event="InvoicePaid")
    [delivery] = (await face.look("dump", what="deliveries"))["deliveries"]

    assert (400, "Only a delivery whose latest attempt failed can be sent again.") == (
        await refusal(face, f"deliveries/{delivery['id']}/resend")
    )[:2]


async def test_a_delivery_that_is_none(face):
    """It is told."""
    assert (400, "No delivery has the id 999.") == (await refusal(face, "deliveries/999/resend"))[:2]


async def test_figures(face):
    """What was counted: by path, by status, refusals and faults."""
    await face.order("faults", name="520", times=1)
    await face.order("limits", limit="2/60s")
    for _ in range(4):
        await tags(face)

    assert {
        "requests": 4,
        "requests_by_path": {"GET /locations/{id}/tags": 4},
        "requests_by_status": {"200": 1, "429": 2, "520": 1},
        "rate_limited": 2,
        "faults": {"520": 1},
    } == await face.look("dump", what="figures")


async def test_state_is_what_is_told_unasked(face):
    """The figures, and everything that was set."""
    told = await face.look("dump")

    assert told == await face.look("dump", what="state")
    assert (0, NOW * 1000, False, 0.0) == (told["requests"], told["now"], told["frozen"], told["lag"])
    assert told["records"][face.here]["locations"] == 1


async def test_requests(face):
    """The newest, as many as asked for, oldest first."""
    for path in ("tags", "customFields", "customValues"):
        await face.send("GET", f"/locations/{face.here}/{path}", params={"a": 1})
    requests = (await face.look("dump", what="requests", limit=2))["requests"]

    assert [("GET", f"/locations/{face.here}/{path}", "a=1") for path in ("customFields", "customValues")] == [
        (request["method"], request["path"], request["query"]) for request in requests
    ]


async def test_deliveries(face):
    """The newest first, as many as asked for."""
    for event in ("InvoiceCreate", "InvoiceSent", "InvoicePaid"):
        await face.order("events", event=event)
    deliveries = (await face.look("dump", what="deliveries", limit=2))["deliveries"]

    assert ["InvoicePaid", "InvoiceSent"] == [delivery["type"] for delivery in deliveries]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"what": "secrets"}, "There is nothing to dump under 'secrets'."),
        ({"limit": "0"}, "The limit is no number."),
        ({"limit": "-1"}, "The limit is no number."),
        ({"limit": "all"}, "The limit is no number."),
    ],
)
async def test_nothing_to_dump(face, query, message):
    """What there is and what a limit is are told."""
    answer = await face.http.get("/_twin/dump", params=query)

    assert (400, message, True) == (answer.status_code, answer.json()["message"], bool(answer.json()["cure"]))


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"unknown": 1}', b'{"seconds": "soon"}', b'{"seconds": -1}'])
async def test_an_order_that_cannot_be_read(face, body):
    """The field is named, and nothing happens."""
    answer = await face.http.post("/_twin/lag", content=body)

    assert (400, "Correct the field named.", 0.0) == (answer.status_code, answer.json()["cure"], face.twin.index.lag)
    assert answer.json()["message"].startswith("The order cannot be read: ")


async def test_an_empty_order_changes_nothing(face):
    """Where every field may be left out."""
    answer = await face.http.post("/_twin/clock")

    assert {"now": NOW, "frozen": False} == answer.json()


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "[::1]:8765", "127.5.5.5"])
async def test_this_machine_is_answered(face, host):
    """By any of its names."""
    assert 200 == (await face.http.get("/_twin/clock", headers={"Host": host})).status_code


@pytest.mark.parametrize("host", ["evil.example.com", "192.168.1.5:8765", "localhost.example.com", "0.0.0.0"])  # noqa: S104
async def test_other_hosts_are_refused(face, host):
    """No web page reaches the control API by a name that points here."""
    answer = await face.http.post("/_twin/clock", headers={"Host": host}, json={"advance": 60})

    assert (403, "The control API answers calls to this machine alone.", NOW) == (
        answer.status_code,
        answer.json()["message"],
        face.twin.clock.now(),
    )
