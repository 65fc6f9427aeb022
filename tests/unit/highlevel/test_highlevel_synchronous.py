"""The client without `await`."""

from __future__ import annotations

import threading

import httpx2
import pytest

from invoco.highlevel import Contact, NotFound, Priority, PrivateToken, SyncHighLevel


@pytest.fixture
def client(script):
    """A client that talks to the script."""
    with SyncHighLevel(
        credentials=PrivateToken("x"),
        location_id="loc",
        base_url="https://hl.test",
        transport=httpx2.MockTransport(script),
        clock=script.clock,
    ) as client:
        yield client


def test_call(client, script):
    """A call returns the record."""
    script.answers = [{"contact": {"id": "c"}}]

    assert Contact(id="c") == client.contacts.get("c")


def test_error(client, script):
    """A call raises what the awaited one would."""
    script.answers = [(404, {"message": "Contact not found"})]
    with pytest.raises(NotFound):
        client.contacts.get("c")


def test_pages(client, script):
    """Pages are gone through with a plain loop."""
    script.answers = [{"businesses": [{"id": "a"}]}, {"businesses": [{"id": "b"}]}, {"businesses": []}]

    assert ["a", "b"] == [business.id for page in client.businesses.pages() for business in page]


def test_pages_left_early(client, script):
    """A loop that is left asks for nothing more."""
    script.answers = [{"businesses": [{"id": "a"}]}, {"businesses": [{"id": "b"}]}]
    pages = client.businesses.pages()
    next(pages)
    pages.close()

    assert 1 == len(script.calls)


def test_view_at_another_priority(client, script):
    """A view makes its calls at its own priority."""
    script.answers = [{"contact": {"id": "c"}}]
    client.at(Priority.IMPORT).contacts.get("c")

    assert 1 == client.quota.usage().calls[Priority.IMPORT]


def test_plain_values(client):
    """What is neither a method nor a resource is handed out as it is."""
    assert "loc" == client.location_id


def test_call_of_the_wire(client, script):
    """Calls that no resource offers can be made too."""
    script.answers = [{"traceId": "t"}]

    assert {"traceId": "t"} == client.wire.call("get-contact", path={"contactId": "c"})


def test_unknown_name(client):
    """A name that the client does not have is no attribute here either."""
    with pytest.raises(AttributeError):
        _ = client.invoices


def test_closing_ends_the_thread(script):
    """A closed client leaves no thread behind."""
    before = threading.active_count()
    SyncHighLevel(credentials=PrivateToken("x"), location_id="loc", transport=httpx2.MockTransport(script)).close()

    assert before == threading.active_count()


def test_wrong_arguments_leave_no_thread():
    """A client that cannot be made leaves no thread behind."""
    before = threading.active_count()
    with pytest.raises(TypeError):
        SyncHighLevel(colour="red")

    assert before == threading.active_count()
