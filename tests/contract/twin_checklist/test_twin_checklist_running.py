"""The check-list of the twin: limits, faults, the clock and the control API (facts 3.4, 6.2, 7, 12)."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from invoco.sandbox import TwinSettings, build_twin
from invoco.testing.clock import FakeClock
from invoco.testing.promised_account import BUDGET, COLOUR, SIZE

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "nobody00000000000000"
DAY = 86_400
HEADERS = (
    "x-ratelimit-limit-daily", "x-ratelimit-daily-remaining", "x-ratelimit-interval-milliseconds", "x-ratelimit-max",
    "x-ratelimit-remaining",
)  # fmt: skip


def limits_of(answer):
    """The five headers as numbers."""
    return tuple(int(answer.headers[name]) for name in HEADERS)


class TestRateLimit:
    """Facts §12, *Rate limit*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def path(self, desk):
        """A path that costs one call."""
        await desk.control("limits", limit=None)
        return f"/contacts/?locationId={desk.here}"

    async def statuses(self, desk, path, times, **more):
        """The statuses of so many calls."""
        return [(await desk.send("GET", path, **more)).status_code for _ in range(times)]

    async def test_headers(self, desk, path):
        """200 000 a day and 100 in 10 s, counted down with each call."""
        answers = [await desk.send("GET", path) for _ in range(2)]

        assert [(200_000, 199_999, 10_000, 100, 99), (200_000, 199_998, 10_000, 100, 98)] == list(
            map(limits_of, answers)
        )
        assert "x-ratelimit-reset" not in answers[0].headers

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", f"/contacts/{NOBODY}", 400),
            ("POST", "/contacts/", 422),
            ("GET", "/nowhere", 404),
            ("GET", "/oauth/installedLocations", 401),
        ],
    )
    async def test_failed_calls_count(self, desk, path, method, status):
        """And have the headers too."""
        await desk.control("limits", limit=None)
        body: Any = {} if method == "POST" else None
        answer = await desk.send(method, path, body)

        assert (status, (200_000, 199_999, 10_000, 100, 99)) == (answer.status_code, limits_of(answer))

    @pytest.mark.parametrize("token", ["", "wrong"])
    async def test_calls_of_nobody_have_the_headers(self, desk, path, token):
        """But there is nobody whose calls could be counted."""
        answers = [await desk.send("GET", path, token=token) for _ in range(2)]

        assert [(401, (200_000, 200_000, 10_000, 100, 100))] * 2 == [
            (answer.status_code, limits_of(answer)) for answer in answers
        ]

    async def test_answers_of_the_token_endpoint_have_the_headers(self, desk):
        """They are answers too."""
        answer = await desk.exchange(grant_type="authorization_code", code="wrong")

        assert set(HEADERS) <= answer.headers.keys()

    async def test_expired_tokens_count(self, desk, path):
        """A failed call of a known app is one of its calls."""
        token = (await desk.tokens())["access_token"]
        await desk.advance(DAY)
        answer = await desk.send("GET", path, token=token)

        assert (401, 99) == (answer.status_code, limits_of(answer)[-1])

    async def test_burst(self, desk, path):
        """The 101st call in 10 s is refused, until they are over."""
        before = await self.statuses(desk, path, 100)
        answer = await desk.send("GET", path)
        await desk.advance(9)
        still = await self.statuses(desk, path, 1)
        await desk.advance(1)

        assert ([200] * 100, [429], [200]) == (before, still, await self.statuses(desk, path, 1))
        assert (429, (200_000, 199_900, 10_000, 100, 0)) == (answer.status_code, limits_of(answer))
        assert (429, "Too Many Requests") == (answer.json()["statusCode"], answer.json()["message"])
        assert "retry-after" not in answer.headers

    async def test_daily_limit(self, desk, path):
        """Then `Daily-Remaining` is 0, and it is a matter of the next day."""
        await desk.control("limits", daily=3)
        before = await self.statuses(desk, path, 3)
        answer = await desk.send("GET", path)
        await desk.advance(20)
        still = await self.statuses(desk, path, 1)
        await desk.advance(DAY)

        assert ([200] * 3, [429], [200]) == (before, still, await self.statuses(desk, path, 1))
        assert (429, (3, 0, 10_000, 100, 97)) == (answer.status_code, limits_of(answer))

    async def test_each_app_has_its_own(self, desk, path):
        """An app and a private integration do not share what a location is allowed."""
        await desk.control("limits", limit="2/10s")
        app = (await desk.tokens())["access_token"]

        assert [200, 200, 429] == await self.statuses(desk, path, 3)
        assert [200, 200, 429] == await self.statuses(desk, path, 3, token=app)

    async def test_tokens_of_one_app_share(self, desk, path):
        """A second token for the location does not help."""
        await desk.control("limits", limit="2/10s")
        first, second = [(await desk.tokens())["access_token"] for _ in range(2)]

        assert [200, 200] == await self.statuses(desk, path, 2, token=first)
        assert [429] == await self.statuses(desk, path, 1, token=second)

    async def test_each_location_has_its_own(self, desk, path):
        """The same app has as many calls in another location, and for the company."""
        await desk.control("limits", limit="2/10s")
        other = await desk.elsewhere()
        tokens = [(await each.tokens())["access_token"] for each in (desk, other)]
        company = (await desk.tokens("company"))["access_token"]

        assert [200, 200, 429] == await self.statuses(desk, path, 3, token=tokens[0])
        assert [403, 403, 429] == await self.statuses(desk, path, 3, token=tokens[1])
        assert [401, 401, 429] == await self.statuses(desk, path, 3, token=company)

    async def test_private_tokens_of_a_sandbox_agency(self, desk, path):
        """25 in 10 s and 10 000 a day, shared by all private tokens of a location (facts 2.5)."""
        await desk.control("limits", limit="sandbox")
        first = await desk.send("GET", path)
        rest = await self.statuses(desk, path, 24)
        refused = await self.statuses(desk, path, 1, token=await desk.new_token())
        app = (await desk.tokens())["access_token"]

        assert (10_000, 9_999, 10_000, 25, 24) == limits_of(first)
        assert ([200] * 24, [429]) == (rest, refused)
        assert (200_000, 199_999, 10_000, 100, 99) == limits_of(await desk.send("GET", path, token=app))


