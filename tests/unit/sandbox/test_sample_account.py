"""The sample account: its shape, its people, and that a seed always gives the same."""

import re
import unicodedata
from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers
import pytest
from email_validator import validate_email

from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.highlevel.clock import instant
from invoco.sandbox.sample import account
from invoco.sandbox.sample.businesses import NATIONS
from invoco.sandbox.sample.dice import Dice
from invoco.sandbox.sample.nation import latin
from invoco.sandbox.sample.seeding import batches

NOW_MS = 1_750_000_000_000
DAY_MS = 24 * 3_600_000
MAIN, SECOND = 0, 1


@cache
def everything(place=MAIN, *, contacts=2000, seed=1):
    """All records of one location, by kind."""
    made = account(seed, now_ms=NOW_MS)
    records: dict[RecordKind, list[Any]] = {kind: [] for kind in RecordKind}
    for batch in batches(made, made.locations[place], contacts=contacts, seed=seed, now_ms=NOW_MS):
        for kind, some in batch.items():
            records[kind] += some
    return records


def people(place=MAIN):
    """The contacts of one location."""
    return everything(place)[RecordKind.CONTACT]


def test_ids_of_the_app():
    """The client id is 24 hexadecimal digits, a dash and eight characters."""
    assert re.fullmatch(r"[0-9a-f]{24}-[0-9a-z]{8}", account(1, now_ms=NOW_MS).client_id)


def test_app_id():
    """The app id is the part of the client id before the dash."""
    made = account(1, now_ms=NOW_MS)

    assert made.client_id[:24] == made.app_id


def test_private_token():
    """The private token is `pit-` and a UUID."""
    assert re.fullmatch(r"pit-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", account(1, now_ms=NOW_MS).private_token)


@pytest.mark.parametrize("secret", ["client_secret", "private_token"])
def test_secrets_are_hidden(secret):
    """No representation of the account shows a secret."""
    made = account(1, now_ms=NOW_MS)

    assert getattr(made, secret) not in f"{made!r} {made} {made.__rich_repr__()}"


def test_duplicates_are_a_matter_of_the_location():
    """The main location refuses duplicates, the second allows them."""
    made = account(1, now_ms=NOW_MS)

    assert [False, True] == [location.settings["allowDuplicateContact"] for location in made.locations]


def test_same_seed_same_bytes():
    """The same seed at the same time gives the same records, byte for byte."""
    again = everything.__wrapped__(contacts=1200, seed=5)

    assert msgspec.json.encode(everything(contacts=1200, seed=5)) == msgspec.json.encode(again)


def test_another_seed_gives_other_records():
    """Two seeds share no contact."""
    ours = {contact.id for contact in everything(contacts=100, seed=5)[RecordKind.CONTACT]}

    assert ours.isdisjoint(contact.id for contact in everything(contacts=100, seed=6)[RecordKind.CONTACT])


@pytest.mark.parametrize("kind", RecordKind)
def test_records_are_canonical(kind):
    """What is written to the wire reads to the same record."""
    records = everything()[kind]

    assert records == [RECORD_TYPES[kind].from_wire(record.to_wire()) for record in records]


@pytest.mark.parametrize("kind", RecordKind)
def test_ids_are_unique(kind):
    """No two records of a kind share an id."""
    ids = [record.id for record in everything()[kind]]

    assert len(ids) == len(set(ids))


def test_users_tags_and_calendars():
    """There are eight users, some 25 tags and three calendars."""
    counts = [len(everything()[kind]) for kind in (RecordKind.USER, RecordKind.TAG, RecordKind.CALENDAR)]

    assert [8, 26, 3] == counts


def test_one_business_for_twenty_contacts():
    """The number of businesses follows that of contacts."""
    assert 100 == len(everything()[RecordKind.BUSINESS])


