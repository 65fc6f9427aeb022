"""Mappings on the command line."""

import json

import pytest

from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import MappingState
from invoco.highlevel.records import Contact, CustomField, Task
from invoco.service.mapping_switches import POSITION

from .conftest import HERE

SHOUTING = """version = 1

[[contacts.rules]]
from = "firstName"
to = "firstName"
transforms = ["upper_case"]
direction = "in"
"""
WRONG = """version = 1

[[contacts.rules]]
from = "custom.membrship"
to = "custom.membership"

[[contacts.rules]]
from = "city"
to = "town"
"""


@pytest.fixture
def account(terminal):
    """The command line over some records."""

    async def fill(_invoco, session):
        shelf = session.shelf
        await shelf(RecordKind.CUSTOM_FIELD).put(
            HERE, [CustomField(id="f1", field_key="contact.membership", data_type="TEXT")]
        )
        await shelf(RecordKind.CONTACT).put(
            HERE,
            [
                Contact(id="c1", first_name="Ada", email="ada@example.com"),
                Contact(id="c2", first_name="GRACE", source="x" * 60),
                Contact(id="c3", first_name="Alan", email="no@example.com"),
            ],
        )
        await shelf(RecordKind.TASK).put(HERE, [Task(id="t1", title="Call", contact_id="c1")])

    terminal.prepare(fill)
    return terminal


@pytest.fixture
def file(tmp_path):
    """Writes a mapping to a file."""

    def write(text):
        path = tmp_path / "mapping.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_from_the_first_draft_to_the_rollback(account, file):
    """A draft is kept, previewed, promoted and taken back."""
    assert "Every field flows as it is." in account.says("mapping", "show")
    assert "Version 1 is a draft." in account.says("mapping", "edit", file(SHOUTING))
    told = account.says("mapping", "preview")
    assert all(
        word in told for word in ("firstName", "Ada", "ADA", "2 changed, 1 unchanged", "0 of these would be sent")
    )
    assert "Version 1 is live. 2 of 3 records changed, 0 left out, 0 failing." in account.says("mapping", "promote")
    assert "live" in account.says("mapping", "show")
    assert SHOUTING.partition("[[")[0] in account.says("mapping", "show", "--version", "1")
    assert "No mapping is live. 2 of 3 records changed" in account.says("mapping", "rollback")
    assert ["draft"] == [each["state"] for each in account.answers("mapping", "show")["versions"]]


def test_from_the_first_draft_to_the_rollback_for_machines(account, file):
    """All of it in JSON."""
    assert {"problems": []} == account.answers("mapping", "check", file(SHOUTING))
    assert 1 == account.answers("mapping", "edit", file(SHOUTING))["version"]
    assert 1 == account.answers("mapping", "edit", file(SHOUTING))["version"]
    told = account.answers("mapping", "preview", "--limit", "1")
    change = {"field": "firstName", "before": "Ada", "after": "ADA"}
    assert (1, 3, [change]) == (told["changed"], told["of"], told["rows"][0]["changes"])
    assert 2 == account.answers("mapping", "promote")["changed"]
    assert ["contacts: rule for firstName → firstName added, direction in, transforms upper_case"] == account.answers(
        "mapping", "diff", "0", "1"
    )
    assert account.answers("mapping", "show", "--version", "1")["toml"].startswith("version = 1")
    assert 0 == account.answers("mapping", "rollback")["version"]


def test_check_says_that_nothing_is_wrong(account, file):
    """And what to do next."""
    assert "Nothing is wrong with it." in account.says("mapping", "check", file(SHOUTING))


@pytest.mark.parametrize("command", ["check", "edit", "preview"])
def test_problems_one_per_line(account, file, command):
    """Each names the rule, the cause and a cure; the exit code is 1 and nothing is kept."""
    outcome = account("mapping", command, file(WRONG))

    assert 1 == outcome.exit_code
    assert (
        "contacts rule 1: There is no custom field `membrship`. Did you mean `custom.membership`?\n" in outcome.stdout
    )
    assert 2 == len(outcome.stdout.splitlines())
    assert [] == account.answers("mapping", "show")["versions"]


@pytest.mark.parametrize("command", ["check", "edit"])
def test_problems_for_machines(account, file, command):
    """The same in JSON."""
    outcome = account("mapping", command, file(WRONG), "--json")

    assert 1 == outcome.exit_code
    assert "contacts rule 1" == json.loads(outcome.stdout)["problems"][0]["rule"]


def test_a_text_that_is_no_mapping(account, file):
    """It is told by its line."""
    outcome = account("mapping", "check", file("version = \n"))

    assert 1 == outcome.exit_code
    assert outcome.stdout.startswith("document: The text cannot be read")


