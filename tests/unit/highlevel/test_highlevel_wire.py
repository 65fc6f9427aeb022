"""One call: tokens renewed, quota waited for, faults passed over, nothing done twice."""

from __future__ import annotations

import asyncio
import ssl
import traceback
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from invoco.highlevel import (
    HighLevel,
    MissingScope,
    NotFound,
    Priority,
    PrivateToken,
    Quotas,
    RateLimited,
    Reconnect,
    RetryLater,
    TokenRefused,
    Uncertain,
    Unreachable,
    Unreadable,
    WrongLocation,
)

CONTACT = {"contact": {"id": "c"}}
BAD_TOKEN = (401, {"statusCode": 401, "message": "Invalid JWT"})
TOO_MANY = (429, {"message": "Too Many Requests"})
NO_CALLS_LEFT: tuple[object, ...] = (429, {}, {"X-RateLimit-Limit-Daily": "200000", "X-RateLimit-Daily-Remaining": "0"})


async def test_token_refused_by_mistake_is_sent_again(connect, script, renewable):
    """A good token that is refused once is not renewed."""
    credentials = renewable(renewals=1)
    await connect(BAD_TOKEN, CONTACT, credentials=credentials).contacts.get("c")

    assert (["token-0", "token-0"], []) == (script.tokens, credentials.refused)


async def test_refused_token_is_renewed_once(connect, script, renewable):
    """A token that stays refused is renewed, and the call made with the new one."""
    await connect(BAD_TOKEN, BAD_TOKEN, CONTACT, credentials=renewable(renewals=1)).contacts.get("c")

    assert ["token-0", "token-0", "token-1"] == script.tokens


async def test_renewed_token_that_is_refused_too(connect, script, renewable):
    """The new token is not renewed in turn."""
    with pytest.raises(TokenRefused):
        await connect(BAD_TOKEN, credentials=renewable(renewals=5)).contacts.get("c")

    assert ["token-0", "token-0", "token-1"] == script.tokens


async def test_token_that_cannot_be_renewed(connect, renewable):
    """The renewal's own reason is told."""
    with pytest.raises(Reconnect) as refusal:
        await connect(BAD_TOKEN, credentials=renewable(renewals=0)).contacts.get("c")

    assert "The refresh token is used up (POST /oauth/token, status 400)" == str(refusal.value)


async def test_private_token_that_is_refused(connect):
    """For a token that nobody can renew, HighLevel's own words are told, with the call."""
    with pytest.raises(Reconnect) as refusal:
        await connect((401, {"message": "Invalid Private Integration token", "traceId": "t"})).contacts.get("c")

    assert "Invalid Private Integration token (GET /contacts/c, status 401, traceId t)" == str(refusal.value)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("The token is not authorized for this scope.", MissingScope),
        ("This authClass type is not allowed to access this scope.", WrongLocation),
    ],
)
async def test_refusals_that_no_renewal_helps(connect, script, renewable, message, kind):
    """A 401 that does not blame the token is told at once."""
    with pytest.raises(kind):
        await connect((401, {"message": message}), credentials=renewable(renewals=1)).contacts.get("c")

    assert ["token-0"] == script.tokens


async def test_error_before_anything_was_sent_names_the_call(connect, script):
    """Credentials that have no token say for which call."""

    class NoToken(PrivateToken):
        async def token(self) -> str:
            raise Reconnect("No tokens are stored")

    with pytest.raises(Reconnect) as refusal:
        await connect({}, credentials=NoToken("x")).contacts.get("c")

    assert ("GET", "/contacts/c", []) == (refusal.value.method, refusal.value.path, script.calls)


async def test_429_is_waited_out(connect, script):
    """A call that meets a 429 is made again after the interval."""
    contact = await connect(TOO_MANY, TOO_MANY, CONTACT).contacts.get("c")

    assert ("c", 3) == (contact.id, len(script.calls))
    assert 20 <= script.clock.now() - 1_750_000_000 < 21


