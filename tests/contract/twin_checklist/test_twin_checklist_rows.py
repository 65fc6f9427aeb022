"""The check-list itself: every row of the table has its tests (facts 12)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FACTS = Path(__file__).parents[4] / "shared" / "highlevel" / "facts.md"
"""Not part of the project; looked for beside it."""


def areas() -> set[str]:
    """The first column of the table."""
    section = FACTS.read_text(encoding="utf-8").partition("\n## 12.")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    return set(rows) - {"Area"}


def areas_with_tests() -> Iterator[str]:
    """The areas that classes with tests name in their docstrings."""
    for file in Path(__file__).parent.glob("test_twin_checklist_*.py"):
        for each in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(each, ast.ClassDef) and any(_is_test(member) for member in each.body):
                area = (ast.get_docstring(each) or "").removeprefix("Facts §12, *").removesuffix("*.")
                assert each.name == "Test" + "".join(word.capitalize() for word in area.split()), file.name
                yield area


def _is_test(member: ast.stmt) -> bool:
    return isinstance(member, ast.AsyncFunctionDef) and member.name.startswith("test_")


@pytest.mark.skipif(not FACTS.is_file(), reason="The facts are not here")
def test_every_row_has_a_class():
    """Each area of the table is the name of a class with tests, and no class is about anything else."""
    assert areas() == set(areas_with_tests())
    assert len(areas()) == 17
