"""The check-list of the twin: what becomes of contacts that are written (facts 3, 5, 10, 12)."""

from typing import Any

import pytest
import pytest_asyncio

from invoco.testing.promised_account import GRACE

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASK = {"title": "Call", "dueDate": "2025-07-01T10:00:00.000Z", "completed": False}


def unwanted(*names):
    """The refusal of fields that an operation does not take."""
    return 422, [f"property {name} should not exist" for name in names]


def missing(*names):
    """The refusal of a body without those fields."""
    return 422, [f"{name} should not be empty" for name in names]


class TestValidation:
    """Facts §12, *Validation*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def contact(self, desk):
        """The path of a contact."""
        return f"/contacts/{(await desk.created(name='Ada King'))['id']}"

    @pytest.mark.parametrize(
        "field", ["additionalEmails", "additionalPhones", "followers", "type", "businessId", "dateAdded", "id"]
    )
    async def test_fields_that_cannot_be_written(self, desk, contact, field):
        """Neither by a create, nor by an upsert, nor by an update (facts 3.4)."""
        body = {"locationId": desk.here, "email": "a@example.com", field: "x"}

        assert unwanted(field) == await desk.told("POST", "/contacts/", body)
        assert unwanted(field) == await desk.told("POST", "/contacts/upsert", body)
        assert unwanted(field) == await desk.told("PUT", contact, {field: "x"})

    @pytest.mark.parametrize("field", ["locationId", "companyName", "gender"])
    async def test_fields_that_an_update_does_not_take(self, desk, contact, field):
        """A create and an upsert take them."""
        text = desk.here if field == "locationId" else "x"
        body = {"locationId": desk.here, "email": "a@example.com", field: text}

        assert unwanted(field) == await desk.told("PUT", contact, {field: text})
        assert [201, 200] == [
            (await desk.send("POST", path, body)).status_code for path in ("/contacts/", "/contacts/upsert")
        ]

    async def test_flag_that_only_an_upsert_takes(self, desk, contact):
        """`createNewIfDuplicateAllowed`."""
        body = {"locationId": desk.here, "email": "a@example.com", "createNewIfDuplicateAllowed": False}

        assert unwanted("createNewIfDuplicateAllowed") == await desk.told("POST", "/contacts/", body)
        assert unwanted("locationId", "createNewIfDuplicateAllowed") == await desk.told(
            "PUT", contact, {name: body[name] for name in ("locationId", "createNewIfDuplicateAllowed")}
        )
        assert 200 == (await desk.send("POST", "/contacts/upsert", body)).status_code

    async def test_every_problem_is_listed(self, desk):
        """Unknown fields first, then the others in the order of the operation."""
        body = {"colour": "red", "tags": "vip", "email": "nobody", "dnd": "yes", "firstName": 1, "shape": "round"}

        assert (
            422,
            [
                "property colour should not exist", "property shape should not exist", "locationId should not be empty",
                "firstName must be a string", "email must be an email", "dnd must be a boolean value",
                "tags must be an array",
            ],
        ) == await desk.told("POST", "/contacts/", body)  # fmt: skip

    @pytest.mark.parametrize("path", ["/contacts/", "/contacts/upsert"])
    async def test_location_is_required(self, desk, path):
        """By a create and an upsert."""
        assert missing("locationId") == await desk.told("POST", path, {"email": "a@example.com"})

    async def test_nothing_else_is_required(self, desk):
        """A contact without any field is created."""
        assert desk.here == (await desk.created())["locationId"]

    @pytest.mark.parametrize("path", ["/contacts/", "/contacts/upsert"])
    @pytest.mark.parametrize("email", ["nobody", "a@b", "a b@example.com", "@example.com"])
    async def test_email(self, desk, path, email):
        """An e-mail must look like one."""
        body = {"locationId": desk.here, "email": email}

        assert (422, ["email must be an email"]) == await desk.told("POST", path, body)

    @pytest.mark.parametrize(
        "field",
        [
            "firstName", "lastName", "name", "email", "phone", "address1", "city", "state", "website", "timezone",
            "dateOfBirth", "source", "assignedTo",
        ],
    )  # fmt: skip
    async def test_what_an_update_may_clear(self, desk, contact, field):
        """Null is taken for these (facts 10.5)."""
        assert (200, None) == await desk.told("PUT", contact, {field: None})

    @pytest.mark.parametrize(
        ("field", "kind"),
        [
            ("postalCode", "a string"), ("country", "a string"), ("dnd", "a boolean value"), ("tags", "an array"),
            ("customFields", "an array"), ("dndSettings", "an object"), ("inboundDndSettings", "an object"),
        ],
    )  # fmt: skip
    async def test_what_an_update_may_not_clear(self, desk, contact, field, kind):
        """Null is refused for these."""
        assert (422, [f"{field} must be {kind}"]) == await desk.told("PUT", contact, {field: None})

    @pytest.mark.parametrize("field", ["source", "assignedTo"])
    async def test_what_only_an_update_may_clear(self, desk, field):
        """A create takes no null for these."""
        body = {"locationId": desk.here, field: None}

        assert (422, [f"{field} must be a string"]) == await desk.told("POST", "/contacts/", body)

    async def test_custom_fields(self, desk, contact):
        """A list of items with an id or a key."""
        bodies: tuple[Any, ...] = ({"size": "L"}, ["L"], [{"field_value": "L"}], [{"id": "x", "colour": 1}])

        assert [
            (422, ["customFields must be an array"]),
            (422, ["customFields.0 must be an object"]),
            (422, ["customFields.0.id should not be empty"]),
            (422, ["customFields.0.property colour should not exist"]),
        ] == [await desk.told("PUT", contact, {"customFields": body}) for body in bodies]

    async def test_do_not_disturb(self, desk, contact):
        """Known channels with known statuses (facts 10.4)."""
        bodies: tuple[Any, ...] = (
            {"dndSettings": {"Pigeon": {"status": "active"}}},
            {"dndSettings": {"SMS": {"status": "on"}}},
            {"inboundDndSettings": {"all": {"status": "permanent"}}},
        )

        assert [
            (422, ["dndSettings.property Pigeon should not exist"]),
            (422, ["dndSettings.SMS.status must be one of the following values: active, inactive, permanent"]),
            (422, ["inboundDndSettings.all.status must be one of the following values: active, inactive"]),
        ] == [await desk.told("PUT", contact, body) for body in bodies]

    async def test_task(self, desk, contact):
        """A new task needs title, due date and `completed`; an update needs nothing."""
        made = await desk.send("POST", f"{contact}/tasks", TASK)
        task = f"{contact}/tasks/{made.json()['task']['id']}"

        assert missing("title", "dueDate", "completed") == await desk.told("POST", f"{contact}/tasks", {})
        assert (200, None) == await desk.told("PUT", task, {})
        assert missing("completed") == await desk.told("PUT", f"{task}/completed", {})
        assert unwanted("contactId") == await desk.told("PUT", task, {"contactId": "x"})
        assert (422, ["dueDate must be a valid ISO 8601 date string"]) == await desk.told(
            "PUT", task, {"dueDate": "tomorrow"}
        )

    async def test_note(self, desk, contact):
        """A new note needs a body; an update needs nothing."""
        made = await desk.send("POST", f"{contact}/notes", {"body": "Hello"})

        assert missing("body") == await desk.told("POST", f"{contact}/notes", {"title": "T"})
        assert (200, None) == await desk.told("PUT", f"{contact}/notes/{made.json()['note']['id']}", {})

    @pytest.mark.parametrize("noun", ["tags", "followers"])
    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    async def test_tags_and_followers(self, desk, contact, method, noun):
        """A list of texts."""
        bodies: tuple[Any, ...] = ({}, {noun: "one"}, {noun: [1]})

        assert [
            missing(noun),
            (422, [f"{noun} must be an array"]),
            (422, [f"each value in {noun} must be a string"]),
        ] == [await desk.told(method, f"{contact}/{noun}", body) for body in bodies]

    async def test_bulk_writes(self, desk):
        """Both name the location, the contacts, and what to do with them."""
        tags, business = "/contacts/bulk/tags/update", "/contacts/bulk/business"
        body = {"locationId": desk.here, "contacts": [], "tags": []}

        assert missing("contacts", "tags", "locationId") == await desk.told("POST", f"{tags}/add", {})
        assert missing("locationId", "ids", "businessId") == await desk.told("POST", business, {})
        assert (422, ["type must be one of the following values: add, remove"]) == await desk.told(
            "POST", f"{tags}/change", body
        )

    async def test_upsert_needs_an_identifier(self, desk):
        """Without e-mail and phone there is nothing to match."""
        assert (400, "Pass at least one of email, phone") == await desk.told(
            "POST", "/contacts/upsert", {"locationId": desk.here, "name": "Ada"}
        )


class TestNormalise:
    """Facts §12, *Normalise*."""

    @pytest.mark.parametrize(
        ("country", "given", "kept"),
        [
            ("US", "(212) 555-0123", "+12125550123"),
            ("US", "212.555.0123", "+12125550123"),
            ("US", "+44 20 7946 0958", "+442079460958"),
            ("DE", "0151 1234 5678", "+4915112345678"),
            ("DE", "+1 212 555 0123", "+12125550123"),
        ],
    )
    async def test_phone(self, desk, country, given, kept):
        """E.164, read in the country of the location."""
        here = await desk.elsewhere(country=country)

        assert kept == (await here.read((await here.created(phone=given))["id"]))["phone"]

    async def test_phone_without_a_digit(self, desk):
        """There is nothing to keep."""
        body = {"locationId": desk.here, "phone": "none"}

        assert (422, ["phone must be a valid phone number"]) == await desk.told("POST", "/contacts/", body)

    async def test_tags(self, desk):
        """Lower case, each once, whichever way they are written."""
        contact_id = (await desk.created(tags=["VIP", " Vip ", "New"]))["id"]
        added = (await desk.send("POST", f"/contacts/{contact_id}/tags", {"tags": ["vip", "HOT"]})).json()
        removed = (await desk.send("DELETE", f"/contacts/{contact_id}/tags", {"tags": ["NEW"]})).json()

        assert (["vip", "new", "hot"], ["hot"]) == (added["tags"], added["tagsAdded"])
        assert (["vip", "hot"], ["new"]) == (removed["tags"], removed["tagsRemoved"])
        assert ["vip", "hot"] == (await desk.read(contact_id))["tags"]

    async def test_new_tags_are_in_the_dictionary(self, desk):
        """In lower case too, beside the one that was there."""
        await desk.created(tags=["VIP"])
        answer = await desk.send("GET", f"/locations/{desk.here}/tags")

        assert {"pioneer", "vip"} == {tag["name"] for tag in answer.json()["tags"]}

    async def test_lower_case_fields(self, desk):
        """The names and the e-mail once more in lower case, beside what was given (facts 3.3)."""
        contact = await desk.created(firstName="ÅSA", lastName="McKay", email="Asa@Example.COM")

        assert {
            "firstName": "ÅSA", "lastName": "McKay", "email": "Asa@Example.COM", "firstNameLowerCase": "åsa",
            "lastNameLowerCase": "mckay", "fullNameLowerCase": "åsa mckay", "emailLowerCase": "asa@example.com",
        }.items() <= (await desk.read(contact["id"])).items()  # fmt: skip

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ({"name": "Ada King Lovelace"}, ("Ada King Lovelace", "Ada", "King Lovelace")),
            ({"name": "Ada"}, ("Ada", "Ada", None)),
            ({"firstName": "Ada", "lastName": "King"}, ("Ada King", "Ada", "King")),
            ({"lastName": "King"}, ("King", None, "King")),
        ],
    )
    async def test_names(self, desk, given, kept):
        """The whole follows from the parts, and the parts from the whole."""
        contact = await desk.read((await desk.created(**given))["id"])

        assert kept == tuple(contact.get(key) for key in ("name", "firstName", "lastName"))

    async def test_names_follow_an_update(self, desk):
        """Another part makes another whole."""
        contact_id = (await desk.created(name="Ada Byron"))["id"]
        answer = await desk.send("PUT", f"/contacts/{contact_id}", {"lastName": "King"})

        assert ("Ada King", "ada king") == tuple(answer.json()["contact"][key] for key in ("name", "fullNameLowerCase"))

    @pytest.mark.parametrize(
        "given",
        [
            "1815/12/10", "12/10/1815", "1815-12-10", "12-10-1815", "1815.12.10", "12.10.1815", "1815_12_10",
            "12_10_1815",
        ],
    )  # fmt: skip
    async def test_date_of_birth(self, desk, given):
        """Eight forms in, `YYYY-MM-DD` out (facts 10.1)."""
        contact_id = (await desk.created(dateOfBirth=given))["id"]

        assert "1815-12-10" == (await desk.read(contact_id))["dateOfBirth"]

    @pytest.mark.parametrize("given", ["10 December 1815", "1815-13-01", "12/10-1815", "15-12-10"])
    async def test_other_dates_of_birth(self, desk, given):
        """Another form, and a day that is in no calendar, is refused."""
        body = {"locationId": desk.here, "dateOfBirth": given}

        assert (422, ["dateOfBirth must be a valid date"]) == await desk.told("POST", "/contacts/", body)


class TestDuplicates:
    """Facts §12, *Duplicates*."""

    EMAIL, PHONE = "ada@example.com", "+12125550123"

    @pytest_asyncio.fixture(loop_scope="module")
    async def ada(self, desk):
        """A contact with both identifiers."""
        return await desk.created(name="Ada King", email=self.EMAIL, phone=self.PHONE, tags=["old"])

    async def upserted(self, desk, **fields):
        """The answer to an upsert."""
        return (await desk.send("POST", "/contacts/upsert", {"locationId": desk.here, **fields})).json()

    async def two(self, here):
        """The ids of a contact with the e-mail and of another with the phone."""
        return [
            (await here.created(**fields))["id"]
            for fields in ({"name": "Mail", "email": self.EMAIL}, {"name": "Phone", "phone": self.PHONE})
        ]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"email": "ADA@Example.com"}, "email"),
            ({"phone": "(212) 555-0123"}, "phone"),
            ({"email": "ada@example.com", "phone": "+12125550123"}, "email"),
        ],
    )
    async def test_create(self, desk, ada, given, field):
        """400 with who it is; e-mails are compared in lower case, phones as E.164."""
        answer = await desk.send("POST", "/contacts/", {"locationId": desk.here, **given})
        refusal = answer.json()
        del refusal["traceId"]

        assert 400 == answer.status_code
        assert {
            "statusCode": 400,
            "message": "This location does not allow duplicated contacts.",
            "meta": {"contactId": ada["id"], "contactName": "Ada King", "matchingField": field},
        } == refusal

    async def test_name_is_sometimes_missing(self, desk):
        """A contact without a name is told by its id alone."""
        contact_id = (await desk.created(email=self.EMAIL))["id"]
        answer = await desk.send("POST", "/contacts/", {"locationId": desk.here, "email": self.EMAIL})

        assert {"contactId": contact_id, "matchingField": "email"} == answer.json()["meta"]

    async def test_update(self, desk, ada):
        """The same 400 when an update would make a duplicate; writing one's own e-mail again makes none."""
        other = (await desk.created(name="Eve"))["id"]
        answer = await desk.send("PUT", f"/contacts/{other}", {"email": self.EMAIL})

        assert (400, ada["id"], "email") == (
            answer.status_code, answer.json()["meta"]["contactId"], answer.json()["meta"]["matchingField"],
        )  # fmt: skip
        assert (200, None) == await desk.told("PUT", f"/contacts/{ada['id']}", {"email": self.EMAIL.upper()})

    async def test_additional_emails_and_phones_match(self, desk):
        """They make a duplicate too."""
        await desk.with_grace()
        given = ({"email": "hopper@yale.example"}, {"phone": "+12125550101"})
        answers = [await desk.send("POST", "/contacts/", {"locationId": desk.here, **fields}) for fields in given]

        assert [(GRACE, "email"), (GRACE, "phone")] == [
            (answer.json()["meta"]["contactId"], answer.json()["meta"]["matchingField"]) for answer in answers
        ]

    async def test_setting_of_the_location(self, desk):
        """Each location allows them or not, and says so."""
        here = await desk.elsewhere(allowDuplicateContact=True)
        ids = {(await here.created(email=self.EMAIL, phone=self.PHONE))["id"] for _ in range(2)}
        said = [
            (await each.send("GET", f"/locations/{each.here}")).json()["location"]["settings"] for each in (desk, here)
        ]

        assert 2 == len(ids)
        assert [False, True] == [settings["allowDuplicateContact"] for settings in said]

    async def test_setting_can_be_changed(self, desk, ada):
        """By the control API, since HighLevel's own has no call for it; what is not named stays."""
        changed = await desk.control("duplicates", allow=True, location=desk.here)
        ordered = await desk.control("duplicates", order=["phone", "email"], location=desk.here)

        assert [["email", "phone"], ["phone", "email"]] == [rule["order"] for rule in (changed, ordered)]
        assert ada["id"] != (await desk.created(email=self.EMAIL))["id"]

    async def test_setting_of_the_main_location(self, desk):
        """It is meant when no other is named."""
        main = (await desk.look("account"))["locations"][0]["id"]

        assert main == (await desk.control("duplicates"))["location"]

    async def test_order_is_not_told(self, desk):
        """The location says whether it allows duplicates, not by what contacts are matched first."""
        await desk.control("duplicates", allow=True, order=["phone"], location=desk.here)
        settings = (await desk.send("GET", f"/locations/{desk.here}")).json()["location"]["settings"]

        assert {"allowDuplicateContact": True} == settings

    async def test_locations_are_apart(self, desk, ada):
        """Another location may have the same contact."""
        other = await (await desk.elsewhere()).created(email=self.EMAIL)

        assert ada["id"] != other["id"]

    @pytest.mark.parametrize(("order", "field"), [(["email", "phone"], "email"), (["phone", "email"], "phone")])
    async def test_order_of_a_create(self, desk, order, field):
        """The first field of the location's order is compared first."""
        here = await desk.elsewhere(contactUniqueIdentifiers=order)
        await self.two(here)
        body = {"locationId": here.here, "email": self.EMAIL, "phone": self.PHONE}

        assert field == (await here.send("POST", "/contacts/", body)).json()["meta"]["matchingField"]

    @pytest.mark.parametrize(
        ("settings", "name"),
        [
            ({"contactUniqueIdentifiers": ["email", "phone"]}, "Mail"),
            ({"contactUniqueIdentifiers": ["phone", "email"]}, "Phone"),
            ({"contactUniqueIdentifiers": ["phone", "email"], "allowDuplicateContact": True}, "Mail"),
        ],
    )
    async def test_order_of_the_duplicate_search(self, desk, settings, name):
        """The location's order; e-mail first where duplicates are allowed."""
        here = await desk.elsewhere(**settings)
        await self.two(here)
        query = {"locationId": here.here, "email": self.EMAIL, "number": self.PHONE}
        answer = await here.send("GET", "/contacts/search/duplicate", params=query)

        assert name == answer.json()["contact"]["name"]

    async def test_duplicate_search(self, desk, ada):
        """By number or e-mail; null when there is nobody; neither of both makes no sense."""
        path = f"/contacts/search/duplicate?locationId={desk.here}"
        queries = ("&email=ADA%40example.com", "&number=2125550123", "&email=eve%40example.com")
        found = [(await desk.send("GET", path + query)).json()["contact"] for query in queries]

        assert [ada["id"], ada["id"], None] == [contact and contact["id"] for contact in found]
        assert (400, "Pass at least one of number, email query parameter") == await desk.told("GET", path)

    async def test_upsert(self, desk, ada):
        """A match by the second field is updated too; nobody's identifiers make a new contact."""
        by_phone = await self.upserted(desk, phone="212-555-0123", city="London")
        by_nobody = await self.upserted(desk, email="eve@example.com")

        assert (False, ada["id"], "London") == (
            by_phone["new"], by_phone["contact"]["id"], (await desk.read(ada["id"]))["city"],
        )  # fmt: skip
        assert (True, False) == (by_nobody["new"], by_nobody["contact"]["id"] == ada["id"])

    async def test_upsert_replaces_tags(self, desk, ada):
        """All of them."""
        answer = await self.upserted(desk, email=self.EMAIL, tags=["New"])

        assert (ada["id"], ["new"]) == (answer["contact"]["id"], answer["contact"]["tags"])

    @pytest.mark.parametrize(("order", "matched"), [(["email", "phone"], 0), (["phone", "email"], 1)])
    async def test_upsert_ignores_the_second_key(self, desk, order, matched):
        """When two contacts match, the first field's is updated and the other field is not written (i37)."""
        here = await desk.elsewhere(contactUniqueIdentifiers=order)
        ids = await self.two(here)
        answer = await self.upserted(here, email=self.EMAIL, phone=self.PHONE, city="London")
        mail, phone = [await here.read(contact_id) for contact_id in ids]

        assert (False, ids[matched]) == (answer["new"], answer["contact"]["id"])
        assert [(self.EMAIL, None), (None, self.PHONE)] == [
            (each.get("email"), each.get("phone")) for each in (mail, phone)
        ]
        assert ["London" if place == matched else None for place in (0, 1)] == [mail.get("city"), phone.get("city")]

    async def test_upsert_on_an_additional_email(self, desk):
        """It becomes the e-mail, and the one before is lost (i337)."""
        await desk.with_grace()
        answer = await self.upserted(desk, email="hopper@yale.example")
        grace = await desk.read(GRACE)

        assert (False, GRACE) == (answer["new"], answer["contact"]["id"])
        assert ("hopper@yale.example", []) == (grace["email"], grace["additionalEmails"])

    @pytest.mark.parametrize(
        ("allowed", "flag", "new"),
        [(True, True, True), (True, False, False), (True, None, False), (False, True, False)],
    )
    async def test_create_new_if_duplicate_allowed(self, desk, allowed, flag, new):
        """The flag creates without looking, but only where duplicates are allowed."""
        here = await desk.elsewhere(allowDuplicateContact=allowed)
        await here.created(email=self.EMAIL)
        given = {} if flag is None else {"createNewIfDuplicateAllowed": flag}

        assert new == (await self.upserted(here, email=self.EMAIL, **given))["new"]