def test_every_data_type_is_defined_and_filled():
    """There are fields of every data type of facts 10.3, and contacts with a value for each."""
    types = {field.id: field.data_type for field in everything()[RecordKind.CUSTOM_FIELD] if field.model == "contact"}
    filled = {types[value.id] for contact in people() for value in contact.custom_fields}

    assert filled == {
        "TEXT", "LARGE_TEXT", "NUMERICAL", "PHONE", "MONETORY", "CHECKBOX", "SINGLE_OPTIONS", "MULTIPLE_OPTIONS",
        "DATE", "TEXTBOX_LIST", "FILE_UPLOAD", "RADIO", "EMAIL", "FLOAT", "SIGNATURE",
    }  # fmt: skip


def test_users_tags_and_businesses_that_are_referred_to_exist():
    """Contacts point to users, tags and businesses of their location."""
    records = everything()
    known = {record.id for kind in (RecordKind.USER, RecordKind.BUSINESS) for record in records[kind]}
    known |= {tag.name for tag in records[RecordKind.TAG]}
    named = {contact.assigned_to for contact in people()} | {contact.business_id for contact in people()}
    named |= {one for contact in people() for one in (*contact.tags, *contact.followers)}

    assert {None} == named - known


def test_companies_are_named_like_their_business():
    """A contact of a business carries its name."""
    names = {business.id: business.name for business in everything()[RecordKind.BUSINESS]}
    members = [contact for contact in people() if contact.business_id]

    assert [names[contact.business_id] for contact in members] == [contact.company_name for contact in members]


@pytest.mark.parametrize("nation", NATIONS, ids=lambda nation: nation.country)
def test_numbers_are_valid(nation):
    """Every beginning with any rest is a valid E.164 number of the country."""
    dice = Dice("numbers", nation.country)
    lowest, end = nation.subscribers
    rests = [lowest, end - 1, *(lowest + dice.below(end - lowest) for _ in range(20))]
    numbers = [
        f"{start}{rest:0{len(str(end - 1))}d}" for start in (*nation.mobiles, nation.other_mobile) for rest in rests
    ]
    read = [phonenumbers.parse(number) for number in numbers]

    assert [(number, nation.country) for number in numbers] == [
        (
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
            phonenumbers.is_valid_number(number) and phonenumbers.region_code_for_number(number),
        )
        for number in read
    ]


def test_phones_are_valid():
    """The phones of contacts are E.164."""
    phones = [phone for contact in people()[:600] for phone in (contact.phone, *contact.additional_phones) if phone]

    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)


def test_emails_are_valid():
    """The e-mails of contacts are addresses."""
    emails = [email for contact in people()[:600] for email in (contact.email, *contact.additional_emails) if email]

    assert all(validate_email(email, check_deliverability=False) for email in emails)


def test_emails_are_given_once():
    """Where duplicates are refused, no e-mail is given twice, whatever its case."""
    emails = [
        email.lower() for contact in people() for email in (contact.email, *contact.additional_emails) if email
    ]  # fmt: skip

    assert len(emails) == len(set(emails))


def test_phones_are_given_once():
    """Where duplicates are refused, no phone is given twice."""
    phones = [phone for contact in people() for phone in (contact.phone, *contact.additional_phones) if phone]

    assert len(phones) == len(set(phones))


def test_duplicates_where_allowed():
    """Where duplicates are allowed, some contacts share an e-mail in another case."""
    emails = Counter(contact.email.lower() for contact in people(SECOND) if contact.email)

    assert 2 in emails.values()


def test_near_duplicates():
    """Some people are there twice under names of another case and another e-mail."""
    names = {contact.name for contact in people()}
    first_in_capitals = [contact for contact in people() if contact.first_name and contact.first_name.isupper()]

    assert any(
        f"{contact.first_name.title()} {contact.last_name}" in names for contact in first_in_capitals
    )  # fmt: skip


@pytest.mark.parametrize("field", ["email", "phone", "name"])
def test_hardly_known(field):
    """Some contacts have only an e-mail, only a phone or only a name."""
    missing = {"email", "phone", "last_name", "address1", "company_name"} - {field}
    known = [contact for contact in people() if getattr(contact, field)]

    assert any(not any(getattr(contact, name) for name in missing) and not contact.tags for contact in known)