def test_businesses_always_flow_as_they_are(account, file):
    """A rule for them is refused instead of being left undone."""
    outcome = account("mapping", "check", file('version = 1\n[businesses]\nunnamed = "off"\n'))

    assert "businesses: Records of this kind cannot be changed in Invoco" in outcome.stdout


def test_what_is_left_out_and_what_fails(account, file):
    """Both are told in the preview, with long values cut."""
    text = """version = 1
[contacts]
filter = "email != 'no@example.com'"
[[contacts.rules]]
from = "source"
to = "source"
transforms = ["email"]
direction = "in"
on_error = "skip_record"
[[contacts.rules]]
from = "custom.membership"
to = "custom.membership"
default = "none"
[[tasks.rules]]
from = "title"
to = "title"
transforms = ["upper_case"]
direction = "in"
"""
    told = account.says("mapping", "preview", file(text))

    assert all(word in told for word in ("left out", "c2: contacts rule 1: `source` could not be mapped", "CALL"))
    assert "2 changed, 0 unchanged, 2 left out, 1 failing, of the first 4; there are 4." in told


def test_a_json_mapping_from_standard_input(account):
    """A dash reads it."""
    text = json.dumps({"version": 1, "contacts": {"unnamed": "both"}})
    outcome = account("mapping", "check", "-", input=text)

    assert "Nothing is wrong with it." in outcome.stdout


def test_many_rows_are_cut(account, file):
    """The rest is counted."""

    async def fill(_invoco, session):
        await session.contacts.put(HERE, [Contact(id=f"d{n:03}", first_name="Ada") for n in range(60)])

    account.prepare(fill)

    assert "… and 22 more" in account.says("mapping", "preview", file(SHOUTING))


def test_versions_that_say_the_same(account, file):
    """The difference is told in words too."""
    account.says("mapping", "edit", file("version = 1\n"))

    assert "They say the same." in account.says("mapping", "diff", "0", "1")
    assert "Nothing changes." in account.says("mapping", "preview")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("preview",), "There is no draft of a mapping."),
        (("promote",), "There is no draft of a mapping."),
        (("promote", "--version", "7"), "There is no version 7 of the mapping."),
        (("diff", "0", "7"), "There is no version 7 of the mapping."),
        (("rollback",), "No mapping is live."),
        (("check", "/nowhere/mapping.toml"), "/nowhere/mapping.toml cannot be read: No such file or directory."),
    ],
)
def test_refusals(account, arguments, message):
    """What cannot be done is told in one sentence."""
    refusal = account("mapping", *arguments).exception

    assert isinstance(refusal, FixInput)
    assert message == str(refusal)


def test_a_file_that_is_no_text(account, tmp_path):
    """It is said so."""
    (tmp_path / "mapping.toml").write_bytes(b"\xff\xfe\xff")

    assert "not a text in UTF-8" in str(account("mapping", "check", str(tmp_path / "mapping.toml")).exception)


def test_the_live_version_cannot_be_promoted_again(account, file):
    """It is live already."""
    account.says("mapping", "edit", file(SHOUTING))
    account.says("mapping", "promote")

    assert "Version 1 is live already." == str(account("mapping", "promote", "--version", "1").exception)


def test_a_second_version_and_a_third(account, file):
    """The newest draft is promoted; the former one can be again."""
    for text in (SHOUTING, SHOUTING.replace("upper", "lower")):
        account.says("mapping", "edit", file(text))
        account.says("mapping", "promote")
    assert ["live", "former"] == [each["state"] for each in account.answers("mapping", "show")["versions"]]
    account.says("mapping", "promote", "--version", "1")

    assert ["former", "live"] == [each["state"] for each in account.answers("mapping", "show")["versions"]]


@pytest.mark.parametrize(("again", "undoes", "version"), [("promote", None, 1), ("rollback", "run", 0)])
def test_an_interrupted_switch_is_told_and_finished(account, file, again, undoes, version):
    """`show` says how to go on."""
    account.says("mapping", "edit", file(SHOUTING))

    async def interrupt(_invoco, session):
        draft = (await session.mappings.all(HERE))[0]
        live = type(draft)(
            location_id=HERE, version=1, state=MappingState.LIVE, document=draft.document, made_at=1, made_by="x"
        )
        await session.mappings.put(live if version else draft)
        switched = {"version": version, "former": 1 - version, "run_id": "r1"}
        way = {"switched": switched, "at": 5, "kind": "contacts", "after": "c1", "undoes": undoes}
        await session.runs.move(HERE, POSITION, way)

    account.prepare(interrupt)

    assert f"run `invoco mapping {again}` to go on" in account.says("mapping", "show")
    assert 2 == account.answers("mapping", again)["looked_at"]
    assert account.answers("mapping", "show")["unfinished"] is None
