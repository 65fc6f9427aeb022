"""What connecting asks of the person at the terminal."""

import webbrowser

import pytest
import typer

from invoco.cli import connect
from invoco.highlevel.records import InstalledLocation

PAGE = "http://page.test"


@pytest.fixture
def opened(monkeypatch):
    """The addresses that the browser was sent to."""
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    return addresses


@pytest.mark.parametrize(("browser", "sent"), [(True, [PAGE]), (False, [])])
def test_the_address_is_printed_whether_a_browser_is_opened_or_not(opened, capsys, browser, sent):
    """No browser is opened when none is wanted; the address can be copied either way."""
    connect._show(PAGE, browser=browser)

    assert opened == sent
    assert PAGE in capsys.readouterr().err


async def test_one_of_several_locations_is_chosen_by_number(monkeypatch):
    """As listed; a number that is not is asked for again."""
    typed = iter([3, 0, 2])
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: next(typed))
    installed = [InstalledLocation(id="a", name="First"), InstalledLocation(id="b")]

    assert await connect._choose(installed) == "b"
