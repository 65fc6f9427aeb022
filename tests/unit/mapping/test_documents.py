"""A mapping document is read, written and told as a schema."""

import json

import jsonschema
import pytest

from invoco.domain.errors import InvalidMapping
from invoco.domain.kinds import RecordKind
from invoco.mapping import Document, KindRules, Rule, document_schema, read_json, read_toml, to_json, to_toml

WHOLE = Document(
    version=1,
    contacts=KindRules(
        filter='country == "DE"',
        unnamed="off",
        rules=[
            Rule(source="firstName", to="firstName", transforms=["trim", {"use": "add_prefix", "text": 'a "b" \\ c'}]),
            Rule(to="custom.x", value="firstName + '\n'", direction="in", on_error="keep_old", note="ümlaut \x7f"),
            Rule(
                source="tags",
                to="tags",
                default=["a", "b"],
                transforms=[{"use": "map_values", "values": {"a b": "c", "ß": "d"}, "unknown": "keep"}],
            ),
            Rule(source="custom.n", to="custom.n", default=1.5),
            Rule(source="dnd", to="dnd", default=True),
        ],
    ),
    tasks=KindRules(rules=[Rule(source="title", direction="off")]),
)


def test_toml_comes_back():
    """A document written as TOML reads back to an equal one."""
    assert read_toml(to_toml(WHOLE)) == WHOLE


def test_json_comes_back():
    """A document written as JSON reads back to an equal one."""
    assert read_json(to_json(WHOLE)) == WHOLE


def test_json_names_its_line():
    """JSON that cannot be read is told with its line."""
    with pytest.raises(InvalidMapping, match="line 2"):
        read_json('{"version": 1,\n "contacts": }')


@pytest.mark.parametrize("read", [read_toml, read_json])
def test_text_nested_without_end_is_refused(read):
    """A text that is nested too deeply is refused like any other."""
    with pytest.raises(InvalidMapping):
        read(("a = " if read is read_toml else "") + "[" * 100_000)


def test_document_that_is_no_object_is_refused():
    """A list is no mapping."""
    with pytest.raises(InvalidMapping):
        read_json("[]")


def test_schema_accepts_a_whole_document():
    """The schema agrees with a document that the reader accepts."""
    jsonschema.Draft202012Validator(document_schema()).validate(json.loads(to_json(WHOLE)))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"version": 2},
        {"version": 1, "contcts": {}},
        {"version": 1, "contacts": {"rules": [{"form": "x"}]}},
        {"version": 1, "contacts": {"rules": [{"direction": "inn"}]}},
        {"version": 1, "contacts": {"rules": [{"transforms": ["trimm"]}]}},
        {"version": 1, "contacts": {"rules": [{"transforms": ["truncate"]}]}},
        {"version": 1, "contacts": {"rules": [{"transforms": [{"use": "truncate", "lenth": 3}]}]}},
    ],
)
def test_schema_refuses(wrong):
    """The schema finds a wrong word without the location's definitions."""
    assert not jsonschema.Draft202012Validator(document_schema()).is_valid(wrong)


def test_kind_that_cannot_be_mapped_has_no_rules():
    """Tags and the like have no rules to ask for."""
    assert WHOLE.of(RecordKind.TAG) == KindRules()
