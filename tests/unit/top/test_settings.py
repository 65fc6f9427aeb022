"""Settings come from variables and one file, and secrets stay masked."""

import pytest

from invoco import settings
from invoco.domain.errors import Misconfigured


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """An empty environment with a config file that does not exist yet."""
    path = tmp_path / "invoco.toml"
    monkeypatch.setenv("INVOCO_CONFIG", str(path))
    return path


def test_defaults_need_nothing():
    """Without any setting the database is SQLite in the data folder."""
    chosen = settings.load()

    assert f"sqlite:///{chosen.data_folder / 'invoco.db'}" == chosen.store_url


def test_file_is_read(config):
    """A value in the file is used."""
    config.write_text('port = 9001\nbase_url = "https://example.test/"\n')

    assert (9001, "https://example.test") == (settings.load().port, settings.load().base_url)


def test_variable_beats_file(config, monkeypatch):
    """An INVOCO_ variable is stronger than the file."""
    config.write_text("port = 9001\n")
    monkeypatch.setenv("INVOCO_PORT", "9002")

    assert settings.load().port == 9002


def test_argument_beats_variable(monkeypatch):
    """A value given by the caller is stronger than a variable."""
    monkeypatch.setenv("INVOCO_PORT", "9002")

    assert settings.load(port=9003).port == 9003


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = ", "not valid TOML"),
        ("prot = 1\n", "prot is not known"),
        ("port = 70000\n", "port cannot be used"),
        ('log_level = "loud"\n', "log_level cannot be used: must be debug"),
        ('log_format = "xml"\n', "must be text or json"),
        ('base_url = "ftp://x"\n', "must start with https://"),
    ],
)
def test_bad_file_names_the_setting(config, text, words):
    """A file that cannot be used is refused in one sentence that names the place."""
    config.write_text(text)

    with pytest.raises(Misconfigured, match=words):
        settings.load()


def test_file_that_is_no_text(config):
    """A binary file is refused in one sentence."""
    config.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(Misconfigured, match="not UTF-8"):
        settings.load()


def test_refusal_hides_the_value(monkeypatch):
    """A secret that was put into the wrong setting is not repeated."""
    monkeypatch.setenv("INVOCO_PORT", "pit-marked-secret")

    with pytest.raises(Misconfigured) as refused:
        settings.load()

    assert "marked" not in str(refused.value)


def test_secrets_are_masked(monkeypatch):
    """What is shown holds no secret, not even inside a URL."""
    monkeypatch.setenv("INVOCO_TOKEN", "pit-marked")
    monkeypatch.setenv("INVOCO_CLIENT_SECRET", "marked")
    monkeypatch.setenv("INVOCO_SECRET_KEY", "marked")
    monkeypatch.setenv("INVOCO_DATABASE_URL", "postgresql://ann:marked@db.test/invoco")

    shown = settings.shown(settings.load())

    assert "marked" not in str(shown)
    assert shown["database_url"]["value"] == "postgresql://ann:••••••@db.test/invoco"


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://ann@db.test/invoco"])
def test_url_without_password_is_shown_whole(url):
    """A URL that holds no password is left as it is."""
    assert url == settings.without_password(url)
