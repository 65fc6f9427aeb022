"""The contacts of the books."""

from __future__ import annotations

from invoco.service.books.contact_bulk import ContactBulk
from invoco.service.books.contact_memberships import ContactMemberships
from invoco.service.books.contact_reads import ContactReads
from invoco.service.books.contact_sets import ContactSets
from invoco.service.books.contact_writes import ContactWrites
from invoco.service.books.desk import Desk


class ContactBook(ContactReads, ContactWrites, ContactSets, ContactBulk, ContactMemberships):
    """Everything that can be done with contacts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
