"""Faults on demand: which calls they hit, and what a caller sees then (facts 6.2, 11)."""

import pytest

from invoco.domain.errors import Misconfigured
from invoco.sandbox import FaultSwitch
from invoco.sandbox.faults import FAULTS, Faults, Switchboard
from invoco.testing.clock import FakeClock

PEOPLE = [{"id": "c1", "tags": []}, {"id": "c2", "tags": []}, {"id": "c3", "tags": []}]
SEARCH = "/contacts/search"


@pytest.fixture
def board() -> Switchboard:
    """Nothing goes wrong."""
    return Switchboard()


@pytest.fixture
def ailing(board, clock, calling):
    """Switches a fault on and makes a client of that application behind it."""

    def client(app, name, **switch):
        board.on(FaultSwitch(name, **switch))
        return calling(Faults(app, switchboard=board, clock=clock))

    return client


def hit(board, *calls):
    """Whether each of these calls is hit."""
    return [bool(board.drawn(call)) for call in calls]


def test_an_unknown_fault_is_refused(board):
    """All names are told."""
    with pytest.raises(Misconfigured, match="There is no fault 'typo'") as refusal:
        board.on(FaultSwitch("typo"))

    assert f"Choose from: {', '.join(FAULTS)}." == refusal.value.cure


def test_a_path_that_is_no_expression_is_refused(board):
    """With the place where it breaks."""
    with pytest.raises(Misconfigured, match="cannot be read: unterminated character set at position 0"):
        board.on(FaultSwitch("520", path="["))


def test_switches_given_at_the_start_are_on():
    """As the command line gives them."""
    assert {"520": 0, "429": 0} == Switchboard([FaultSwitch("520"), FaultSwitch("429")]).hits()


def test_a_fault_can_be_switched_off(board):
    """The others stay on."""
    board.on(FaultSwitch("520"))
    board.on(FaultSwitch("429"))
    board.off("520")

    assert {"429": 0} == board.hits()


def test_switching_off_what_is_not_on_is_no_error(board):
    """Nothing changes."""
    board.off("520")

    assert {} == board.hits()


def test_clear_switches_everything_off(board):
    """Calls go through again."""
    board.on(FaultSwitch("520"))
    board.clear()

    assert [False] == hit(board, "GET /contacts/")


def test_hits_are_counted(board):
    """For each fault; switching it on again begins anew."""
    board.on(FaultSwitch("520", path="tasks"))
    hit(board, "GET /contacts/", "GET /contacts/c1/tasks", "GET /contacts/c2/tasks")
    before = board.hits()
    board.on(FaultSwitch("520"))

    assert ({"520": 2}, {"520": 0}) == (before, board.hits())


def test_a_fault_switches_itself_off_after_some_hits(board):
    """When it is told how many."""
    board.on(FaultSwitch("520", times=2))

    assert [True, True, False, False] == hit(board, *["GET /contacts/"] * 4)


def test_a_rate_is_a_share_of_the_calls(board):
    """About so many, decided by chance."""
    board.on(FaultSwitch("520", rate=0.25))

    assert 40 <= sum(hit(board, *["GET /contacts/"] * 200)) <= 60


def test_a_rate_of_nothing_hits_nothing(board):
    """The fault is on and does no harm."""
    board.on(FaultSwitch("520", rate=0.0))

    assert [False] * 20 == hit(board, *["GET /contacts/"] * 20)


def test_the_seed_decides_which_calls_are_hit():
    """The same seed hits the same calls."""
    boards = [Switchboard([FaultSwitch("520", rate=0.5)], seed=seed) for seed in (1, 1, 2)]
    first, again, other = (hit(board, *["GET /contacts/"] * 30) for board in boards)

    assert (True, False) == (first == again, first == other)


