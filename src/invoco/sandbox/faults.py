"""Faults on demand: what goes wrong at HighLevel now and then, switched on by name (facts 6.2, 11, 12)."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from invoco.domain.errors import Misconfigured
from invoco.highlevel.clock import Clock
from invoco.sandbox.fault_call import Call
from invoco.sandbox.limits import refuse
from invoco.sandbox.settings import FaultSwitch

_EVERY_CALL = r"\w+ /"
_API_CALL = r"\w+ /(?!oauth/token)"
_CREATE = r"POST /contacts(/upsert|/\w+/(tasks|notes))?/?$"
_CONTACT_WRITE = r"(POST /contacts(/upsert)?|PUT /contacts/\w+)/?$"
_SEARCH = r"POST /(contacts|locations/\w+/tasks)/search/?$"
_LISTING = r"(POST /contacts/search|GET /contacts)/?$"
_NEVER_DROPPED = frozenset({"locationId", "name", "firstName", "lastName", "email", "phone"})
_CLOUDFLARE_1010 = (
    b"<!DOCTYPE html><html><head><title>Access denied</title></head><body><h1>Error 1010</h1>"
    b"<p>The owner of this website has banned your access based on your browser's signature.</p></body></html>"
)

Effect = Callable[[Call], Awaitable[None]]


async def _refuse_token(call: Call) -> None:
    await call.refuse(401, "Invalid JWT", "Unauthorized")


async def _refuse_version(call: Call) -> None:
    await call.refuse(401, "version header is invalid", "Error", status_key="status")


async def _answer_520(call: Call) -> None:
    await call.write(520, b"error code: 520", "text/plain; charset=UTF-8")


async def _answer_429(call: Call) -> None:
    await refuse(call.send)


async def _answer_html(call: Call) -> None:
    await call.write(403, _CLOUDFLARE_1010, "text/html; charset=UTF-8")


async def _write_then_422(call: Call) -> None:
    await call.collected()
    await call.refuse(422, ["Unprocessable Entity"], "Unprocessable Entity")


async def _drop_silently(call: Call) -> None:
    fields = await call.fields()
    droppable = sorted(set(fields) - _NEVER_DROPPED)
    if droppable:
        del fields[call.random.choice(droppable)]
        call.replace_body(msgspec.json.encode(fields))
    await call.forward()


async def _answer_slowly(call: Call) -> None:
    await call.clock.sleep(call.switch.seconds)
    await call.forward()


async def _truncate(call: Call) -> None:
    answer = await call.collected()
    answer.body = answer.body[: len(answer.body) // 2]
    await call.reply(answer)


async def _reset(call: Call) -> None:
    await call.cut()


async def _lose_answer(call: Call) -> None:
    await call.collected()
    await call.cut()


async def _repeat_page(call: Call) -> None:
    """Let the last row of a page point where the page itself began."""
    sent = await call.fields()
    query = call.query()

    def point_back(content: dict[str, Any]) -> None:
        if "meta" in content and "startAfterId" in query:
            content["meta"].update(startAfterId=query["startAfterId"], startAfter=int(query["startAfter"]))
        elif content.get("contacts") and sent.get("searchAfter"):
            content["contacts"][-1]["searchAfter"] = sent["searchAfter"]

    await call.changed(point_back)


async def _flicker(call: Call) -> None:
    """Leave out one row, as a replica does that has not heard of it."""

    def leave_one_out(content: dict[str, Any]) -> None:
        rows = content.get("contacts") or content.get("tasks")
        if rows:
            rows.pop(call.random.randrange(len(rows)))

    await call.changed(leave_one_out)


async def _malform(call: Call) -> None:
    """Give one row a field of a type that nobody expects."""

    def malform_one(content: dict[str, Any]) -> None:
        rows = content.get("contacts") or content.get("tasks")
        if rows:
            rows[call.random.randrange(len(rows))].update(tags={"not": "a list"}, title=["not a text"])

    await call.changed(malform_one)


class Fault(msgspec.Struct, frozen=True):
    """Something that goes wrong."""

    description: str
    """What a caller sees."""
    calls: str
    """A regular expression of `METHOD /path`: the calls it is made for."""
    effect: Effect


FAULTS: dict[str, Fault] = {
    "token-refused": Fault("a valid token is refused with 401", _API_CALL, _refuse_token),
    "version-refused": Fault("the Version header is refused with 401", _API_CALL, _refuse_version),
    "520": Fault("Cloudflare answers 520 for HighLevel", _EVERY_CALL, _answer_520),
    "429": Fault("429 though the quota is not used up", _EVERY_CALL, _answer_429),
    "html": Fault("Cloudflare blocks the caller: 403 and a page, error 1010", _EVERY_CALL, _answer_html),
    "write-then-422": Fault("a record is created, yet the answer is 422", _CREATE, _write_then_422),
    "silent-drop": Fault("one field of a contact is not written, yet the answer is a success", _CONTACT_WRITE,
                         _drop_silently),
    "slow": Fault("the answer takes seconds", _EVERY_CALL, _answer_slowly),
    "truncated": Fault("the answer is cut off in the middle", _EVERY_CALL, _truncate),
    "reset": Fault("the connection is dropped before anything is done", _EVERY_CALL, _reset),
    "lost-answer": Fault("the connection is dropped after everything was done", _EVERY_CALL, _lose_answer),
    "page-loop": Fault("a page of contacts points to itself", _LISTING, _repeat_page),
    "flicker": Fault("a search leaves out a row that is there", _SEARCH, _flicker),
    "malformed": Fault("one row of a search cannot be read", _SEARCH, _malform),
}  # fmt: skip
"""Every fault by its name on the command line."""


class _Active:
    """A fault that is switched on, with dice of its own."""

    def __init__(self, switch: FaultSwitch, *, seed: int) -> None:
        self.switch, self.fault = switch, FAULTS[switch.name]
        self.random = random.Random(f"{seed}:{switch.name}")
        self.hits = 0

    def hit(self, call: str) -> bool:
        if not re.match(self.fault.calls, call) or not re.search(self.switch.path or "", call):
            return False
        if self.hits == self.switch.times or self.random.random() >= self.switch.rate:
            return False
        self.hits += 1
        return True


class Switchboard:
    """The faults that are on."""

    def __init__(self, switches: Sequence[FaultSwitch] = (), *, seed: int = 1) -> None:
        self._seed = seed
        self._active: dict[str, _Active] = {}
        for switch in switches:
            self.on(switch)

    def on(self, switch: FaultSwitch) -> None:
        """Switch a fault on, in place of one with the same name.

        Raises:
            Misconfigured: no fault has this name, or the path is no regular expression.
        """
        if switch.name not in FAULTS:
            raise Misconfigured(f"There is no fault {switch.name!r}.", cure=f"Choose from: {', '.join(FAULTS)}.")
        try:
            re.compile(switch.path or "")
        except re.error as broken:
            raise Misconfigured(f"The path {switch.path!r} cannot be read: {broken}.", cure="Correct it.") from broken
        self._active[switch.name] = _Active(switch, seed=self._seed)

    def off(self, name: str) -> None:
        """Switch a fault off, if it is on."""
        self._active.pop(name, None)

    def clear(self) -> None:
        """Switch all faults off."""
        self._active.clear()

    def hits(self) -> dict[str, int]:
        """How often each fault has hit."""
        return {name: active.hits for name, active in self._active.items()}

    def drawn(self, call: str) -> list[_Active]:
        """The faults that hit this call."""
        return [active for active in self._active.values() if active.hit(call)]


class Faults:
    """The layer in which calls go wrong."""

    def __init__(self, app: ASGIApp, *, switchboard: Switchboard, clock: Clock) -> None:
        self._app, self._switchboard, self._clock = app, switchboard, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the faults that hit this call have their way, one around the other."""
        app = self._app
        for active in self._switchboard.drawn(f"{scope['method']} {scope['path']}"):
            app = self._around(app, active)
        await app(scope, receive, send)

    def _around(self, app: ASGIApp, active: _Active) -> ASGIApp:
        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            call = Call(app, scope, receive, send, switch=active.switch, clock=self._clock, randomness=active.random)
            await active.fault.effect(call)

        return faulty