class TestFaults:
    """Facts §12, *Faults*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def path(self, desk):
        """The path of a contact."""
        return f"/contacts/{(await desk.created(name='Ada King', email='ada@example.com'))['id']}"

    async def test_401_on_a_valid_token(self, desk, path):
        """The next call with it succeeds."""
        await desk.fault("token-refused", times=1)

        assert [(401, "Invalid JWT"), (200, None)] == [await desk.told("GET", path) for _ in range(2)]

    async def test_401_spares_the_token_endpoint(self, desk):
        """There is no token that could be refused."""
        await desk.fault("token-refused")
        code = await desk.code()

        assert 200 == (await desk.exchange(grant_type="authorization_code", code=code)).status_code

    async def test_520(self, desk, path):
        """Cloudflare's text, and nothing is done."""
        await desk.fault("520", times=1)
        answer = await desk.send("DELETE", path)

        assert (520, "error code: 520", "text/plain; charset=UTF-8") == (
            answer.status_code, answer.text, answer.headers["content-type"],
        )  # fmt: skip
        assert (200, None) == await desk.told("GET", path)

    async def test_write_then_422(self, desk):
        """The contact is there although its creation was refused (i64)."""
        await desk.fault("write-then-422", times=1)
        body = {"locationId": desk.here, "email": "eve@example.com"}
        refusal = await desk.told("POST", "/contacts/", body)
        again = await desk.send("POST", "/contacts/", body)

        assert (422, ["Unprocessable Entity"]) == refusal
        assert (400, "email") == (again.status_code, again.json()["meta"]["matchingField"])
        assert 1 == (await desk.search()).json()["total"]

    @pytest.mark.parametrize(
        ("noun", "body"),
        [("tasks", {"title": "Call", "dueDate": "2025-07-01", "completed": False}), ("notes", {"body": "Hello"})],
    )
    async def test_write_then_422_of_what_belongs_to_a_contact(self, desk, path, noun, body):
        """Tasks and notes too."""
        await desk.fault("write-then-422", times=1)
        refusal = await desk.told("POST", f"{path}/{noun}", body)

        assert (422, ["Unprocessable Entity"]) == refusal
        assert 1 == len((await desk.send("GET", f"{path}/{noun}")).json()[noun])

    async def test_silent_drop(self, desk, path):
        """The update succeeds, and one field is as before."""
        await desk.fault("silent-drop", times=1)
        body = {"city": "London", "state": "England", "email": "ada@example.org"}
        answer = await desk.send("PUT", path, body)
        contact = await desk.read(path.rpartition("/")[2])

        assert (200, True) == (answer.status_code, answer.json()["succeded"])
        assert [("London", None), (None, "England")].count((contact.get("city"), contact.get("state"))) == 1
        assert "ada@example.org" == contact["email"]

    async def test_gender_is_dropped(self, desk, path):
        """An upsert of a contact that exists leaves it out, without any fault being on (i313)."""
        body = {"locationId": desk.here, "email": "ada@example.com", "gender": "female", "city": "London"}
        answer = await desk.send("POST", "/contacts/upsert", body)
        contact = await desk.read(path.rpartition("/")[2])

        assert (200, False) == (answer.status_code, answer.json()["new"])
        assert ("London", False) == (contact["city"], "gender" in contact)

    async def test_custom_fields_are_dropped(self, desk):
        """Unknown fields and options vanish, and long texts are cut (facts 10.3)."""
        given = {SIZE: "x" * 300, COLOUR: "purple", BUDGET: 12.5, NOBODY: "x"}
        contact = await desk.created(
            customFields=[{"id": id_, "field_value": value} for id_, value in given.items()]
            + [{"key": "no_such_field", "field_value": "x"}]
        )

        assert {SIZE: "x" * 256, BUDGET: 12.5} == {field["id"]: field["value"] for field in contact["customFields"]}