@pytest.mark.parametrize(
    ("name", "call", "expected"),
    [
        ("token-refused", "GET /contacts/", True),
        ("token-refused", "POST /oauth/token", False),
        ("version-refused", "POST /oauth/token", False),
        ("version-refused", "GET /oauth/installedLocations", True),
        ("520", "POST /oauth/token", True),
        ("write-then-422", "POST /contacts/", True),
        ("write-then-422", "POST /contacts", True),
        ("write-then-422", "POST /contacts/upsert", True),
        ("write-then-422", "POST /contacts/c1/tasks", True),
        ("write-then-422", "POST /contacts/c1/notes/", True),
        ("write-then-422", "POST /contacts/c1/tags", False),
        ("write-then-422", "PUT /contacts/c1", False),
        ("silent-drop", "PUT /contacts/c1", True),
        ("silent-drop", "POST /contacts/c1/notes", False),
        ("page-loop", "GET /contacts/", True),
        ("page-loop", "GET /contacts/c1", False),
        ("flicker", "POST /contacts/search", True),
        ("flicker", "POST /locations/l1/tasks/search", True),
        ("malformed", "POST /contacts/search/duplicate", False),
    ],
)
def test_each_fault_is_made_for_some_calls(board, name, call, expected):
    """The others are never hit."""
    board.on(FaultSwitch(name))

    assert [expected] == hit(board, call)


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("token-refused", 401, {"statusCode": 401, "message": "Invalid JWT", "error": "Unauthorized"}),
        ("version-refused", 401, {"status": 401, "message": "version header is invalid", "error": "Error"}),
        ("429", 429, {"statusCode": 429, "message": "Too Many Requests", "error": "Too Many Requests"}),
    ],
)
async def test_refusals(ailing, program, name, status, told):
    """In the shape HighLevel gives them, without the call being made."""
    behind = program()
    async with ailing(behind, name) as client:
        answer = await client.get("/contacts/")
    body = answer.json()
    del body["traceId"]

    assert (status, told, []) == (answer.status_code, body, behind.asked)


@pytest.mark.parametrize(
    ("name", "status", "kind", "words"),
    [
        ("520", 520, "text/plain; charset=UTF-8", "error code: 520"),
        ("html", 403, "text/html; charset=UTF-8", "<h1>Error 1010</h1>"),
    ],
)
async def test_answers_of_cloudflare(ailing, program, name, status, kind, words):
    """They are no JSON, and HighLevel never heard of the call."""
    behind = program()
    async with ailing(behind, name) as client:
        answer = await client.get("/contacts/")

    assert (status, kind, []) == (answer.status_code, answer.headers["content-type"], behind.asked)
    assert words in answer.text


async def test_a_record_is_created_though_the_answer_is_422(ailing, program):
    """The caller cannot know that it is there."""
    behind = program(201, contact={"id": "c1"})
    async with ailing(behind, "write-then-422") as client:
        answer = await client.post("/contacts/", json={"name": "Ada"})

    assert (422, ["Unprocessable Entity"]) == (answer.status_code, answer.json()["message"])
    assert [{"name": "Ada"}] == behind.bodies


async def test_one_field_is_dropped_silently(ailing, program):
    """The answer is a success; what identifies a contact is never lost."""
    sent = {"locationId": "l1", "email": "ada@example.com", "city": "London", "source": "page"}
    behind = program(contact={})
    async with ailing(behind, "silent-drop") as client:
        answer = await client.post("/contacts/", json=sent)
    [written] = behind.bodies

    assert (200, 3) == (answer.status_code, len(written))
    assert {"locationId", "email"} < set(written) < set(sent)


async def test_a_contact_without_anything_to_lose_is_written_whole(ailing, program):
    """No field of this one may be dropped."""
    behind = program(contact={})
    async with ailing(behind, "silent-drop") as client:
        await client.put("/contacts/c1", json={"email": "ada@example.com"})

    assert [{"email": "ada@example.com"}] == behind.bodies


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"'])
@pytest.mark.parametrize(("name", "path"), [("silent-drop", "/contacts/"), ("page-loop", SEARCH)])
async def test_a_body_that_is_no_object_is_left_to_the_twin(ailing, program, name, path, body):
    """It arrives as it was sent, to be refused as ever."""
    behind = program(400, message="no")
    async with ailing(behind, name) as client:
        answer = await client.post(path, content=body)

    assert (400, [(f"POST {path}", body)]) == (answer.status_code, behind.asked)


async def test_a_slow_answer_takes_its_seconds(board, program, calling):
    """By the twin's clock; then it is as ever."""
    board.on(FaultSwitch("slow", seconds=7))
    clock = FakeClock()
    async with calling(Faults(program(name="Ada"), switchboard=board, clock=clock)) as client:
        answer = await client.get("/contacts/")

    assert ([7], {"name": "Ada"}) == (clock.slept, answer.json())


async def test_a_truncated_answer(ailing, program):
    """Half of the body, with a length that fits it."""
    async with ailing(program(name="Ada"), "truncated") as client:
        answer = await client.get("/contacts/")

    assert (b'{"name"', "7") == (answer.content, answer.headers["content-length"])


