"""The guide to mappings shows what works."""

import re
from pathlib import Path

from invoco.highlevel.records import CustomField
from invoco.mapping import Definitions, check, read_toml

GUIDE = (Path(__file__).parents[2] / "docs/how-to/map-fields.md").read_text(encoding="utf-8")
DEFINITIONS = Definitions(
    custom_fields=[
        CustomField(id=key, field_key=f"contact.{key}", data_type="TEXT") for key in ("membership", "greeting")
    ]
    + [CustomField(id="amount", field_key="contact.amount", data_type="NUMERICAL")]
)


def blocks(language):
    """The code blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)


def test_example_is_a_mapping():
    """The complete example can be used as it stands."""
    assert [] == [problem for text in blocks("toml") for problem in check(read_toml(text), DEFINITIONS)]


def test_formulas_can_be_used():
    """The three filters of the guide are filters, and the formula gives a text."""
    *filters, value = blocks("text")[0].strip().splitlines()
    texts = [f"version = 1\n[contacts]\nfilter = '{text}'" for text in filters]
    texts.append(f"version = 1\n[[contacts.rules]]\nto = 'city'\ndirection = 'in'\nvalue = '{value}'")

    assert [] == [problem for text in texts for problem in check(read_toml(text), DEFINITIONS)]


def test_problem_is_told_as_shown():
    """The problem in the guide is what Invoco says."""
    wrong = blocks("toml")[0].replace('from = "custom.membership"', 'from = "custom.membrship"')

    assert blocks("text")[-1].strip() == str(check(read_toml(wrong), DEFINITIONS)[0])
