"""What one location has defined, and its contact Ada."""

import pytest

from invoco.highlevel.records import Business, Contact, CustomField, CustomFieldValue, Tag, User
from invoco.mapping import Definitions


@pytest.fixture
def definitions():
    """Custom fields of every type, two of them with one name."""
    return Definitions(
        custom_fields=[
            CustomField(id="f1", name="Favourite colour", field_key="contact.colour", data_type="TEXT"),
            CustomField(id="f2", name="Amount", field_key="contact.amount", data_type="NUMERICAL"),
            CustomField(
                id="f3", name="Size", field_key="contact.size", data_type="SINGLE_OPTIONS", picklist_options=["S", "L"]
            ),
            CustomField(
                id="f4", name="Interests", field_key="contact.interests", data_type="MULTIPLE_OPTIONS",
                picklist_options=["Art", "Maths"],
            ),
            CustomField(id="f5", name="Twice", field_key="contact.twice_a", data_type="TEXT"),
            CustomField(id="f6", name="Twice", field_key="contact.twice_b", data_type="TEXT"),
            CustomField(id="f7", name="Stage", field_key="opportunity.stage", data_type="TEXT", model="opportunity"),
        ],
        users=[User(id="u1", name="Grace Hopper", email="grace@example.com")],
        tags=[Tag(id="t1", name="vip")],
        businesses=[Business(id="b1", name="Acme")],
        country="DE",
        timezone="Europe/Berlin",
    )  # fmt: skip


@pytest.fixture
def ada():
    """A contact as HighLevel has it."""
    return Contact(
        id="c1",
        location_id="l1",
        first_name=" Ada ",
        last_name="Lovelace",
        email="Ada@Example.com",
        tags=["vip"],
        custom_fields=[CustomFieldValue(id="f1", value="blue"), CustomFieldValue(id="f2", value=12.5)],
        extra={"attribution": {"medium": "form", "source": "ad"}},
        date_added="2024-01-01T00:00:00.000Z",
    )