async def test_retry_after_is_honoured(connect, script):
    """A 429 that says how long to wait is believed."""
    await connect((429, {}, {"Retry-After": "33"}), CONTACT).contacts.get("c")

    assert 33 <= script.clock.now() - 1_750_000_000 < 34


async def test_create_waits_out_a_429(connect, script):
    """A 429 means that nothing was done, so a create is sent again."""
    await connect(TOO_MANY, CONTACT).contacts.create({"email": "a@example.com"})

    assert ["POST /contacts/", "POST /contacts/"] == script.calls


async def test_used_up_day_is_not_waited_out(connect, script):
    """When the day's quota is used up, the caller is told."""
    with pytest.raises(RateLimited) as refusal:
        await connect(NO_CALLS_LEFT).contacts.get("c")

    assert (True, 1) == (refusal.value.daily, len(script.calls))


async def test_long_wait_is_told(connect, script):
    """A wait of more than ten minutes is left to the caller."""
    with pytest.raises(RateLimited) as refusal:
        await connect((429, {}, {"Retry-After": "3600"})).contacts.get("c")

    assert (3600.0, 1) == (refusal.value.wait, len(script.calls))


async def test_endless_429(connect, script):
    """Waiting ends when it does not help."""
    with pytest.raises(RateLimited):
        await connect((429, {}, {"Retry-After": "1"})).contacts.get("c")

    assert 31 == len(script.calls)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
async def test_read_passes_over_a_fault(connect, script, status):
    """A read is repeated after a fault of HighLevel's own."""
    await connect((status, "<html>"), (status, "<html>"), CONTACT).contacts.get("c")

    assert 3 == len(script.calls)


async def test_pauses_grow(connect, script):
    """Pauses double, varied by half."""
    with pytest.raises(RetryLater):
        await connect((503, "")).contacts.get("c")

    first, second, third = script.clock.slept
    assert 4 == len(script.calls)
    assert (True, True, True) == (0.25 <= first <= 0.75, 0.5 <= second <= 1.5, 1 <= third <= 3)


async def test_cut_off_answer_is_read_again(connect, script):
    """A read whose JSON was cut off is repeated."""
    await connect((200, b'{"contact": {'), CONTACT).contacts.get("c")

    assert 2 == len(script.calls)


async def test_web_page_is_not_read_again(connect, script):
    """A web page in place of JSON will not become JSON."""
    with pytest.raises(Unreadable):
        await connect((200, "<html>")).contacts.get("c")

    assert 1 == len(script.calls)


@pytest.mark.parametrize(
    "fault", [(500, {"message": "oops", "traceId": "t"}), (200, b'{"contact'), (200, b""), httpx2.ReadTimeout("slow")]
)
async def test_upsert_is_never_repeated(connect, script, fault):
    """A write that may have happened and must not be repeated ends in doubt."""
    with pytest.raises(Uncertain):
        await connect(fault).contacts.upsert({"email": "a@example.com"})

    assert 1 == len(script.calls)


async def test_doubt_keeps_the_facts(connect):
    """A doubtful write names its call and HighLevel's trace."""
    with pytest.raises(Uncertain) as doubt:
        await connect((500, {"message": "oops", "traceId": "t"})).contacts.upsert({"email": "a@example.com"})

    error = doubt.value
    assert ("POST", "/contacts/upsert", 500, "t") == (error.method, error.path, error.status, error.trace_id)


async def test_write_that_was_not_sent_is_repeated(connect, script):
    """A connection that never stood carried no write."""
    hl = connect(httpx2.ConnectError("refused"), httpx2.PoolTimeout("busy"), CONTACT)
    await hl.contacts.create({"email": "a@example.com"})

    assert 3 == len(script.calls)


async def test_repeated_delete_finds_nothing(connect, script):
    """A delete whose first answer was lost is done when the second finds nothing."""
    await connect((502, ""), (404, {"message": "Contact not found"})).contacts.delete("c")

    assert ["DELETE /contacts/c", "DELETE /contacts/c"] == script.calls


