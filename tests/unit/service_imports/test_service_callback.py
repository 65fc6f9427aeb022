"""The way back from the consent page to this machine."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from invoco.domain.errors import FixInput, PortTaken
from invoco.service.callback import callback, is_loopback


async def browse(url: str, *, method: str = "GET") -> str:
    """The answer to one request of a browser."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_the_answer_of_the_consent_page_is_caught():
    """The browser is thanked, and the address it came with is the answer."""
    async with callback() as waiting:
        page = await browse(f"{waiting.url}?code=abc&state=xyz")
        answer = await waiting.answer()

    assert answer == "/callback?code=abc&state=xyz"
    assert page.startswith("HTTP/1.1 200 OK")
    assert "can be closed" in page


async def test_other_requests_are_turned_away():
    """Browsers ask for icons too; a second answer changes nothing."""
    async with callback() as waiting:
        base = waiting.url.removesuffix("/callback")
        others = [
            await browse(f"{base}/favicon.ico?x=1"),
            await browse(f"{base}/callback"),
            await browse(f"{waiting.url}?code=posted", method="POST"),
        ]
        await browse(f"{waiting.url}?code=first")
        await browse(f"{waiting.url}?code=second")
        answer = await waiting.answer()

    assert [other.split("\r\n")[0] for other in others] == ["HTTP/1.1 404 Not Found"] * 3
    assert answer == "/callback?code=first"


async def test_nonsense_does_not_stop_the_waiting():
    """What is no HTTP is dropped."""
    async with callback() as waiting:
        parts = urlsplit(waiting.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"\xff\xfe nonsense\r\n\r\n")
        dropped = await reader.read()
        writer.close()
        await writer.wait_closed()
        await browse(f"{waiting.url}?code=abc")
        answer = await waiting.answer()

    assert (dropped, answer) == (b"", "/callback?code=abc")


async def test_a_registered_address_is_listened_at():
    """Port and path as registered with the app."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with callback(f"http://127.0.0.1:{port}/back") as waiting:
        await browse(f"http://127.0.0.1:{port}/back?code=abc")
        answer = await waiting.answer()

    assert (f"http://127.0.0.1:{port}/back", "/back?code=abc") == (waiting.url, answer)


async def test_a_taken_port_is_told():
    """With the cure."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            async with callback(f"http://127.0.0.1:{port}/back"):
                pass


async def test_nobody_waits_for_ever():
    """Codes live for minutes."""
    async with callback() as waiting:
        with pytest.raises(FixInput, match="Nobody answered"):
            await waiting.answer(patience=0)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:1/x", True),
        ("https://localhost/x", False),
        ("https://example.com/x", False),
    ],
)
def test_only_this_machine_can_be_come_back_to(uri, expected):
    """Everything else is pasted."""
    assert expected == is_loopback(uri)
