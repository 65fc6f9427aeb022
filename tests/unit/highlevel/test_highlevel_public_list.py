"""What the library offers."""

from __future__ import annotations

import invoco.highlevel
from invoco.highlevel import HighLevelError, errors

PUBLIC = [
    "BASE_URL", "OPERATIONS", "VERSIONS", "Appointment", "Blocked", "BulkTagged", "Business", "Calendar", "Clock",
    "Contact", "Credentials", "CustomField", "CustomFieldValue", "CustomValue", "Duplicate", "FileTokenStore",
    "HighLevel", "HighLevelError", "InstalledLocation", "InvalidInput", "Location", "Malformed", "Membership",
    "MemoryTokenStore", "MissingScope", "NotFound", "Note", "OAuthApp", "OAuthTokens", "Operation", "Page",
    "PageLoop", "Priority", "PrivateToken", "Quota", "Quotas", "RateLimited", "Reconnect", "Record", "RetryLater",
    "SearchPage", "SignatureRefused", "SyncHighLevel", "SystemClock", "Tag", "Task", "TokenKey", "TokenRefused",
    "TokenStore", "Tokens", "Uncertain", "Unreachable", "Unreadable", "Upserted", "Usage", "User", "VersionRefused",
    "WrongLocation", "WrongSecret", "verify",
]  # fmt: skip


def test_public_list():
    """The public names are these, and only these."""
    assert sorted(PUBLIC) == sorted(invoco.highlevel.__all__)


def test_public_names_exist():
    """Every public name can be imported."""
    assert [] == [name for name in PUBLIC if not hasattr(invoco.highlevel, name)]


def test_every_error_is_public_and_says_what_to_do():
    """Every error can be caught by name, has a sentence of its own, and a cure."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HighLevelError)]

    assert set() == {kind.__name__ for kind in kinds} - set(PUBLIC)
    assert all(kind().message.endswith(".") and kind.cure.endswith(".") for kind in kinds)
