"""The reference documentation says what the code does."""

import re
from pathlib import Path

import pytest

from invoco import __version__
from invoco.cli.reference import pages

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(pages()))
def test_reference_is_current(name):
    """Every page of the reference equals what the code writes."""
    written = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")

    assert pages()[name] == written, "run `make docs`"


def test_changelog_names_this_version():
    """The changelog has a heading for this version, or gathers the unreleased changes."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.search(rf"^## (Unreleased|{re.escape(__version__)})$", changelog, flags=re.MULTILINE)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_names_versions_and_hashes_only(lock):
    """A lock file names no host and pins every package with a hash."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9-]+==", text, flags=re.MULTILINE)

    assert "://" not in text
    assert len(pins) == len(re.findall(r"^[a-z0-9-]+==[^\n]+\\\n    --hash=sha256:", text, flags=re.MULTILINE))


def links() -> list[tuple[str, str]]:
    """Every relative link of every page: (page, target)."""
    pages_of_all = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    return [
        (str(page.relative_to(ROOT)), target)
        for page in pages_of_all
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("page", "target"), links())
def test_links_lead_somewhere(page, target):
    """A relative link between pages leads to a file."""
    assert (ROOT / page).parent.joinpath(target).exists()
