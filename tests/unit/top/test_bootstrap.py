"""Invoco is built out of its parts."""

import base64

import pytest

from invoco import bootstrap
from invoco.domain.errors import StoreUnusable
from invoco.settings import load
from invoco.store.revisions import HEAD
from invoco.testing.clock import FakeClock

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """No settings but those of the test."""
    monkeypatch.setenv("INVOCO_CONFIG", str(tmp_path / "none.toml"))


@pytest.mark.parametrize(("chosen", "kept"), [({}, True), ({"secret_key": KEY}, False)], ids=["file", "setting"])
async def test_a_key_is_made_unless_one_is_set(tmp_path, chosen, kept):
    """Secrets are sealed with a key in the data folder, or with the one that was given."""
    async with bootstrap.opened(load(data_folder=tmp_path, **chosen), clock=FakeClock()):
        assert kept is (tmp_path / "secret.key").exists()


async def test_the_data_folder_is_made(tmp_path):
    """With its database, for its owner alone."""
    folder = tmp_path / "new" / "data"
    async with bootstrap.opened(load(data_folder=folder)) as invoco:
        await invoco.database.ping()

    assert (True, 0o700) == ((folder / "invoco.db").exists(), folder.stat().st_mode & 0o777)


async def test_a_data_folder_that_cannot_be_made(tmp_path):
    """It is named, with the setting to change."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable, match="file/data cannot be made: Not a directory") as refusal:
        await bootstrap.upgraded(load(data_folder=tmp_path / "file" / "data"))

    assert "Set INVOCO_DATA_FOLDER to another one." == refusal.value.cure


async def test_a_database_elsewhere_needs_no_folder(tmp_path):
    """Only its own place is used."""
    chosen = load(data_folder=tmp_path / "data", database_url=f"sqlite:///{tmp_path / 'other.db'}", secret_key=KEY)

    assert (HEAD, False) == (await bootstrap.upgraded(chosen), (tmp_path / "data").exists())
