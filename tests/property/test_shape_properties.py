"""Every shape in which a contact is told can be read back."""

import hypothesis.strategies as st
from hypothesis import given, settings

from invoco.highlevel.records import Contact, CustomFieldValue
from invoco.routes.shapes import contact_created, contact_read, list_row, search_row

_texts = st.none() | st.text(max_size=8)
_json = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
_contacts = st.builds(
    Contact,
    id=st.text(min_size=1, max_size=5),
    extra=st.dictionaries(st.text(max_size=5).map(lambda name: f"x{name}"), st.integers(), max_size=2),
    location_id=_texts,
    name=_texts,
    first_name=_texts,
    last_name=_texts,
    email=_texts,
    phone=_texts,
    additional_emails=st.lists(st.text(max_size=5), max_size=2),
    additional_phones=st.lists(st.text(max_size=5), max_size=2),
    phone_label=_texts,
    company_name=_texts,
    business_id=_texts,
    address1=_texts,
    country=_texts,
    timezone=_texts,
    gender=_texts,
    date_of_birth=st.none() | st.dates().map(str) | st.text(max_size=12),
    dnd=st.none() | st.booleans(),
    dnd_settings=st.dictionaries(st.sampled_from(("SMS", "Email", "WhatsApp", "RCS")), st.just({"status": "active"})),
    inbound_dnd_settings=st.just({}) | st.just({"all": {"status": "active"}}),
    tags=st.lists(st.text(max_size=5), max_size=2),
    followers=st.lists(st.text(max_size=5), max_size=2),
    custom_fields=st.lists(st.builds(CustomFieldValue, id=st.text(max_size=3), value=_json), max_size=2),
    date_added=_texts,
).map(lambda contact: Contact.from_wire(contact.to_wire()))


@settings(max_examples=150, deadline=None)
@given(contact=_contacts, v3=st.booleans())
def test_every_shape_reads_back_to_its_contact(contact, v3):
    """Whatever the call, the contact that is read equals the one that was told."""
    shapes = (
        contact_read(contact, v3=v3),
        contact_created(contact, v3=v3),
        search_row(contact, (1, contact.id), v3=v3),
        list_row(contact, v3=v3),
    )

    assert [contact] * 4 == [Contact.from_wire(shape) for shape in shapes]
