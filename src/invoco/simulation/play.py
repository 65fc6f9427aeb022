"""One seed, from its script to its outcome."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from invoco.highlevel.signing import ED25519_HEADER, RSA_HEADER
from invoco.sandbox import TwinSettings, build_twin
from invoco.service.webhooks import webhook_keys
from invoco.simulation.chance import seeded
from invoco.simulation.doors import HookDoor, TwinDoor
from invoco.simulation.engine import Surroundings
from invoco.simulation.mortal import Fate
from invoco.simulation.owned import owning
from invoco.simulation.sabotage import sabotaged
from invoco.simulation.script import Script
from invoco.simulation.stages import Part, stage
from invoco.simulation.templates import Template
from invoco.simulation.threadless import threadless
from invoco.simulation.timeless import LoopClock, TimelessLoop
from invoco.simulation.world import World
from invoco.store.database import Database

_UNEXPECTED = frozenset({"error", "critical"})


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one seed went."""

    seed: int
    differences: tuple[str, ...] = ()
    """What was not as it must be; none: the copy equals the source."""
    events: int = 0
    """Webhooks that the engine answered."""
    crashes: int = 0
    faults: dict[str, int] = {}
    """By name, how often each hit."""
    print: str = ""
    """Of all that happened, in order: the same for the same seed."""


class Log:
    """What happens, line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.events = 0

    def tell(self, line: str) -> None:
        """One line more, with the seconds that have passed."""
        self.lines.append(f"{asyncio.get_running_loop().time():.6f} {line}")
        self.events += line.startswith("<")

    def print(self) -> str:
        """A hash of all lines."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:16]


def play(
    script: Script, templates: Sequence[Template], *, log: Log | None = None, sabotage: str | None = None
) -> Outcome:
    """Let the script happen to a copy of its template; the engine may be broken on purpose.

    An error that nobody expected is a difference too, and so is one that the engine only logged.
    """
    told = log or Log()
    with tempfile.TemporaryDirectory(prefix="invoco-simulation-") as folder, capture_logs([format_exc_info]) as logged:
        template = templates[script.setting.account].copied(Path(folder))
        try:
            outcome = _played(script, template, told, sabotage)
        except Exception as error:  # noqa: BLE001 - one seed that fails must not end the others
            outcome = Outcome(seed=script.seed, differences=(_in_a_line(error),), print=told.print())
    unexpected = (f"logged: {_in_a_line(entry)}" for entry in logged if entry["log_level"] in _UNEXPECTED)
    return msgspec.structs.replace(outcome, differences=(*outcome.differences, *unexpected))


def _played(script: Script, template: Template, log: Log, sabotage: str | None) -> Outcome:
    with (
        seeded(str(script.seed)) as dice,
        threadless(),
        sabotaged(sabotage),
        asyncio.Runner(loop_factory=TimelessLoop) as runner,
    ):
        runner.get_loop().set_task_factory(owning)
        return runner.run(_play(script, template, dice, log))


def _in_a_line(told: object) -> str:
    text = f"{type(told).__name__}: {told}" if isinstance(told, Exception) else str(told)
    return " ".join(text.split())


async def _play(script: Script, template: Template, dice: Random, log: Log) -> Outcome:
    books = Database(await stage(Part.TWIN).engine(template.twin))
    try:
        return await _world(script, template, dice, log, books=books)
    finally:
        await books.close()


async def _world(script: Script, template: Template, dice: Random, log: Log, *, books: Database) -> Outcome:
    setting = script.setting
    hook = HookDoor(dice=Random(dice.random()), note=log.tell)
    fate = Fate()
    twin_clock = LoopClock(ahead=setting.begins_after + setting.twin_ahead)
    settings = TwinSettings(seed=script.seed, data=template.twin)
    keys = template.keys
    pems = keys.public_pems()
    async with build_twin(settings, clock=twin_clock, keys=keys, transport=hook, database=books) as twin:
        network = TwinDoor(twin.app, dice=Random(dice.random()), note=log.tell)
        network.delay = hook.delay = setting.delay
        around = Surroundings(
            file=template.mirror, clock=LoopClock(ahead=setting.begins_after), network=network, fate=fate,
            keys=webhook_keys(ed25519=pems[ED25519_HEADER], rsa=pems[RSA_HEADER]), sweep_every=setting.sweep_every,
        )  # fmt: skip
        world = World(script, twin, hook, around, tell=log.tell)
        try:
            differences = await world.live(script.steps)
        finally:
            await world.fall()
    return Outcome(
        seed=script.seed, differences=tuple(differences), events=log.events, crashes=world.crashes,
        faults=dict(Counter(world.hands.troubles)), print=log.print(),
    )  # fmt: skip
