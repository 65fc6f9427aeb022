"""What happens in one simulation, decided by its seed alone before anything happens."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

import msgspec

from invoco.domain.conflicts import ConflictRule, ConflictRules
from invoco.domain.deletions import DeletionAction, DeletionPolicy, MassDeletion
from invoco.domain.schedules import Modes
from invoco.simulation.our_hands import OUR_ACTS

ACTS: Final[Mapping[str, int]] = {
    "create_contact": 8, "edit_contact": 16, "tag_contact": 8, "follow_contact": 2, "mute_contact": 3,
    "fill_custom_field": 4, "delete_contact": 6, "merge_contacts": 3, "restore_contact": 4, "vanish_contacts": 1,
    "create_task": 8, "edit_task": 5, "complete_task": 4, "delete_task": 4, "write_note": 6, "edit_note": 4,
    "delete_note": 4, "book_appointment": 4, "move_appointment": 4, "cancel_appointment": 3, "edit_definition": 3,
    "burst": 3, "fault": 8, "calm": 3, "trouble_webhooks": 6, "lag": 3, "quota": 1, "doom": 8, "outage": 4,
    "blackout": 3,
    "reconcile": 2,
    "decide": 1,
}  # fmt: skip
"""What can happen, and how often compared with the rest."""
_RULES: Final = tuple(rule for rule in ConflictRule if rule is not ConflictRule.ASK)
"""Those that end without anybody's choice."""
_SHORTEST, _LONGEST = 20, 60
"""Steps; short simulations are more frequent than long ones."""
_MINUTE, _HOUR = 60.0, 3600.0


class Step(msgspec.Struct, frozen=True):
    """One act, and the pause after it."""

    act: str
    seed: int
    """Of the dice that the act is given."""
    pause: float
    """Seconds."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What stays as it is throughout one simulation."""

    account: int
    """Which template it begins with."""
    begins_after: float
    """Seconds that have passed since the location was connected: tokens may be about to expire."""
    twin_ahead: float
    """Seconds by which the twin's clock differs from the engine's."""
    delay: float
    """Seconds that a call takes each way, at most."""
    lost_answers: float
    """Share of the engine's answers to webhooks that the twin never hears."""
    modes: Modes
    sweep_every: float
    """Seconds between two looks of the engine for what is due."""
    thin: bool
    """Whether events of new tasks lack their contact (facts 8.2)."""
    policy: str
    """By which the twin sends webhooks again."""
    deletion: DeletionPolicy
    mass: MassDeletion
    conflicts: ConflictRules
    """Who wins where people in HighLevel and in Invoco change the same field."""
    two_way: bool
    """Whether people work in Invoco too."""


class Script(msgspec.Struct, frozen=True):
    """A whole simulation."""

    seed: int
    setting: Setting
    steps: tuple[Step, ...]


def script_of(seed: int, *, accounts: int) -> Script:
    """The script of that seed, for one of so many templates."""
    dice = Random(f"script {seed}")
    is_long = dice.random() < 0.3
    setting = _setting(dice, accounts=accounts, is_long=is_long)
    possible = {**ACTS, **OUR_ACTS} if setting.two_way else ACTS
    names, weights = tuple(possible), tuple(possible.values())
    length = _SHORTEST + int((_LONGEST - _SHORTEST) * dice.random() ** 3)
    acts = dice.choices(names, weights, k=length)
    steps = (Step(act, dice.getrandbits(32), _pause(dice, is_long=is_long)) for act in acts)
    return Script(seed, setting, tuple(steps))


def _setting(dice: Random, *, accounts: int, is_long: bool) -> Setting:
    return Setting(
        account=dice.randrange(accounts),
        begins_after=dice.choice((0.0, _HOUR, 23.8 * _HOUR)),
        twin_ahead=dice.choice((0.0, 0.0, dice.uniform(-2.0, 2.0), dice.uniform(-90.0, 90.0))),
        delay=dice.choice((0.02, 0.3, 1.5)),
        lost_answers=dice.choice((0.0, 0.0, 0.2)),
        # A poll costs the same however long nothing happened, so a simulated day must not hold hundreds of them.
        modes=Modes(
            poll_every=7200 if is_long else dice.choice((600, 1200)), batch_at=dice.choice((None, "30 */6 * * *"))
        ),
        sweep_every=3600.0 if is_long else 600.0,
        thin=dice.random() < 0.7,
        policy=dice.choice(("new", "new", "old")),
        deletion=_deletion(dice),
        mass=dice.choice((MassDeletion(), MassDeletion(), MassDeletion(share=0.2, least=2))),
        conflicts=ConflictRules(default=dice.choice(_RULES)),
        two_way=dice.random() < 0.6,
    )


def _deletion(dice: Random) -> DeletionPolicy:
    actions = (DeletionAction.ARCHIVE, DeletionAction.ARCHIVE, DeletionAction.LEAVE, DeletionAction.DELETE)
    return DeletionPolicy(action=dice.choice(actions), after_days=dice.choice((0, 3)))


def _pause(dice: Random, *, is_long: bool) -> float:
    """Mostly none to speak of, so that changes overtake each other; now and then as long as an outage."""
    spans = ((0.0, 2.0), (0.0, 2.0), (2.0, 60.0), (60.0, 20 * _MINUTE), (0.0, 4 * _HOUR if is_long else 30.0))
    low, high = dice.choice(spans)
    return dice.uniform(low, high)
