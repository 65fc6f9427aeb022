"""The check-list of the twin: events, their signatures and their delivery (facts 2.8, 8, 12)."""

import asyncio
import base64
import re
from typing import Any

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from invoco.highlevel.signing import HIGHLEVEL_ED25519_KEY, HIGHLEVEL_RSA_KEY
from invoco.testing.promised_account import GRACE, MEETING

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEWER, OLDER = "X-GHL-Signature", "X-WH-Signature"
ENVELOPE = {"type", "locationId", "appId", "versionId", "timestamp", "webhookId"}
TASK = {"title": "Call", "body": "About it", "dueDate": "2025-07-01T10:00:00.000Z", "completed": False}


async def tried(desk, times):
    """The one delivery of the location, when it was tried so often."""
    async with asyncio.timeout(10):
        while True:
            [delivery] = await desk.deliveries()
            if delivery["attempts"] >= times:
                return delivery


async def retried(desk, retries):
    """The seconds between the tries of the one delivery, so many of which are moved through, and the delivery."""
    waits = []
    for times in range(1, retries + 1):
        delivery = await tried(desk, times)
        waits.append((delivery["due_at"] - delivery["last_attempt_at"]) / 1000)
        await desk.advance(waits[-1] + 0.002)
    return waits, await tried(desk, retries + 1)


async def installs(desk, choice=None):
    """The bodies of what is told when somebody installs the app there."""
    before = (await desk.look("dump", what="deliveries", limit=1))["deliveries"]
    await desk.code(choice)
    after = (await desk.look("dump", what="deliveries", limit=10_000))["deliveries"]
    newer = [each for each in reversed(after) if each["id"] > (before[0]["id"] if before else 0)]
    return [each["body"] for each in newer]


