"""How results are shown."""

import sys

import pytest

from invoco.cli.output import print_json, print_table, run


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_work_is_run_to_its_end(monkeypatch, platform):
    """On Windows too, where the quick event loop is not to be had."""
    monkeypatch.setattr(sys, "platform", platform)

    async def work():
        return 7

    assert run(work()) == 7


def test_one_json_document(capsys):
    """On a line of its own."""
    print_json({"name": "Ada"})

    assert '{"name":"Ada"}\n' == capsys.readouterr().out


def test_a_table(capsys):
    """Title, columns and every cell."""
    print_table("Known", ("name", "count"), [("Ada", 1), ("Grace", 2)], empty="Nobody.")
    told = capsys.readouterr().out

    assert all(word in told for word in ("Known", "name", "count", "Ada", "Grace", "2"))


def test_an_empty_table_is_a_sentence(capsys):
    """It says what to do."""
    print_table("Known", ("name",), [], empty="Nobody yet. Add somebody.")

    assert "Nobody yet. Add somebody.\n" == capsys.readouterr().out
