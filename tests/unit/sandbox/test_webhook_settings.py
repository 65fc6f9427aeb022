"""Retry policies, URLs and signing keys."""

from random import Random
from typing import Any

import pytest

from invoco.domain.errors import Misconfigured
from invoco.highlevel import signing
from invoco.sandbox.webhooks import NEW_POLICY, OLD_POLICY, WebhookSettings, load_keys

SETTINGS = WebhookSettings(
    app_id="a", version_id="v", url="https://default", urls={"NoteCreate": "https://notes", "AppInstall": "https://apps"}
)  # fmt: skip


@pytest.mark.parametrize(("tries", "shortest"), [(1, 2), (2, 4), (5, 32), (12, 600)])
def test_new_policy_backs_off(tries, shortest):
    """The wait doubles up to ten minutes, with jitter of up to a half (facts 8.5)."""
    wait = NEW_POLICY.wait(tries, 500, Random(1)) or 0

    assert shortest <= wait <= 1.5 * shortest


def test_new_policy_ends():
    """After twelve retries there is no other."""
    assert None is NEW_POLICY.wait(13, 500, Random(1))


@pytest.mark.parametrize("tries", [1, 6])
def test_old_policy_waits_ten_minutes(tries):
    """Six tries follow, ten minutes apart with jitter (facts 8.5)."""
    wait = OLD_POLICY.wait(tries, 429, Random(1)) or 0

    assert 600 <= wait <= 720


@pytest.mark.parametrize(("tries", "status"), [(7, 429), (1, 500), (1, 404), (1, None)])
def test_old_policy_gives_up(tries, status):
    """It tries nothing but 429 again, and that six times."""
    assert None is OLD_POLICY.wait(tries, status, Random(1))


@pytest.mark.parametrize(
    ("event", "of_app", "url"),
    [
        ("NoteCreate", False, "https://notes"),
        ("ContactCreate", False, "https://default"),
        ("AppInstall", True, "https://default"),
    ],
)
def test_url(event, of_app, url):
    """Events go to their own URL, else to the default one; those of the app always to the default one."""
    assert url == SETTINGS.url_of(event, of_app=of_app)


def test_keys_are_kept(tmp_path):
    """The second call finds the keys of the first."""
    first = load_keys(tmp_path / "data", rsa_bits=1024).public_pems()

    assert first == load_keys(tmp_path / "data", rsa_bits=1024).public_pems()


def test_keys_are_private(tmp_path):
    """Only the owner can read the files."""
    load_keys(tmp_path, rsa_bits=1024)

    assert {0o600} == {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}


def test_broken_keys(tmp_path):
    """A file that holds no key is named with the cure."""
    (tmp_path / "webhook-ed25519.pem").write_text("no key")
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_keys(tmp_path, rsa_bits=1024)


def test_both_signatures(tmp_path):
    """Both headers carry a signature that the public keys prove."""
    keys = load_keys(tmp_path, rsa_bits=2048)
    pems, headers = keys.public_pems(), keys.headers(b"{}")
    known: dict[str, Any] = {
        "ed25519_keys": [signing.ed25519_public_key(pems[signing.ED25519_HEADER])],
        "rsa_keys": [signing.rsa_public_key(pems[signing.RSA_HEADER])],
    }

    assert [signing.Signature.ED25519, signing.Signature.RSA] == [
        signing.verify(b"{}", {name: headers[name]}, **known) for name in headers
    ]