class TestClock:
    """Facts §12, *Clock*."""

    async def test_injected(self):
        """The twin's time is that of the clock it is given."""
        clock = FakeClock(start=1_800_000_000.0, auto=False)
        async with build_twin(TwinSettings(contacts=0), clock=clock) as twin:
            times = [twin.clock.now()]
            clock.advance(90)
            times.append(twin.clock.now())

        assert [1_800_000_000.0, 1_800_000_090.0] == times

    async def test_advance(self, desk):
        """Moved by the control API, and nothing else moves it."""
        before = await desk.look("clock")
        after = await desk.control("clock", advance=3600)

        assert {"now": before["now"] + 3600, "frozen": False} == after == await desk.look("clock")

    async def test_freeze(self, desk, twin):
        """A frozen clock is left behind, can still be advanced, and runs on from where it stands."""
        base = twin.clock._base
        start = (await desk.control("clock", frozen=True))["now"]
        base.advance(100)
        frozen = await desk.look("clock")
        moved = await desk.control("clock", advance=5)
        thawed = await desk.control("clock", frozen=False)
        base.advance(1)

        assert [{"now": start, "frozen": True}, {"now": start + 5, "frozen": True}] == [frozen, moved]
        assert [{"now": start + 5, "frozen": False}, start + 6] == [thawed, (await desk.look("clock"))["now"]]

    async def test_tokens_expire_by_it(self, desk):
        """A day later an access token is refused."""
        token, path = (await desk.tokens())["access_token"], f"/contacts/?locationId={desk.here}"
        before = await desk.told("GET", path, token=token)
        await desk.advance(DAY)

        assert [(200, None), (401, "Invalid JWT")] == [before, await desk.told("GET", path, token=token)]

    async def test_windows_pass_by_it(self, desk):
        """Ten seconds later the quota is there again."""
        await desk.control("limits", limit="1/10s")
        path, statuses = f"/contacts/?locationId={desk.here}", []
        for seconds in (0, 0, 10):
            await desk.advance(seconds)
            statuses.append((await desk.send("GET", path)).status_code)

        assert [200, 429, 200] == statuses

    async def test_index_lags_by_it(self, desk):
        """After the lag a write is found."""
        await desk.control("lag", seconds=12)
        await desk.created(name="Ada King")
        before = await desk.found()
        await desk.advance(12)

        assert [[], ["Ada King"]] == [before, await desk.found()]

    async def test_records_are_dated_by_it(self, desk):
        """Two writes a minute apart are a minute apart."""
        first = await desk.created()
        await desk.advance(60)
        path = f"/contacts/{first['id']}"
        second = (await desk.send("PUT", path, {"city": "London"})).json()["contact"]
        now = (await desk.look("dump", what="state"))["now"]
        row = (
            await desk.search({"field": "dateUpdated", "operator": "range", "value": {"gte": now, "lte": now}})
        ).json()

        assert (first["dateAdded"], first["dateAdded"]) == (first["dateUpdated"], second["dateAdded"])
        assert [second["dateUpdated"]] == [each["dateUpdated"] for each in row["contacts"]]


