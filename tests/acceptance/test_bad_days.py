"""Wrong input and faults end in one sentence with a cure, exit code 1 and nothing half done."""

import socket
import sqlite3
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest


def refused(done, *words):
    """The command failed in plain words that name the cause."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Error: " in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert "Something unexpected" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    cause, cure = done.stderr.strip().splitlines()[-2:]
    assert cause
    assert cure


def connections(invoco):
    """The connections that were kept."""
    return invoco.answer("connections", "list")


def connect(invoco, twin, *more, **variables):
    """Connect the twin's location with its token."""
    return invoco("connect", "acme", "--token", twin.token, "--location", twin.location_id, *more, **variables)


@pytest.fixture
def free_port():
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("url", ["not a url", "ftp://example.test"])
def test_base_url_that_is_none(invoco, twin, url):
    """A base URL of the wrong form is refused by name."""
    refused(connect(invoco, twin, "--base-url", url), "base_url")


def test_refused_connection(invoco, twin, free_port):
    """An address where nobody listens is named."""
    refused(connect(invoco, twin, "--base-url", f"http://127.0.0.1:{free_port}"), f"127.0.0.1:{free_port}")
    assert connections(invoco) == []


class Says(BaseHTTPRequestHandler):
    """A server that is no HighLevel."""

    def do_GET(self):
        """Show a web page."""
        body = b"<html><body>Welcome</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *_):
        """Be quiet."""


@pytest.fixture
def web_page():
    """A web server, where the API should be."""
    server = HTTPServer(("127.0.0.1", 0), Says)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_tls_where_there_is_none(invoco, twin, web_page):
    """`https` to a server without TLS is told apart from a refused connection."""
    refused(connect(invoco, twin, "--base-url", f"https://{web_page}"), "TLS")


def test_html_instead_of_json(invoco, twin, web_page):
    """A web page where the API should be is named as such."""
    refused(connect(invoco, twin, "--base-url", f"http://{web_page}"), "base URL")
    assert connections(invoco) == []


def test_wrong_token(invoco, twin):
    """A private integration token that is not known is refused before anything is kept."""
    refused(invoco("connect", "acme", "--token", "pit-wrong", "--location", twin.location_id))
    assert connections(invoco) == []


def test_token_of_another_location(invoco, twin):
    """A token of another location says so."""
    refused(invoco("connect", "acme", "--token", twin.token, "--location", "x" * 20), "location")
    assert connections(invoco) == []


def test_missing_scope(invoco, twin):
    """A token without a scope that an import needs names the scope and what it is for."""
    order = {"location_id": twin.location_id, "scopes": ["contacts.readonly", "locations.readonly"]}
    token = httpx2.post(f"{twin.url}/_twin/private-tokens", json=order).json()["token"]

    refused(invoco("connect", "acme", "--token", token, "--location", twin.location_id), "businesses.readonly")
    assert connections(invoco) == []


def test_no_location_given(invoco, twin):
    """A token without a location, with nobody to ask, names the option."""
    refused(invoco("connect", "acme", "--token", twin.token), "--location")


@pytest.mark.parametrize("fault", ["520", "truncated", "html", "page-loop", "version-refused", "reset"], ids=str)
def test_fault_during_import(connected, control, fault, twin):
    """Whatever HighLevel does during an import, it ends in plain words and the next one makes the copy equal."""
    control("faults", name=fault)
    refused(connected("import", "--skip", "notes", INVOCO_PAGE_SIZE="20"))
    httpx2.delete(f"{twin.url}/_twin/faults").raise_for_status()
    connected.answer("import")

    assert connected.answer("verify")["drift"] == 0


def test_unknown_connection(connected):
    """A name nobody gave is told with the way to find the right one."""
    refused(connected("import", "nobody"), "nobody")


def test_nothing_connected_yet(invoco):
    """The first command of a newcomer says what to do first."""
    refused(invoco("import"), "invoco connect")


def test_usage_is_exit_code_two(invoco):
    """A wrong option ends with exit code 2."""
    assert invoco("import", "--nonsense").returncode == 2


def test_port_taken(connected):
    """A port that is in use is named."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused(connected("serve", "--port", str(other.getsockname()[1])), str(other.getsockname()[1]))


def test_corrupt_config(invoco):
    """A config file that is no TOML is named."""
    (invoco.folder / "invoco.toml").write_text("port = = 1")
    refused(invoco("connections", "list"), "invoco.toml")


def test_database_that_is_none(invoco):
    """A file that is no database is named."""
    (invoco.folder / "data").mkdir()
    (invoco.folder / "data" / "invoco.db").write_bytes(b"not a database, but long enough to look like a file" * 40)
    refused(invoco("connections", "list"), "invoco.db")


def test_database_of_a_newer_version(connected):
    """A database of a newer Invoco is left alone."""
    with sqlite3.connect(connected.folder / "data" / "invoco.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    refused(connected("connections", "list"), "9999")


def test_locked_database(connected):
    """A database that another process writes to is waited for, then told."""
    database = sqlite3.connect(connected.folder / "data" / "invoco.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        refused(connected("keys", "add", "me"), "locked")
    finally:
        database.close()


def test_disk_full(connected):
    """When the disk is full the import says so; with space again it goes on to the end."""
    limited = ["prlimit", "--fsize=200000", sys.executable, "-m", "invoco", "import"]
    unmeasured = {name: value for name, value in connected.environment.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(limited, env=unmeasured, capture_output=True, text=True, timeout=120, check=False)
    refused(done, "disk")
    connected.answer("import")

    assert connected.answer("verify")["drift"] == 0


def test_postgres_that_is_not_there(invoco, free_port):
    """A PostgreSQL that does not answer is named without its password."""
    url = f"postgresql://ann:marked@127.0.0.1:{free_port}/invoco"
    done = invoco("connections", "list", INVOCO_DATABASE_URL=url)

    refused(done, f"127.0.0.1:{free_port}")
    assert "marked" not in done.stderr
