"""A client library for HighLevel that stands alone.

```python
from invoco.highlevel import HighLevel, PrivateToken

async with HighLevel(credentials=PrivateToken("pit-…"), location_id="ve9EPM428h8vShlRW1KT") as hl:
    contact = await hl.contacts.create({"email": "ada@example.com", "firstName": "Ada"})
    await hl.contacts.add_tags(contact.id, ["customer"])
    async for page in hl.contacts.pages():  # all of them, however many
        for contact in page:
            print(contact.name, contact.email)
```

`SyncHighLevel` is the same without `await`. Calls wait for the quota, are repeated where that is safe, renew the token
when it is refused, and fail with one of the errors drawn in `invoco.highlevel.errors`.
"""

from invoco.highlevel.auth import Credentials, OAuthApp, OAuthTokens, PrivateToken
from invoco.highlevel.client import BASE_URL, HighLevel
from invoco.highlevel.clock import Clock, SystemClock
from invoco.highlevel.errors import (
    Blocked,
    Duplicate,
    HighLevelError,
    InvalidInput,
    MissingScope,
    NotFound,
    PageLoop,
    RateLimited,
    Reconnect,
    RetryLater,
    TokenRefused,
    Uncertain,
    Unreachable,
    Unreadable,
    VersionRefused,
    WrongLocation,
    WrongSecret,
)
from invoco.highlevel.operations import OPERATIONS, VERSIONS, Operation
from invoco.highlevel.pages import Malformed, Page, SearchPage
from invoco.highlevel.quota import Priority, Quota, Quotas, Usage
from invoco.highlevel.records import (
    Appointment,
    Business,
    Calendar,
    Contact,
    CustomField,
    CustomFieldValue,
    CustomValue,
    InstalledLocation,
    Location,
    Note,
    Record,
    Tag,
    Task,
    User,
)
from invoco.highlevel.resources.contacts import Upserted
from invoco.highlevel.resources.memberships import BulkTagged, Membership
from invoco.highlevel.signing import SignatureRefused, verify
from invoco.highlevel.synchronous import SyncHighLevel
from invoco.highlevel.token_stores import FileTokenStore, MemoryTokenStore
from invoco.highlevel.tokens import TokenKey, Tokens, TokenStore

__all__ = [
    "BASE_URL",
    "OPERATIONS",
    "VERSIONS",
    "Appointment",
    "Blocked",
    "BulkTagged",
    "Business",
    "Calendar",
    "Clock",
    "Contact",
    "Credentials",
    "CustomField",
    "CustomFieldValue",
    "CustomValue",
    "Duplicate",
    "FileTokenStore",
    "HighLevel",
    "HighLevelError",
    "InstalledLocation",
    "InvalidInput",
    "Location",
    "Malformed",
    "Membership",
    "MemoryTokenStore",
    "MissingScope",
    "NotFound",
    "Note",
    "OAuthApp",
    "OAuthTokens",
    "Operation",
    "Page",
    "PageLoop",
    "Priority",
    "PrivateToken",
    "Quota",
    "Quotas",
    "RateLimited",
    "Reconnect",
    "Record",
    "RetryLater",
    "SearchPage",
    "SignatureRefused",
    "SyncHighLevel",
    "SystemClock",
    "Tag",
    "Task",
    "TokenKey",
    "TokenRefused",
    "TokenStore",
    "Tokens",
    "Uncertain",
    "Unreachable",
    "Unreadable",
    "Upserted",
    "Usage",
    "User",
    "VersionRefused",
    "WrongLocation",
    "WrongSecret",
    "verify",
]
