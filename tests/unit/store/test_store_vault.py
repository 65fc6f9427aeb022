"""The vault keeps secrets, and says what to do when it cannot open them."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from invoco.domain.errors import Misconfigured
from invoco.store.vault import Vault

OLD, NEW = b"o" * 32, b"n" * 32


def test_equal_secrets_are_sealed_differently():
    """Nobody can tell that two are the same."""
    vault = Vault([OLD])

    assert vault.seal(b"secret", belongs_to="a") != vault.seal(b"secret", belongs_to="a")


def test_first_key_seals_every_key_opens():
    """So that keys can be changed one after the other."""
    before = Vault([OLD]).seal(b"secret", belongs_to="a")
    ring = Vault([NEW, OLD])
    after = ring.seal(b"secret", belongs_to="a")

    assert (b"secret", b"secret") == (ring.open(before, belongs_to="a"), Vault([NEW]).open(after, belongs_to="a"))


@pytest.mark.parametrize("spoil", [lambda sealed: sealed[:-1] + b"\0", lambda sealed: sealed[:30]])
def test_spoilt_secret_is_refused(spoil):
    """One changed bit or a lost end."""
    vault = Vault([OLD])
    sealed = vault.seal(b"secret", belongs_to="a")

    with pytest.raises(Misconfigured, match="damaged"):
        vault.open(spoil(sealed), belongs_to="a")


@pytest.mark.parametrize(
    "sealed", [b"", b"short", Vault([NEW]).seal(b"secret", belongs_to="a")], ids=["empty", "short", "of another key"]
)
def test_lost_key_has_a_cure(sealed):
    """The key file or the setting must come back."""
    with pytest.raises(Misconfigured, match="is missing") as lost:
        Vault([OLD]).open(sealed, belongs_to="a")

    assert "INVOCO_SECRET_KEY" in lost.value.cure


def test_ring_of_a_setting():
    """Keys are separated by commas; the first seals."""
    sealed = Vault.from_setting("an old pass phrase").seal(b"secret", belongs_to="a")

    ring = Vault.from_setting("a new pass phrase , an old pass phrase")
    assert b"secret" == ring.open(sealed, belongs_to="a")


@pytest.mark.parametrize("setting", ["", " , ", "short", "a long enough phrase,short"])
def test_short_key_is_refused(setting):
    """And never repeated."""
    with pytest.raises(Misconfigured, match="too short") as refused:
        Vault.from_setting(setting)

    assert "phrase" not in str(refused.value)


def test_key_file_is_made_for_its_owner(tmp_path):
    """Nobody else may read it, and the next start uses it."""
    path = tmp_path / "made" / "secret.key"
    sealed = Vault.from_file(path).seal(b"secret", belongs_to="a")

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert b"secret" == Vault.from_file(path).open(sealed, belongs_to="a")
    assert [path] == list(path.parent.iterdir())


def test_key_file_is_made_once(tmp_path):
    """Of several that start at once all use the same key."""
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(4) as starters:
        first, *others = starters.map(Vault.from_file, [path] * 4)
    sealed = first.seal(b"secret", belongs_to="a")

    assert [b"secret"] * 3 == [vault.open(sealed, belongs_to="a") for vault in others]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"c2hvcnQ=", "schlüssel".encode()])
def test_damaged_key_file_is_refused(tmp_path, content):
    """The message names the file."""
    path = tmp_path / "secret.key"
    path.write_bytes(content)

    with pytest.raises(Misconfigured, match=str(path)):
        Vault.from_file(path)