async def test_a_connection_that_is_reset(ailing, program):
    """Before anything was done."""
    behind = program()
    async with ailing(behind, "reset") as client:
        with pytest.raises(ConnectionResetError):
            await client.get("/contacts/")

    assert [] == behind.asked


async def test_an_answer_that_is_lost(ailing, program):
    """After everything was done."""
    behind = program()
    async with ailing(behind, "lost-answer") as client:
        with pytest.raises(ConnectionResetError):
            await client.post("/contacts/", json={})

    assert [{}] == behind.bodies


async def test_a_search_page_that_points_to_itself(ailing, program):
    """Its last row carries the place that the page itself began at."""
    behind = program(contacts=[{"id": "c1", "searchAfter": [1, "c1"]}, {"id": "c2", "searchAfter": [2, "c2"]}])
    async with ailing(behind, "page-loop") as client:
        answer = await client.post(SEARCH, json={"searchAfter": [0, "c0"]})

    assert [[1, "c1"], [0, "c0"]] == [row["searchAfter"] for row in answer.json()["contacts"]]


async def test_a_listing_page_that_points_to_itself(ailing, program):
    """Its `meta` tells the place that the page itself began at."""
    behind = program(contacts=[{"id": "c1"}], meta={"startAfter": 5, "startAfterId": "c1", "total": 2})
    async with ailing(behind, "page-loop") as client:
        answer = await client.get("/contacts/", params={"startAfter": "7", "startAfterId": "c0"})

    assert {"startAfter": 7, "startAfterId": "c0", "total": 2} == answer.json()["meta"]


@pytest.mark.parametrize("content", [{"contacts": PEOPLE}, {"contacts": PEOPLE, "meta": {"total": 3}}])
async def test_a_first_page_points_to_nothing_before(ailing, program, content):
    """There is no place that it began at."""
    async with ailing(program(**content), "page-loop") as client:
        answer = await client.post(SEARCH, json={})

    assert content == answer.json()


@pytest.mark.parametrize("kind", ["contacts", "tasks"])
async def test_a_search_that_flickers(ailing, program, kind):
    """One row is left out, whatever is searched for."""
    async with ailing(program(**{kind: PEOPLE}), "flicker") as client:
        rows = (await client.post(SEARCH, json={})).json()[kind]

    assert len(rows) == 2
    assert all(row in PEOPLE for row in rows)


@pytest.mark.parametrize("kind", ["contacts", "tasks"])
async def test_a_row_that_nobody_can_read(ailing, program, kind):
    """Two fields of one row are of a type that no reader expects."""
    async with ailing(program(**{kind: PEOPLE}), "malformed") as client:
        rows = (await client.post(SEARCH, json={})).json()[kind]

    assert [{"tags": {"not": "a list"}, "title": ["not a text"]}] == [
        {name: row[name] for name in ("tags", "title")} for row in rows if "title" in row
    ]


@pytest.mark.parametrize("name", ["flicker", "malformed"])
async def test_an_empty_page_stays_empty(ailing, program, name):
    """There is no row to spoil."""
    async with ailing(program(contacts=[]), name) as client:
        answer = await client.post(SEARCH, json={})

    assert {"contacts": []} == answer.json()


@pytest.mark.parametrize("name", ["flicker", "malformed", "page-loop"])
async def test_a_refusal_is_not_changed(ailing, program, name):
    """What goes wrong with pages goes wrong with pages alone."""
    async with ailing(program(400, contacts=PEOPLE), name) as client:
        answer = await client.post(SEARCH, json={"searchAfter": [0]})

    assert (400, {"contacts": PEOPLE}) == (answer.status_code, answer.json())


async def test_two_faults_at_once(board, ailing, program):
    """One goes around the other: the row is left out of what is sent cut in half."""
    board.on(FaultSwitch("flicker"))
    async with ailing(program(contacts=[{"id": "c1"}]), "truncated") as client:
        answer = await client.post(SEARCH, json={})

    assert (b'{"conta', {"flicker": 1, "truncated": 1}) == (answer.content, board.hits())


async def test_without_faults_nothing_goes_wrong(board, program, calling, clock):
    """The call passes untouched."""
    behind = program(name="Ada")
    async with calling(Faults(behind, switchboard=board, clock=clock)) as client:
        answer = await client.post("/contacts/", json={"a": 1})

    assert ({"name": "Ada"}, [{"a": 1}]) == (answer.json(), behind.bodies)
