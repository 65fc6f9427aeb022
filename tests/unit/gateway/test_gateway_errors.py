"""Errors of the client in Invoco's words."""

import pytest

from invoco.domain import errors as ours
from invoco.gateway.errors import our_errors, translated
from invoco.highlevel import errors as theirs

URL = "https://highlevel.test"


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (theirs.Unreachable("refused"), ours.SourceUnavailable, f"HighLevel cannot be reached at {URL}: refused."),
        (theirs.RetryLater("busy"), ours.SourceUnavailable, "busy."),
        (theirs.RateLimited("slow"), ours.SourceUnavailable, "slow."),
        (theirs.Blocked("blocked"), ours.SourceUnavailable, "blocked."),
        (theirs.Unreadable("HTML"), ours.SourceUnavailable, f"{URL} does not answer like HighLevel's API: HTML."),
        (theirs.PageLoop("loop"), ours.SourceUnavailable, f"{URL} does not answer like HighLevel's API: loop."),
        (theirs.Reconnect("dead"), ours.Reconnect, "dead."),
        (theirs.WrongSecret("no"), ours.Reconnect, "no."),
        (theirs.TokenRefused("Invalid JWT."), ours.Reconnect, "Invalid JWT."),
        (theirs.MissingScope("scope"), ours.MissingScope, "The token lacks a scope: scope."),
        (theirs.WrongLocation("elsewhere"), ours.WrongLocation, "elsewhere."),
        (theirs.NotFound("gone"), ours.NoSuchRecord, "gone."),
        (theirs.VersionRefused("old"), ours.Misconfigured, f"{URL} refuses the version of the API: old."),
        (theirs.InvalidInput("{bad}"), ours.BadRequest, "{bad}."),
        (theirs.HighLevelError("odd"), ours.BadRequest, "odd."),
    ],
)
def test_each_error_of_the_client_means_one_of_ours(error, kind, said):
    """One sentence that names the cause, and the cure of the client."""
    translation = translated(error, base_url=URL)

    assert (kind, said, error.cure) == (type(translation), str(translation), translation.cure)


def test_a_used_up_day_is_told_apart():
    """Waiting seconds does not help."""
    error = theirs.RateLimited("The quota of the day is used up")
    error.daily = True

    assert isinstance(translated(error, base_url=URL), ours.QuotaUsed)


def test_a_record_that_cannot_be_read_is_told_apart():
    """It is the record's fault, not HighLevel's: waiting does not help."""
    error = theirs.Unreadable("The answer lacks a readable contact")
    error.is_record = True

    assert isinstance(translated(error, base_url=URL), ours.MalformedRecord)


def test_the_missing_scope_is_named():
    """Programs ask for it by name."""
    error = theirs.MissingScope("not authorized")
    error.scope = "users.readonly"
    translation = translated(error, base_url=URL)

    assert isinstance(translation, ours.MissingScope)
    assert translation.scope == "users.readonly"


def test_the_call_is_named():
    """Method, path, status and traceId come along."""
    error = theirs.RetryLater("busy", method="GET", path="/users/", status=520, trace_id="t")

    assert str(translated(error, base_url=URL)) == "busy (GET /users/, status 520, traceId t)."


def test_the_error_of_the_client_is_the_cause():
    """For `--verbose`."""
    error = theirs.NotFound()
    with pytest.raises(ours.NoSuchRecord) as caught, our_errors(URL):
        raise error

    assert error is caught.value.__cause__


def test_other_errors_pass():
    """Only the client's are translated."""
    with pytest.raises(ValueError, match="mine"), our_errors(URL):
        raise ValueError("mine")
