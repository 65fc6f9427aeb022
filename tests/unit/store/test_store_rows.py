"""From records to rows."""

import pytest

from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.store.rows import ROW_OF, joined_tags, moment
from invoco.store.tables import RECORD_TABLES


@pytest.mark.parametrize("kind", RecordKind)
def test_row_fills_every_column(kind):
    """But the position, which the database gives."""
    row = ROW_OF[kind]("location", RECORD_TYPES[kind](id="one"))

    assert len([name for name in RECORD_TABLES[kind].columns.keys() if name != "position"]) == len(row)  # noqa: SIM118


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None), ("", None), ("soon", None), ("1970-01-02", 86_400_000), ("1970-01-01 00:00:01", 1000),
        ("1970-01-01T01:00:00+01:00", 0), ("0001-01-01T00:00:00+23:59", -62_135_683_140_000),
    ],
)  # fmt: skip
def test_moment_reads_other_forms(text, expected):
    """Dates, local times and offsets; what cannot be read is no moment."""
    assert expected == moment(text)


def test_tags_are_joined():
    """Each stands between two line ends, whatever it holds."""
    assert ("", "\na\nb c\n") == (joined_tags([]), joined_tags(["A", "b\nc"]))
