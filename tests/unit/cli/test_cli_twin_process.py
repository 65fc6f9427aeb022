"""The twin as a process of its own."""

from invoco.cli.twin_process import RunningTwin


def test_its_secrets_are_not_shown():
    """The address and the location are."""
    twin = RunningTwin(url="http://x", location_id="l1", client_id="c", client_secret="hidden", token="hidden")

    assert "RunningTwin(url='http://x', location_id='l1')" == f"{twin!r}"
