"""A wrong mapping is refused, in words that a marketer can act upon."""

import pytest

from invoco.domain.errors import FixInput, InvalidMapping
from invoco.mapping import check, compiled, read_toml

COPY = 'from = "firstName"\nto = "firstName"\n'
COLOUR = 'from = "custom.colour"\nto = "custom.colour"\n'
AMOUNT = 'from = "custom.amount"\nto = "custom.amount"\n'
SIZE = 'from = "custom.size"\nto = "custom.size"\n'


def contacts(*rules, head=""):
    """A document with these rules for contacts."""
    return f"version = 1\n[contacts]\n{head}\n" + "".join(f"[[contacts.rules]]\n{rule}\n" for rule in rules)


def problems_in(text, definitions):
    """All problems of that text, whether it can be read or not."""
    try:
        return list(check(read_toml(text), definitions))
    except InvalidMapping as refused:
        return list(refused.problems)


WRONG = [
    ("syntax", "version = 1\n[contacts\n", "document", "line 2", "bracket"),
    ("no version", "[contacts]\n", "document", "`version` is missing", "version = 1"),
    ("version", "version = 2\n", "document", "Version 2", "version = 1"),
    ("version type", 'version = "1"\n', "document", "`version` is a text", "number"),
    ("kind", "version = 1\n[contcts]\n", "document", "`contcts` is no kind", "Did you mean `contacts`?"),
    ("key of a kind", contacts(head='fliter = "true"'), "contacts", "`fliter` is not known", "`filter`"),
    ("key of a rule", contacts('form = "firstName"'), "contacts rule 1", "`form` is not known", "`from`"),
    ("type of a key", contacts("from = 5"), "contacts rule 1", "`from` is a number", "text in quotes"),
    ("unnamed", contacts(head='unnamed = "of"'), "contacts", "`of` is no choice", "`off`"),
    ("direction", contacts(COPY + 'direction = "inn"'), "contacts rule 1", "`inn` is no direction", "`in`"),
    ("on_error", contacts(COPY + 'on_error = "skipfield"'), "contacts rule 1", "no on error", "`skip_field`"),
    (
        "field", contacts('from = "fristName"\nto = "firstName"'),
        "contacts rule 1", "no field `fristName`", "`firstName`",
    ),
    ("second rule", contacts(COPY, 'from = "x"\nto = "city"'), "contacts rule 2", "no field `x`", "standard field"),
    ("custom", contacts('from = "custom.color"\nto = "city"'), "contacts rule 1", "`color`", "`custom.colour`"),
    ("custom forgotten", contacts('from = "colour"\nto = "city"'), "contacts rule 1", "`colour`", "`custom.colour`"),
    ("other model", contacts('from = "custom.stage"\nto = "city"'), "contacts rule 1", "`stage`", "."),
    ("two of one name", contacts('from = "custom.Twice"\nto = "city"'), "contacts rule 1", "More than one", "twice_a"),
    (
        "custom of tasks", 'version = 1\n[[tasks.rules]]\nfrom = "custom.x"\nto = "title"',
        "tasks rule 1", "no custom", ".",
    ),
    (
        "path", contacts('from = "extra.a..b"\nto = "city"\ndirection = "in"'),
        "contacts rule 1", "no path", "extra.first",
    ),
    ("no from", contacts('to = "city"'), "contacts rule 1", "`from` is missing", "HighLevel's side"),
    ("no to", contacts('from = "city"'), "contacts rule 1", "`to` is missing", "Invoco's side"),
    ("nothing", contacts(""), "contacts rule 1", "missing", "side"),
    ("nothing off", contacts('direction = "off"'), "contacts rule 1", "names no field", "`from`"),
    (
        "off with steps", contacts(COPY + 'direction = "off"\ntransforms = ["trim"]'),
        "contacts rule 1", "off", "turn it on",
    ),
    ("id", contacts('from = "city"\nto = "id"'), "contacts rule 1", "`id` cannot be written", "another"),
    (
        "added", contacts('from = "city"\nto = "dateAdded"\ndirection = "in"'),
        "contacts rule 1", "`dateAdded`", "another",
    ),
    (
        "read only", contacts('from = "additionalEmails"\nto = "additionalEmails"'),
        "contacts rule 1", "takes no", "`in`",
    ),
    ("extra out", contacts('from = "extra.a"\nto = "city"'), "contacts rule 1", "takes no `extra.a`", "`in`"),
    (
        "appointments out", 'version = 1\n[[appointments.rules]]\nfrom = "title"\nto = "notes"', "appointments rule 1",
        "takes no `title` of appointments", "`in`",
    ),
    ("type", contacts('from = "custom.amount"\nto = "city"'), "contacts rule 1", "a text, but", "`number_to_text`"),
    ("list", contacts('from = "tags"\nto = "city"\ndirection = "in"'), "contacts rule 1", "gives a list", "`join`"),
    ("chain", contacts(AMOUNT + 'transforms = ["lower_case"]'), "contacts rule 1", "takes a text", "`number_to_text`"),
    ("transform", contacts(COPY + 'transforms = ["trimm"]'), "contacts rule 1", "no transform `trimm`", "`trim`"),
    ("empty step", contacts(COPY + 'transforms = [""]'), "contacts rule 1", "empty", "take the step away"),
    ("empty table", contacts(COPY + "transforms = [{}]"), "contacts rule 1", "empty", "Name a transform"),
    (
        "option", contacts(COPY + 'transforms = [{ use = "truncate", lenth = 3 }]'),
        "contacts rule 1", "option", "`length`",
    ),
    ("missing option", contacts(COPY + 'transforms = ["truncate"]'), "contacts rule 1", "needs `length`", "`length`"),
    (
        "no options", contacts(COPY + 'transforms = [{ use = "trim", x = 1 }]'),
        "contacts rule 1", "option", "no options",
    ),
    (
        "pattern", contacts(COPY + 'direction = "in"\ntransforms = [{ use = "extract", pattern = "(a" }]'),
        "contacts rule 1", "regular expression cannot be read", "Correct it",
    ),
    (
        "looking ahead", contacts(COPY + 'direction = "in"\ntransforms = [{ use = "extract", pattern = "(?=a)" }]'),
        "contacts rule 1", "regular expression", "looking ahead",
    ),
    ("no way back", contacts(COPY + 'transforms = ["slug"]'), "contacts rule 1", "`slug` cannot be undone", "`in`"),
    (
        "no way back with these options",
        contacts(COPY + 'transforms = [{ use = "map_values", values = { a = "c", b = "c" } }]'),
        "contacts rule 1", "cannot be undone with these options", "`in`",
    ),
    (
        "zone", contacts(COPY + 'transforms = [{ use = "instant", zone = "Mars" }]'),
        "contacts rule 1", "`Mars`", "Europe",
    ),
    ("two in", contacts(COPY, 'from = "lastName"\nto = "firstName"'), "contacts rule 2", "rule 1 already", "away"),
    ("two out", contacts(COPY, 'from = "firstName"\nto = "city"'), "contacts rule 2", "in HighLevel", "away"),
    ("on and off", contacts(COPY, 'from = "firstName"\ndirection = "off"'), "contacts rule 2", "already", "away"),
    (
        "path in path",
        contacts('from = "city"\nto = "extra.a"\ndirection = "in"',
                 'from = "city"\nto = "extra.a.b"\ndirection = "in"'),
        "contacts rule 2", "`extra.a.b`", "away",
    ),
    ("default type", contacts(COPY + "default = 5"), "contacts rule 1", "`default` is a number", "a text"),
    ("default option", contacts(SIZE + 'default = "XL"'), "contacts rule 1", "`XL` is no option", "`L`"),
    (
        "mapped option",
        contacts('from = "city"\nto = "custom.size"\ndirection = "in"\n'
                 'transforms = [{ use = "map_values", values = { small = "s" } }]'),
        "contacts rule 1", "`s` is no option", "`S`",
    ),
    (
        "default step", contacts(AMOUNT + 'transforms = [{ use = "default", value = "none" }]'), "contacts rule 1",
        "has a text", "`value`",
    ),
    ("filter syntax", contacts(head='filter = "city =="'), "contacts filter", "cannot be read", "CEL"),
    ("filter type", contacts(head='filter = "city"'), "contacts filter", "a text, not yes or no", "Compare"),
    ("filter field", contacts(head='filter = "ciity == \'x\'"'), "contacts filter", "`ciity` is no field", "`city`"),
    ("filter function", contacts(head='filter = "lowr(city) == \'x\'"'), "contacts filter", "no function", "."),
    ("filter parts", contacts(head='filter = "city + 1 == 2.0"'), "contacts filter", "do not fit", "decimals"),
    ("filter length", contacts(head=f'filter = "{"true || " * 300}true"'), "contacts filter", "too long", "characters"),
    ("value both ways", contacts('to = "city"\nvalue = "state"'), "contacts rule 1", "both ways", "`in`"),
    ("value and from", contacts(COPY + 'direction = "in"\nvalue = "city"'), "contacts rule 1", "Both", "Take one"),
    ("value and to", contacts(COPY + 'direction = "out"\nvalue = "city"'), "contacts rule 1", "`to`", "Take one"),
    ("value type", contacts('to = "city"\ndirection = "in"\nvalue = "tags"'), "contacts rule 1", "a list", "`join`"),
    (
        "value syntax", contacts('to = "city"\ndirection = "in"\nvalue = "1 +"'),
        "contacts rule 1", "cannot be read", "CEL",
    ),
    (
        "template", contacts(COPY + 'direction = "in"\ntransforms = [{ use = "template", text = "{fristName}" }]'),
        "contacts rule 1", "`fristName`", "`firstName`",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "message", "cure"), [pytest.param(*row[1:], id=row[0]) for row in WRONG])