def test_names_of_many_scripts():
    """Names are written in at least ten scripts."""
    letters = {letter for contact in people() for letter in contact.name or "" if letter.isalpha()}
    scripts = {unicodedata.name(letter).partition(" ")[0] for letter in letters}

    assert scripts >= {
        "LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC", "DEVANAGARI", "THAI", "CJK", "HANGUL", "HIRAGANA", "KATAKANA",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "spelled"),
    [("Łukasz", "lukasz"), ("Großmann", "grossmann"), ("O\u2019Neill", "oneill"), ("Şahin", "sahin")],
)
def test_latin(written, spelled):
    """Names are spelled in ASCII for e-mail addresses."""
    assert spelled == latin(written)


def test_tags_are_lower_case():
    """Tags are kept as HighLevel keeps them."""
    tags = [tag.name for tag in everything()[RecordKind.TAG]]

    assert [tag.lower() for tag in tags] == tags


def test_contacts_are_updated_after_they_were_added():
    """Contacts came in the last three years and were not changed before, nor later than now."""
    moments = [(instant(contact.date_added), instant(contact.date_updated)) for contact in people()]

    assert all(NOW_MS - 3 * 365 * DAY_MS <= added <= updated <= NOW_MS for added, updated in moments)


def test_do_not_disturb():
    """Some contacts bar everything, some single channels, for good or not."""
    barred = {contact.dnd for contact in people() if contact.dnd_settings}
    statuses = {setting["status"] for contact in people() for setting in contact.dnd_settings.values()}

    assert ({True, False}, {"active", "inactive", "permanent"}) == (barred, statuses)


def test_size_of_a_contact():
    """A contact has about 1.6 kB of JSON."""
    assert 1300 < sum(len(msgspec.json.encode(contact)) for contact in people()) / len(people()) < 1900


@pytest.mark.parametrize(
    ("kind", "share"), [(RecordKind.TASK, 0.6), (RecordKind.NOTE, 0.8), (RecordKind.APPOINTMENT, 0.25)]
)
def test_share_of_children(kind, share):
    """So many tasks, notes and appointments there are for one contact."""
    assert share == pytest.approx(len(everything()[kind]) / 2000, abs=0.06)


@pytest.mark.parametrize("kind", [RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT])
def test_children_have_a_contact(kind):
    """What belongs to a contact names one that exists."""
    assert {record.contact_id for record in everything()[kind]} <= {contact.id for contact in people()}


def test_long_notes():
    """Some notes are long."""
    assert any(len(note.body) > 800 for note in everything()[RecordKind.NOTE])


def test_appointments_have_every_status():
    """All statuses of the official list occur."""
    statuses = {appointment.appointment_status for appointment in everything()[RecordKind.APPOINTMENT]}

    assert {"new", "confirmed", "cancelled", "showed", "noshow", "invalid"} == statuses


def test_appointments_are_mostly_near():
    """At least nine of ten start within 90 days, some before and some after now."""
    starts = [instant(appointment.start_time) - NOW_MS for appointment in everything()[RecordKind.APPOINTMENT]]
    near = [start for start in starts if abs(start) <= 91 * DAY_MS]

    assert (True, True, True) == (len(near) > 0.9 * len(starts), min(near) < 0, max(near) > 0)


def test_appointments_carry_the_offset_of_the_location():
    """Start times are written in the zone of the location, daylight saving included."""
    zone = ZoneInfo("America/New_York")
    starts = [appointment.start_time for appointment in everything()[RecordKind.APPOINTMENT]]

    assert [datetime.fromisoformat(start).astimezone(zone).isoformat() for start in starts] == starts


def test_appointments_belong_to_calendars():
    """Every appointment names a calendar of the location and its group."""
    groups = {calendar.id: calendar.group_id for calendar in everything()[RecordKind.CALENDAR]}

    assert all(groups[made.calendar_id] == made.group_id for made in everything()[RecordKind.APPOINTMENT])


def test_attributions_are_kept_beside():
    """Where a contact came from is kept under its wire names."""
    assert {"attributionSource", "lastAttributionSource"} == {key for contact in people() for key in contact.extra}


def test_no_contacts():
    """A location without contacts has its definitions alone."""
    assert [] == everything(contacts=0)[RecordKind.CONTACT]