class TestWebhooks:
    """Facts §12, *Webhooks*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def contact(self, desk):
        """The path of a contact."""
        return f"/contacts/{(await desk.created(name='Ada King'))['id']}"

    async def test_envelope(self, desk):
        """Flat: the envelope, then the record's fields; empty ones are left out (facts 8.2)."""
        contact = await desk.created(firstName="Ada", dateOfBirth="1815-12-10", tags=["VIP"], phone="")
        keys, [body] = await desk.look("account"), await desk.events()
        webhook_id = body.pop("webhookId")

        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", webhook_id)
        assert {
            "type": "ContactCreate", "locationId": desk.here, "appId": keys["app_id"], "versionId": keys["version_id"],
            "timestamp": contact["dateAdded"], "id": contact["id"], "name": "Ada", "firstName": "Ada",
            "dateAdded": contact["dateAdded"], "dateOfBirth": "1815-12-10T00:00:00.000Z", "tags": ["vip"],
        } == body  # fmt: skip

    async def test_appointment_stays_nested(self, desk):
        """Its fields are not flat."""
        await desk.with_grace()
        await desk.send("DELETE", f"/contacts/{GRACE}")
        [body] = await desk.events("AppointmentDelete")

        assert ENVELOPE | {"appointment"} == body.keys()
        assert (MEETING, GRACE) == (body["appointment"]["id"], body["appointment"]["contactId"])

    async def test_newer_signature(self, desk, subscriber, contact):
        """Ed25519 over the raw bytes, in base64, with a key of the twin's own (facts 8.4)."""
        await subscriber.has(1)
        pem = (await desk.look("webhooks"))["public_keys"][NEWER]
        key: Any = load_pem_public_key(pem.encode())
        signature = base64.b64decode(subscriber.headers[0][NEWER.lower()], validate=True)

        assert isinstance(key, Ed25519PublicKey)
        assert None is key.verify(signature, subscriber.bodies[0])
        with pytest.raises(InvalidSignature):
            key.verify(signature, subscriber.bodies[0] + b" ")
        assert pem != HIGHLEVEL_ED25519_KEY

    async def test_older_signature(self, desk, subscriber, contact):
        """RSA-SHA256 with PKCS#1 v1.5 beside it."""
        await subscriber.has(1)
        pem = (await desk.look("webhooks"))["public_keys"][OLDER]
        key: Any = load_pem_public_key(pem.encode())
        signature = base64.b64decode(subscriber.headers[0][OLDER.lower()], validate=True)

        assert isinstance(key, RSAPublicKey)
        assert None is key.verify(signature, subscriber.bodies[0], PKCS1v15(), hashes.SHA256())
        with pytest.raises(InvalidSignature):
            key.verify(signature, subscriber.bodies[0] + b" ", PKCS1v15(), hashes.SHA256())
        assert pem != HIGHLEVEL_RSA_KEY

    @pytest.mark.parametrize("status", [200, 202, 299])
    async def test_any_2xx_is_a_success(self, desk, subscriber, status):
        """And nothing follows."""
        subscriber.answers = [status]
        await desk.created()
        delivery = await tried(desk, 1)

        assert ("delivered", 1, status) == tuple(delivery[name] for name in ("state", "attempts", "last_status"))

    @pytest.mark.parametrize("status", [302, 404, 429, 500, 0])
    async def test_everything_else_is_tried_again(self, desk, subscriber, status):
        """Any other status, and no answer at all, after 2 to 3 seconds (facts 8.5)."""
        subscriber.answers = [status]
        await desk.created()
        [wait], delivery = await retried(desk, 1)

        assert ("delivered", 2, 200) == tuple(delivery[name] for name in ("state", "attempts", "last_status"))
        assert 2 <= wait <= 3

    async def test_twelve_retries(self, desk, subscriber):
        """The waits grow from seconds to minutes, each with some jitter; then the delivery has failed."""
        subscriber.answers = [500] * 20
        await desk.created()
        waits, delivery = await retried(desk, 12)
        shares = [wait / min(2**power, 600) for power, wait in enumerate(waits, 1)]

        assert ("failed", 13, 13) == (delivery["state"], delivery["attempts"], len(subscriber.bodies))
        assert [1 <= share <= 1.5 for share in shares] == [True] * 12
        assert 12 == len(set(shares))

    async def test_retries_are_the_same(self, desk, subscriber):
        """Bytes, webhook id and signatures."""
        subscriber.answers = [500, 500]
        await desk.created()
        await retried(desk, 2)

        assert [subscriber.bodies[0]] * 3 == subscriber.bodies
        assert [1, 1] == [len({headers[name.lower()] for headers in subscriber.headers}) for name in (NEWER, OLDER)]

    async def test_older_policy(self, desk, subscriber):
        """Until about April 2026: after 429, six tries, ten minutes apart with jitter (facts 8.5)."""
        await desk.control("webhooks", policy="old")
        subscriber.answers = [429] * 20
        await desk.created()
        waits, delivery = await retried(desk, 6)

        assert ("failed", 7) == (delivery["state"], delivery["attempts"])
        assert [600 <= wait <= 720 for wait in waits] == [True] * 6
        assert 6 == len(set(waits))

    @pytest.mark.parametrize("status", [302, 404, 500, 0])
    async def test_older_policy_gives_up(self, desk, subscriber, status):
        """After anything but 429."""
        await desk.control("webhooks", policy="old")
        subscriber.answers = [status]
        await desk.created()
        delivery = await tried(desk, 1)

        assert ("failed", status or None) == (delivery["state"], delivery["last_status"])

    async def test_duplicates(self, desk, subscriber):
        """The same bytes twice, webhook id included."""
        await desk.control("webhooks", chaos={"duplicate": 1.0})
        await desk.created()
        await subscriber.has(2)

        assert subscriber.bodies[0] == subscriber.bodies[1]
        assert 2 == len(await desk.deliveries())

    async def test_reordering(self, desk, subscriber):
        """Later events overtake earlier ones that are held back, and none is lost."""
        await desk.control("webhooks", chaos={"reorder": 1.0, "reorder_seconds": 60})
        ids = [(await desk.created())["id"] for _ in range(8)]
        deliveries, now = await desk.deliveries(), (await desk.look("clock"))["now"]
        for count, due_at in enumerate(sorted(each["due_at"] for each in deliveries), 1):
            await desk.advance(max(0.0, due_at / 1000 - now) + 0.002)
            now = (await desk.look("clock"))["now"]
            await subscriber.has(count)
        came = [event["id"] for event in subscriber.events()]

        assert (sorted(ids), False) == (sorted(came), came == ids)

    async def test_lost_events(self, desk, subscriber):
        """What is dropped never comes; what follows does."""
        await desk.control("webhooks", chaos={"drop": 1.0})
        await desk.created()
        await desk.control("webhooks", chaos={})
        later = (await desk.created())["id"]
        await subscriber.has(1)

        assert [later] == [event["id"] for event in subscriber.events()]
        assert "dropped" == (await desk.deliveries())[0]["state"]

    @pytest.mark.parametrize("event", ["TaskUpdate", "ContactMerge", "LocationDelete", "FormSubmit", "SurveySubmit"])
    async def test_events_that_do_not_exist(self, desk, event):
        """They cannot even be sent by hand (facts 8.3)."""
        assert (400, f"HighLevel has no event '{event}'.") == await desk.refusal("events", event=event)

    async def test_there_are_77_events(self, desk):
        """Those of the live site (facts 8.1)."""
        names = (await desk.look("events"))["events"]

        assert (77, 77) == (len(names), len(set(names)))

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/followers", {"followers": ["u"]}),
            ("PUT", "", {"inboundDndSettings": {"all": {"status": "active"}}}),
            ("PUT", "", {}),
            ("POST", "/tags", {"tags": []}),
            ("POST", "/campaigns/c1", {}),
        ],
    )
    async def test_changes_that_are_not_told(self, desk, contact, method, path, body):
        """Followers, inbound do-not-disturb, what changes nothing, and campaigns."""
        answer = await desk.send(method, contact + path, body)

        assert answer.status_code in {200, 201}
        assert ["ContactCreate"] == [event["type"] for event in await desk.events()]

    async def test_tasks(self, desk, contact):
        """Created, completed, deleted; an edit is not told (facts 8.3)."""
        made = await desk.send("POST", f"{contact}/tasks", TASK)
        task = f"{contact}/tasks/{made.json()['task']['id']}"
        await desk.send("PUT", task, {"title": "Write", "dueDate": "2025-08-01T10:00:00.000Z"})
        await desk.send("PUT", f"{task}/completed", {"completed": True})
        await desk.send("DELETE", task)
        types = ["TaskCreate", "TaskComplete", "TaskDelete"]

        assert ["ContactCreate", *types] == [event["type"] for event in await desk.events()]
        assert [contact.rpartition("/")[2]] * 2 == [event["contactId"] for event in await desk.events(*types[1:])]

    async def test_task_create_is_incomplete(self, desk, contact):
        """Without `contactId` and `body`, unless the twin is told to be better than HighLevel (i332)."""
        await desk.send("POST", f"{contact}/tasks", TASK)
        await desk.control("webhooks", thin=False)
        await desk.send("POST", f"{contact}/tasks", TASK)
        thin, whole = await desk.events("TaskCreate")

        assert ENVELOPE | {"id", "title", "dueDate", "dateAdded"} == thin.keys()
        assert {"contactId", "body"} == whole.keys() - thin.keys()
        assert ("About it", contact.rpartition("/")[2]) == (whole["body"], whole["contactId"])

    async def test_notes(self, desk, contact):
        """Created, updated, deleted, each with the fields of a fixed list (i312)."""
        body = {"body": "Hello", "title": "T", "color": "#ffffff", "pinned": True, "userId": "u"}
        made = await desk.send("POST", f"{contact}/notes", body)
        note = f"{contact}/notes/{made.json()['note']['id']}"
        await desk.send("PUT", note, {"body": "Bye"})
        await desk.send("DELETE", note)
        events = await desk.events("NoteCreate", "NoteUpdate", "NoteDelete")

        assert [("NoteCreate", "Hello"), ("NoteUpdate", "Bye"), ("NoteDelete", "Bye")] == [
            (event["type"], event["body"]) for event in events
        ]
        assert [ENVELOPE | {"id", "body", "contactId", "dateAdded"}] * 3 == [event.keys() for event in events]

    async def test_contacts(self, desk, contact):
        """One write can fire several events; none of them tells who wrote, or when it was updated (facts 8.2)."""
        setting = {"status": "active"}
        body = {"city": "London", "tags": ["VIP"], "dndSettings": {"SMS": setting}}
        inbound = {"inboundDndSettings": {"all": setting}}
        await desk.send("PUT", contact, body | inbound)
        await desk.send("DELETE", contact)
        events = await desk.events()
        types = ["ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate", "ContactDelete"]

        assert types == [event["type"] for event in events]
        assert [False, False, False, True, False] == ["dndSettings" in event for event in events]
        untold = {"dateUpdated", "createdBy", "updatedBy", "inboundDndSettings"}
        assert set() == untold & set[str]().union(*events)
        assert 5 == len({event["webhookId"] for event in events})

    async def test_opportunity_burst_by_hand(self, desk, subscriber):
        """The twin keeps no opportunities; the events of one change are sent one by one, as i27 saw them."""
        types = ["OpportunityCreate", "OpportunityUpdate", "OpportunityStageUpdate", "OpportunityStatusUpdate"]
        body = {"locationId": desk.here, "id": "o1", "contactId": "c1", "status": "open", "name": ""}
        for name in types:
            await desk.control("events", event=name, body=body)
        await subscriber.has(4)

        assert sorted(types) == sorted(event["type"] for event in subscriber.events())
        assert [ENVELOPE | {"id", "contactId", "status"}] * 4 == [event.keys() for event in subscriber.events()]

    async def test_urls(self, desk, subscriber):
        """One default, others for single events; those of the app go to the default alone (facts 2.8, 8.5)."""
        urls = {name: f"{subscriber.url}/{name}" for name in ("NoteCreate", "AppInstall")}
        await desk.control("webhooks", urls=urls)
        contact = f"/contacts/{(await desk.created())['id']}"
        await subscriber.has(1)
        await desk.send("POST", f"{contact}/notes", {"body": "Hello"})
        await subscriber.has(2)
        await desk.code()
        await subscriber.has(3)
        types = [event["type"] for event in subscriber.events()]

        assert [("ContactCreate", "/all"), ("NoteCreate", "/NoteCreate"), ("INSTALL", "/all")] == list(
            zip(types, subscriber.paths, strict=True)
        )

    async def test_install_in_a_location(self, desk):
        """One event, which can come before the code is exchanged (i294)."""
        [body] = await installs(desk)
        keys = await desk.look("account")

        assert {
            "type": "INSTALL", "installType": "Location", "locationId": desk.here, "companyId": keys["company_id"],
            "appId": keys["app_id"], "versionId": keys["version_id"], "isWhitelabelCompany": False,
        }.items() <= body.items()  # fmt: skip
        assert ENVELOPE | {"installType", "companyId", "userId", "planId", "trial", "companyName"} <= body.keys()

    async def test_install_in_a_company(self, desk):
        """One event of the agency, without a location, and one of each location."""
        agency, *bodies = await installs(desk, "company")
        locations = (await desk.look("account"))["locations"]

        assert ("INSTALL", "Company", False) == (agency["type"], agency["installType"], "locationId" in agency)
        assert [("INSTALL", "Location", place["id"]) for place in locations] == [
            (body["type"], body["installType"], body["locationId"]) for body in bodies
        ]

    async def test_uninstall_of_a_location(self, desk):
        """The location alone."""
        await desk.code()
        await desk.control("account", uninstalled=desk.here)
        [body] = await desk.events("UNINSTALL")

        assert ENVELOPE == body.keys()

    async def test_uninstall_of_a_company(self, desk):
        """The company alone."""
        await desk.control("account", uninstalled="company")
        [newest] = (await desk.look("dump", what="deliveries", limit=1))["deliveries"]

        assert ("UNINSTALL", desk.twin.accounts.app().company_id) == (newest["type"], newest["body"]["companyId"])
        assert (ENVELOPE - {"locationId"}) | {"companyId"} == newest["body"].keys()
