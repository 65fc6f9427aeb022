"""The keys as an operator sets them."""

import pytest

from invoco.domain.errors import Misconfigured
from invoco.highlevel import signing
from invoco.service.webhooks import webhook_keys

ONE, TWO, RSA = (signing.public_pem(key) for key in (
    signing.new_ed25519_key(), signing.new_ed25519_key(), signing.new_rsa_key(bits=2048)
))  # fmt: skip


def test_highlevels_own():
    """Without a setting they are those that HighLevel publishes."""
    keys = webhook_keys()

    assert (signing.ed25519_public_key(signing.HIGHLEVEL_ED25519_KEY).public_bytes_raw(), 4096) == (
        keys.ed25519[0].public_bytes_raw(), keys.rsa[0].key_size
    )  # fmt: skip


@pytest.mark.parametrize("setting", [ONE + TWO, f"{ONE.strip()},{TWO.strip()}", (ONE + TWO).replace("\n", "\\n")])
def test_texts(setting):
    """Several in one setting, with line ends as they can be written in a variable."""
    assert 2 == len(webhook_keys(ed25519=setting).ed25519)


def test_files(tmp_path):
    """Paths, separated by commas; a file may hold several keys."""
    (tmp_path / "a.pem").write_text(ONE + TWO)
    (tmp_path / "b.pem").write_text(ONE)

    assert 3 == len(webhook_keys(ed25519=f"{tmp_path / 'a.pem'}, {tmp_path / 'b.pem'},").ed25519)


def test_without_the_older_signature():
    """No key is left for it."""
    assert () == webhook_keys(rsa=RSA, legacy=False).rsa


@pytest.mark.parametrize("setting", ["nowhere.pem", ",", ONE.replace("MC", "XX"), RSA, "-----BEGIN PUBLIC KEY-----"])
def test_what_is_no_key(setting, tmp_path, monkeypatch):
    """The setting is named."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misconfigured, match="The setting webhook_ed25519_keys"):
        webhook_keys(ed25519=setting)


def test_a_file_that_is_no_text(tmp_path):
    """It is told, not raised as it is."""
    (tmp_path / "a.pem").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="webhook_rsa_keys"):
        webhook_keys(rsa=str(tmp_path / "a.pem"))