def test_wrong_mapping_is_told(definitions, text, rule, message, cure):
    """A problem names the rule, the cause and a cure."""
    problem = problems_in(text, definitions)[0]

    assert rule == problem.rule
    assert message in problem.message
    assert cure in problem.cure


@pytest.mark.parametrize("text", [pytest.param(row[1], id=row[0]) for row in WRONG])
def test_problem_is_written_for_people(definitions, text):
    """Message and cure are sentences, without the words of a program."""
    for problem in problems_in(text, definitions):
        assert problem.message.endswith(".")
        assert problem.cure[-1] in ".?"
        assert not {"None", "msgspec", "$.", "Traceback"} & set(str(problem).split())


def test_all_problems_are_told_at_once(definitions):
    """Whoever corrects a mapping sees every rule that is wrong."""
    problems = problems_in(contacts('from = "x"\nto = "y"', 'to = "city"'), definitions)

    assert ["contacts rule 1", "contacts rule 1", "contacts rule 2"] == [problem.rule for problem in problems]


def test_wrong_mapping_cannot_be_compiled(definitions):
    """Compiling refuses with all problems, as something to be corrected."""
    with pytest.raises(InvalidMapping) as refused:
        compiled(read_toml(contacts('from = "x"\nto = "y"')), definitions)

    assert isinstance(refused.value, FixInput)
    assert len(refused.value.problems) == 2