class TestAdminApi:
    """Facts §12, *Admin API*."""

    async def test_reset(self, desk):
        """Everything is as it was at the start: account, clock, lag, faults, limits, webhooks, figures."""
        await desk.control("reset")
        start = [await desk.look(what) for what in ("account", "clock", "faults", "webhooks", "dump")]
        await desk.opened()
        await desk.created()
        await desk.code()
        orders: dict[str, Any] = {
            "clock": {"advance": 100, "frozen": True},
            "lag": {"seconds": 30},
            "limits": {"limit": "1/5s"},
            "faults": {"name": "520"},
            "account": {"scopes": ["contacts.readonly"], "paused": start[0]["locations"][0]["id"]},
            "duplicates": {"allow": True, "order": ["phone"]},
            "webhooks": {"url": "https://x.example", "thin": False, "policy": "old", "chaos": {"drop": 1.0}},
        }
        for path, order in orders.items():
            await desk.control(path, **order)
        changed = [await desk.look(what) for what in ("account", "clock", "faults", "webhooks", "dump")]
        state = await desk.control("reset")

        assert [True] * 5 == [before != after for before, after in zip(start, changed, strict=True)]
        assert start == [await desk.look(what) for what in ("account", "clock", "faults", "webhooks", "dump")]
        assert start[4] == state
        assert [] == (await desk.look("dump", what="deliveries"))["deliveries"]
        assert {"allow": False, "order": ["email", "phone"]}.items() <= (await desk.control("duplicates")).items()

    async def test_reset_throws_the_dice_anew(self, desk):
        """After a reset webhook ids and chaos are those of a fresh start."""
        async with build_twin(desk.twin.settings) as fresh:
            expected = [await fresh.webhooks.emit("ContactCreate", {}) for _ in range(3)]
        seen = []
        for _ in range(2):
            await desk.control("reset")
            await desk.control("webhooks", chaos={"duplicate": 0.5})
            ids = [(await desk.control("events", event="ContactCreate"))["webhook_id"] for _ in range(3)]
            seen.append((ids, len((await desk.look("dump", what="deliveries"))["deliveries"])))

        assert [seen[0], (expected, seen[0][1])] == [seen[1], seen[0]]

    async def test_seed(self, desk):
        """Another account of that size; the same seed gives the same one."""
        first, again, other = [await desk.control("seed", contacts=7, seed=seed) for seed in (5, 5, 6)]
        main = other["locations"][0]["id"]
        records = (await desk.look("dump", what="state"))["records"]

        assert (True, False) == (first == again, first == other)
        assert (7, {place["id"] for place in other["locations"]}) == (records[main]["contacts"], set(records))

    async def test_set_lag(self, desk):
        """It is told, and can be looked up."""
        assert {"seconds": 2.5} == await desk.control("lag", seconds=2.5)
        assert 2.5 == (await desk.look("dump", what="state"))["lag"]

    async def test_set_fault(self, desk):
        """By name, for some paths, some times, a share of the calls; hits are counted; one or all go off again."""
        path = f"/contacts/?locationId={desk.here}"
        await desk.fault("520", path="^GET /contacts", times=2)
        await desk.fault("429", rate=0.0)
        statuses = [(await desk.send("GET", path)).status_code for _ in range(3)]
        on = (await desk.look("faults"))["on"]

        assert ([520, 520, 200], {"520": 2, "429": 0}) == (statuses, on)
        assert 200 == (await desk.send("GET", f"/users/?locationId={desk.here}")).status_code
        assert {"429": 0} == (await self.removed(desk, "/520"))["on"]
        assert {} == (await self.removed(desk, ""))["on"]

    async def removed(self, desk, name):
        """What the control API answers when faults are switched off."""
        return (await desk.send("DELETE", f"/_twin/faults{name}")).json()

    async def test_share_of_calls(self, desk):
        """The same seed hits the same calls."""
        hit = []
        for _ in range(2):
            await desk.fault("520", rate=0.5)
            hit.append([(await desk.send("GET", "/nowhere")).status_code for _ in range(20)])

        assert hit[0] == hit[1]
        assert {404, 520} == set(hit[0])

    async def test_unknown_fault(self, desk):
        """The message names it."""
        assert (400, "There is no fault 'earthquake'.") == await desk.refusal("faults", name="earthquake")

    async def test_dump_of_requests(self, desk):
        """Method, path and status of what was asked, newest last, and no token."""
        await desk.send("GET", f"/contacts/{NOBODY}")
        dump = await desk.look("dump", what="requests", limit=1)
        [request] = dump["requests"]

        assert ("GET", f"/contacts/{NOBODY}", 400) == (request["method"], request["path"], request["status"])
        assert desk.token not in str(dump)

    async def test_dump_of_figures(self, desk):
        """Requests are counted by status and by path; those of the control API are not."""
        before = await desk.look("dump", what="figures")
        await desk.send("GET", f"/contacts/{NOBODY}")
        after = await desk.look("dump", what="figures")

        assert before["requests"] + 1 == after["requests"]
        assert (
            before["requests_by_path"].get("GET /contacts/{id}", 0) + 1
            == after["requests_by_path"]["GET /contacts/{id}"]
        )
        assert not any("_twin" in path for path in after["requests_by_path"])

    async def test_dump_of_deliveries(self, desk):
        """The newest ones, with their bodies."""
        contact_id = (await desk.created())["id"]
        [delivery] = (await desk.look("dump", what="deliveries", limit=1))["deliveries"]

        assert ("kept", contact_id) == (delivery["state"], delivery["body"]["id"])

    @pytest.mark.parametrize(
        ("path", "order"),
        [
            ("clock", {"back": 1}),
            ("lag", {}),
            ("lag", {"seconds": "long"}),
            ("limits", {"limit": "many"}),
            ("account", {"paused": "nowhere"}),
            ("webhooks", {"policy": "newest"}),
            ("duplicates", {"order": ["name"]}),
            ("duplicates", {"order": []}),
            ("duplicates", {"location": "nowhere"}),
        ],
    )
    async def test_wrong_orders(self, desk, path, order):
        """They are refused, and nothing changes."""
        before = await desk.look("dump")

        assert 400 == (await desk.refusal(path, **order))[0]
        assert before == await desk.look("dump")

    async def test_this_machine_only(self, twin):
        """A call that names another host is refused."""
        transport = httpx2.ASGITransport(app=twin.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://twin.example.com") as http:
            answer = await http.get("/_twin/account")

        assert (403, {"message": "The control API answers calls to this machine alone."}) == (
            answer.status_code, answer.json(),
        )  # fmt: skip
