"""One simulation: the twin, the engine, what happens between them, and the calm afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from invoco.domain.connections import Connection
from invoco.domain.kinds import RecordKind
from invoco.domain.schedules import Job, Run
from invoco.highlevel.clock import milliseconds
from invoco.sandbox import Twin
from invoco.sandbox.webhooks import POLICIES, Chaos, State
from invoco.simulation.comparison import Past, contacts_differ, everything_differs
from invoco.simulation.consent import consented, is_refused
from invoco.simulation.doors import HookDoor
from invoco.simulation.engine import Engine, Surroundings
from invoco.simulation.hands import LAGS, Hands
from invoco.simulation.mortal import AFTER, BEFORE
from invoco.simulation.our_hands import OUR_ACTS, OurHands
from invoco.simulation.owned import Killed
from invoco.simulation.script import Script, Step
from invoco.store.outbound_tables import aliases

HOOK_URL: Final = "http://invoco.test/webhooks/highlevel"
_LOOK_EVERY, _LONGER, _SELDOM = 60.0, 1.2, 1800.0
_PATIENCE: Final = 30 * 3600.0
"""Simulated seconds within which everything must have come to rest: a quota that is used up lasts until midnight."""
_COMPARISONS: Final = 5
"""One that was begun before the calm may have to be ended first."""
_IN_THE_DARK: Final = ("edit_contact", "edit_contact", "edit_contact", "tag_contact", "create_contact", "write_note")
_DIES_AT_ONCE: Final = 0.7
Tell = Callable[[str], None]


class NeverQuiet(RuntimeError):
    """The simulation does not come to rest."""


class World:
    """Everything there is in one simulation."""

    def __init__(self, script: Script, twin: Twin, hook: HookDoor, around: Surroundings, *, tell: Tell) -> None:
        self._script, self._twin, self._hook, self._around, self._tell = script, twin, hook, around, tell
        self._at_first: dict[RecordKind, set[str]] = {}
        self.location_id: str = twin.accounts.keys()["locations"][0]["id"]
        self.hands = Hands(twin, self.location_id)
        self.engine: Engine | None = None
        self.crashes = self._steps_down = 0

    async def live(self, steps: Sequence[Step]) -> list[str]:
        """Let everything happen, wait for the calm, compare."""
        await self._prepare()
        await self._rise()
        setting = self._script.setting
        deletion = dict.fromkeys(RecordKind, setting.deletion)
        await self._change(
            modes=setting.modes, mass_deletion=setting.mass, deletion=deletion, conflicts=setting.conflicts
        )
        for step in steps:
            await self._act(step)
        return await self._end()

    async def _prepare(self) -> None:
        await self.hands.count()
        self._at_first = {kind: set(ids) for kind, ids in self.hands.ever.items()}
        setting = self._script.setting
        subscription = self._twin.subscription
        subscription.url, subscription.thin = HOOK_URL, setting.thin
        subscription.policy = POLICIES[setting.policy]
        self._hook.lost_answers = setting.lost_answers

    async def _act(self, step: Step) -> None:
        self._tell(f"{self._around.clock.now():.3f} {step.act}")
        dice = Random(step.seed)
        if step.act in OWN_ACTS:
            with suppress(Killed):  # which `_pass` sees to
                await OWN_ACTS[step.act](self, dice)
        elif step.act in OUR_ACTS:
            with suppress(Killed):
                await self._do_here(step.act, dice)
        else:
            await self.hands.do(step.act, dice)
        await self._pass(step.pause)
        await self._recover()

    async def _do_here(self, act: str, dice: Random) -> None:
        """Somebody works in Invoco, if it runs."""
        if self.engine is not None:
            hands = OurHands(self.engine.store, self.engine.books, self.location_id)
            await self.engine.program.begin(hands.do(act, dice))

    # The engine's lives.

    async def _rise(self) -> None:
        """Start the engine, again and again until it lives."""
        while True:
            self.engine = Engine(self._around)
            try:
                await self.engine.start()
            except Killed:
                self.crashes += 1
                await self.fall()
                continue
            self._hook.program, self._hook.hook = self.engine.program, self.engine.hook
            return

    async def fall(self) -> None:
        """End the engine as `kill -9` does."""
        self._hook.program = None
        if self.engine is not None:
            await self.engine.die()
        self.engine = None

    async def _recover(self) -> None:
        """Count the steps of an outage; after the last the engine is started."""
        self._steps_down -= 1
        if self.engine is None and self._steps_down <= 0:
            await self._rise()

    async def doom(self, dice: Random) -> None:
        """The engine will die at one of its next commits."""
        self._around.fate.decide(commits=dice.randrange(12), moment=dice.choice((BEFORE, AFTER)))

    async def outage(self, dice: Random) -> None:
        """The engine dies now, and is down while other things happen."""
        self.crashes += self.engine is not None
        await self.fall()
        self._steps_down = dice.randint(1, 6)

    async def blackout(self, dice: Random) -> None:
        """For an hour or so the engine is down and every webhook is lost; it may die again as soon as it is back."""
        self.crashes += self.engine is not None
        await self.fall()
        chaos, self._twin.subscription.chaos = self._twin.subscription.chaos, Chaos(drop=1.0)
        for _ in range(dice.randint(6, 12)):
            await self.hands.do(dice.choice(_IN_THE_DARK), dice)
            await self._pass(dice.uniform(120.0, 1200.0))
        self._twin.subscription.chaos = chaos
        if dice.random() < _DIES_AT_ONCE:
            self._around.fate.decide(commits=dice.randint(2, 9), moment=dice.choice((BEFORE, AFTER)))
        await self._rise()

    async def reconcile(self, dice: Random) -> None:
        """Somebody asks for a comparison of everything."""
        del dice
        if self.engine is not None:
            await self.engine.wake(Job.RECONCILE)

    async def decide(self, dice: Random) -> None:
        """An operator approves or rejects what is held."""
        if self.engine is not None:
            await self.engine.decide(approve=dice.random() < 0.5)

    async def _pass(self, seconds: float) -> None:
        """Let the time pass; when the engine dies meanwhile it is started anew."""
        ends = asyncio.get_running_loop().time() + seconds
        while True:
            left = max(0.0, ends - asyncio.get_running_loop().time())
            if self.engine is None:
                await asyncio.sleep(left)
                return
            try:
                async with asyncio.timeout(left):
                    await self.engine.program.ended.wait()
            except TimeoutError:
                return
            self._tell(f"{self._around.clock.now():.3f} dies")
            self.crashes += 1
            await self.fall()
            await self._rise()

    # The calm afterwards.

    async def _end(self) -> list[str]:
        """Let everything come to rest; how the copy differs from the source then."""
        self._around.fate.spare()
        await self._pass(0.0)
        if self.engine is None:
            await self._rise()
        await self.hands.calm(Random(0))
        self._hook.lost_answers = 0.0
        await self._reconnect()
        await self._deliver()
        return await self._after_polling() or await self._after_comparing()

    async def _after_polling(self) -> list[str]:
        """Polls tell of every change but those that leave no trace; unless searches have left rows out."""
        await self._rest_after(Job.POLL)
        if self.hands.unreliable:
            return []
        return await contacts_differ(
            self._twin.database, self._living().store, self.location_id, untold=self.hands.restored
        )

    async def _after_comparing(self) -> list[str]:
        since = self._around.clock.now()
        for _ in range(_COMPARISONS):
            await self._rest_after(Job.RECONCILE)
            if await self._compared_since() >= since:
                await self._count_those_of_ours()
                past = Past(ever=self.hands.ever, at_first=self._at_first)
                connection = await self._connection()
                return await everything_differs(self._twin.database, self._living().store, connection, past)
        raise NeverQuiet("No comparison comes to its end.")

    async def _count_those_of_ours(self) -> None:
        """What was made in Invoco has been in HighLevel too."""
        async with self._living().store.reading() as session:
            rows = await session.connection.execute(sa.select(aliases.c.kind, aliases.c.record_id))
        for row in rows:
            self.hands.ever[RecordKind(row.kind)].add(row.record_id)

    async def _deliver(self) -> None:
        """Wait until the twin has sent whatever it sends, and its search shows everything."""
        await self._pass(max(LAGS) + 1)  # what was written under a longer lag than the last is shown later
        ends, look = self._around.clock.now() + _PATIENCE, _LOOK_EVERY
        while self._around.clock.now() < ends:
            if not await self._twin.webhooks.deliveries(limit=1, state=State.WAITING):
                return
            await self._pass(look)
            look = min(look * _LONGER, _SELDOM)
        raise NeverQuiet("The twin goes on sending.")

    async def _rest_after(self, job: Job) -> None:
        """Wake the job, and wait until it has run and nothing is left to do; an operator approves what is held."""
        engine, began = self._living(), milliseconds(self._around.clock)
        ends, look = self._around.clock.now() + _PATIENCE, _LOOK_EVERY
        await engine.wake(job)
        while self._around.clock.now() < ends:
            await engine.jobs.quiet()
            if not await engine.decide(approve=True) and await self._ran(job, since=began) and not await self._waits():
                return
            await self._pass(look)
            look = min(look * _LONGER, _SELDOM)
        raise NeverQuiet(f"After {job} the engine does not come to rest.")

    async def _ran(self, job: Job, *, since: int) -> bool:
        """A job that failed shortly before rests for a while, and runs only then."""
        async with self._living().store.reading() as session:
            due = (await session.runs.schedule(self.location_id)).get(job)
        return due is not None and due.error is None and (due.finished_at or 0) >= since

    async def _waits(self) -> bool:
        """Whether anything is left to do for the engine."""
        async with self._living().store.reading() as session:
            return (
                bool(await session.inbox.waiting_locations())
                or await session.rereads.count(self.location_id) > 0
                or await session.outbox.next_due(self.location_id) is not None
            )

    async def _compared_since(self) -> float:
        async with self._living().store.reading() as session:
            run: Run | None = await session.runs.latest(self.location_id, Job.RECONCILE)
        return 0.0 if run is None or run.finished_at is None else run.started_at / 1000

    async def _reconnect(self) -> None:
        """What an operator does when the credentials are refused for good."""
        store, clock, network = self._living().store, self._around.clock, self._around.network
        if await is_refused(store, clock, network, await self._connection()):
            self._tell("consents again")
            await consented(self._twin, store, clock, network, whole_company=False)

    async def _change(self, **fields: Any) -> None:
        changed = msgspec.structs.replace(await self._connection(), **fields)
        async with self._living().store.transaction() as session:
            await session.connections.put(changed)

    async def _connection(self) -> Connection:
        async with self._living().store.reading() as session:
            connection: Connection | None = await session.connections.get(self.location_id)
        if connection is None:
            raise RuntimeError("The connection is lost.")
        return connection

    def _living(self) -> Engine:
        if self.engine is None:
            raise RuntimeError("The engine is down.")
        return self.engine


OWN_ACTS: Final[Mapping[str, Callable[[World, Random], Awaitable[None]]]] = {
    "doom": World.doom,
    "outage": World.outage,
    "blackout": World.blackout,
    "reconcile": World.reconcile,
    "decide": World.decide,
}
"""What happens to the engine and not in the twin."""