RIGHT = [
    ("nothing", "version = 1"),
    ("copy", contacts(COPY)),
    ("by name", contacts('from = "custom.Favourite colour"\nto = "custom.colour"')),
    ("by id", contacts('from = "custom.f1"\nto = "city"')),
    ("by whole key", contacts('from = "custom.contact.colour"\nto = "city"')),
    ("normalisers both ways", contacts(COPY + 'transforms = ["trim", "title_case"]')),
    ("list entry by entry", contacts('from = "tags"\nto = "tags"\ntransforms = ["lower_case", "unique"]')),
    (
        "there and another back",
        contacts(COPY + 'direction = "in"', 'from = "firstName"\nto = "city"\ndirection = "out"'),
    ),
    ("extra", contacts('from = "extra.attribution.medium"\nto = "custom.colour"\ndirection = "in"')),
    ("computed out", contacts('from = "city"\nvalue = "firstName"\ndirection = "out"')),
    ("option", contacts(SIZE + 'default = "S"')),
    ("options", contacts('from = "custom.interests"\nto = "custom.interests"\ndefault = ["Art"]')),
    ("number", contacts(AMOUNT + 'transforms = [{ use = "scale", factor = 100 }]\ndefault = 0')),
    ("filter", contacts(head='filter = "\'vip\' in tags && custom.amount > 10.0"')),
    ("filter with macro", contacts(head='filter = "tags.exists(tag, tag.startsWith(\'v\'))"')),
    ("filter with library", contacts(head='filter = "city.lowerAscii() == \'x\' && math.greatest([1, 2]) == 2"')),
    ("tasks", 'version = 1\n[[tasks.rules]]\nfrom = "title"\nto = "title"\ntransforms = ["trim"]'),
    ("businesses in", 'version = 1\n[[businesses.rules]]\nfrom = "name"\nto = "name"\ndirection = "in"'),
]  # fmt: skip


@pytest.mark.parametrize("text", [pytest.param(row[1], id=row[0]) for row in RIGHT])
def test_right_mapping_has_no_problems(definitions, text):
    """What makes sense is accepted."""
    assert [] == problems_in(text, definitions)
