"""The check-list of the twin: what goes with a contact that is deleted (facts 3.7, 12)."""

import pytest
import pytest_asyncio

from invoco.testing.promised_account import GRACE, MEETING

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASK = {"title": "Call", "dueDate": "2025-07-01T10:00:00.000Z", "completed": False}


class TestCascade:
    """Facts §12, *Cascade*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def children(self, desk):
        """The paths of a task and a note of Grace Hopper, who has an appointment too."""
        await desk.with_grace()
        made = {"tasks": ("task", TASK), "notes": ("note", {"body": "Hello"})}
        return [
            f"/contacts/{GRACE}/{plural}/"
            + (await desk.send("POST", f"/contacts/{GRACE}/{plural}", body)).json()[noun]["id"]
            for plural, (noun, body) in made.items()
        ]

    async def records(self, desk):
        """How many records of each kind the location has that can go with a contact."""
        counts = (await desk.look("dump", what="state"))["records"][desk.here]
        return {kind: counts.get(kind, 0) for kind in ("contacts", "tasks", "notes", "appointments")}

    async def test_delete_takes_what_belongs_to_the_contact(self, desk, children):
        """Tasks, notes and appointments go with it; those of others stay."""
        other = (await desk.created(name="Eve"))["id"]
        await desk.send("POST", f"/contacts/{other}/tasks", TASK)
        before = await self.records(desk)
        answer = (await desk.send("DELETE", f"/contacts/{GRACE}")).json()

        assert True is answer["succeded"]
        assert {"contacts": 2, "tasks": 2, "notes": 1, "appointments": 1} == before
        assert {"contacts": 1, "tasks": 1, "notes": 0, "appointments": 0} == await self.records(desk)

    async def test_search_forgets_the_tasks(self, desk, children):
        """The tasks of a deleted contact are not found any more."""
        path = f"/locations/{desk.here}/tasks/search"
        before = (await desk.send("POST", path, {})).json()["tasks"]
        await desk.send("DELETE", f"/contacts/{GRACE}")

        assert [children[0].rpartition("/")[2]] == [task["id"] for task in before]
        assert [] == (await desk.send("POST", path, {})).json()["tasks"]

    @pytest.mark.parametrize("noun", ["tasks", "notes", "appointments"])
    async def test_children_of_a_missing_contact(self, desk, children, noun):
        """400, as for the contact itself."""
        await desk.send("DELETE", f"/contacts/{GRACE}")
        refusal = (400, f"Contact with id {GRACE} not found")

        assert refusal == await desk.told("GET", f"/contacts/{GRACE}/{noun}")
        assert refusal == await desk.told("GET", f"/contacts/{GRACE}")

    async def test_children_cannot_be_given_to_a_missing_contact(self, desk, children):
        """Nor can a child be read that is gone."""
        await desk.send("DELETE", f"/contacts/{GRACE}")
        refusal = (400, f"Contact with id {GRACE} not found")
        ids = [path.rpartition("/")[2] for path in children]

        assert refusal == await desk.told("POST", f"/contacts/{GRACE}/tasks", TASK)
        assert refusal == await desk.told("POST", f"/contacts/{GRACE}/notes", {"body": "Hello"})
        assert [(400, f"Task with id {ids[0]} not found"), (400, f"Note with id {ids[1]} not found")] == [
            await desk.told("GET", path) for path in children
        ]
        assert (400, f"Appointment with id {MEETING} not found") == await desk.told(
            "GET", f"/calendars/events/appointments/{MEETING}"
        )