async def test_delete_of_nothing(connect):
    """A delete that finds nothing at its first try says so."""
    with pytest.raises(NotFound):
        await connect((400, {"message": "Contact not found"})).contacts.delete("c")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (httpx2.ConnectTimeout(""), "hl.test did not accept the connection in time"),
        (httpx2.ReadTimeout(""), "hl.test did not answer in time"),
        (httpx2.ReadError(""), "The connection to hl.test broke before the answer was complete"),
        (httpx2.RemoteProtocolError(""), "The connection to hl.test broke before the answer was complete"),
        (httpx2.ConnectError("no route"), "hl.test cannot be connected: no route"),
    ],
)
async def test_unreachable_in_one_sentence(connect, script, fault, sentence):
    """What kept a call from its answer is told in one sentence, after four tries."""
    with pytest.raises(Unreachable) as refusal:
        await connect(fault).contacts.get("c")

    assert (sentence, 4) == (refusal.value.message, len(script.calls))


async def test_refused_connection(connect, unused_port):
    """A port where nobody listens is told as such."""
    with pytest.raises(Unreachable) as refusal:
        await connect({}, base_url=f"http://127.0.0.1:{unused_port}", transport=None).contacts.get("c")

    assert "127.0.0.1 cannot be connected" in refusal.value.message


async def test_tls_with_a_server_that_speaks_none(connect, script):
    """A TLS failure is told at once: it will not pass."""
    server = await asyncio.start_server(_no_tls, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(Unreachable) as refusal:
            await connect({}, base_url=f"https://127.0.0.1:{port}", transport=None).contacts.get("c")

    assert refusal.value.message.startswith("The TLS connection to 127.0.0.1 failed: ")
    assert [] == script.clock.slept


async def test_tls_with_a_certificate_that_nobody_knows(connect, self_signed):
    """A certificate that cannot be trusted is named as the cause."""
    server = await asyncio.start_server(_no_tls, "127.0.0.1", 0, ssl=self_signed)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(Unreachable) as refusal:
            await connect({}, base_url=f"https://127.0.0.1:{port}", transport=None).contacts.get("c")

    assert "The TLS connection to 127.0.0.1 failed: self-signed certificate" == refusal.value.message


@pytest.fixture
def self_signed(tmp_path) -> ssl.SSLContext:
    """The TLS side of a server with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "server.pem").write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


async def _no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("base_url", ["ftp://hl.test", "hl.test", "https://", "https://hl.test:x"])
async def test_base_url_that_is_none(connect, base_url):
    """A base URL that cannot be one is told at once."""
    with pytest.raises(Unreachable) as refusal:
        await connect({}, base_url=base_url, transport=None).contacts.get("c")

    assert "The base URL must start with https:// and name a host" == refusal.value.message


async def test_token_never_shows(connect):
    """Neither the error, its causes nor the client show the token."""
    hl = connect(httpx2.ConnectError("refused"))
    with pytest.raises(Unreachable) as refusal:
        await hl.contacts.get("c")

    shown = "".join(traceback.format_exception(refusal.value)) + repr(hl) + repr(hl.contacts)
    assert "pit-0123-secret" not in shown


async def test_view_at_another_priority(connect):
    """A view shares the connection and the quota, and counts under its own priority."""
    hl = connect(CONTACT)
    await hl.at(Priority.IMPORT).contacts.get("c")

    calls = hl.quota.usage().calls
    assert (0, 1) == (calls[Priority.INTERACTIVE], calls[Priority.IMPORT])


async def test_clients_share_a_quota(connect, script):
    """Clients that are given one registry count together."""
    quotas = Quotas(clock=script.clock)
    first, second = (connect(CONTACT, quotas=quotas) for _ in range(2))

    assert first.quota is second.quota


async def test_closing(script):
    """A client that was closed by its block sends nothing more."""
    async with HighLevel(
        credentials=PrivateToken("x"), location_id="loc", transport=httpx2.MockTransport(script)
    ) as hl:
        pass

    with pytest.raises(RuntimeError):
        await hl.contacts.get("c")
