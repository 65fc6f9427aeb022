"""Where contacts came from, and how they must not be reached."""

from __future__ import annotations

from typing import Any

from invoco.sandbox.sample.dice import Dice
from invoco.sandbox.sample.texts import BROWSERS, CAMPAIGNS, MEDIA, REFERRERS

_CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")
_VISITS = 400
_REASONS = (
    ("active", "Set by the office"),
    ("active", "Unsubscribed by link"),
    ("permanent", "Replied STOP"),
    ("inactive", ""),
)


class Origins:
    """Visits by which contacts came; several contacts share one, as making one for each would take too long."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._visits = [_visit(dice) for _ in range(_VISITS)]

    def attribution(self) -> dict[str, Any]:
        """First and last attribution of a contact under their wire names; not every contact has them (facts 3.3)."""
        dice = self._dice
        sources: dict[str, Any] = {}
        if dice.hits(0.8):
            sources["attributionSource"] = dice.pick(self._visits)
            if dice.hits(0.6):
                sources["lastAttributionSource"] = dice.pick(self._visits)
        return sources


def _visit(dice: Dice) -> dict[str, Any]:
    campaign, medium = dice.pick(CAMPAIGNS), dice.pick(MEDIA)
    visit = {
        "url": f"https://www.example.com/{medium}/{campaign}?utm_source=ads&utm_campaign={campaign}",
        "campaign": campaign,
        "utmSource": "ads",
        "utmMedium": medium,
        "referrer": dice.pick(REFERRERS),
        "fbp": f"fb.1.{1_600_000_000_000 + dice.below(100_000_000_000)}.{dice.below(2_000_000_000)}",
        "userAgent": dice.pick(BROWSERS),
        "ip": f"203.0.113.{dice.below(256)}",
        "medium": medium,
        "mediumId": dice.new_id(),
    }
    if dice.hits(0.3):
        visit["gclid"] = dice.new_id() + dice.new_id()
    return visit


def do_not_disturb(dice: Dice) -> tuple[bool, dict[str, Any]]:
    """`dnd` and `dndSettings`: everything barred, or some channels (facts 10.4)."""
    if dice.hits(0.3):
        return True, {channel: _setting("active", "Set by the office") for channel in _CHANNELS}
    return False, {channel: _setting(*dice.pick(_REASONS)) for channel in dice.some(_CHANNELS, 3)}


def _setting(status: str, message: str) -> dict[str, str]:
    return {"status": status, "message": message, "code": "101"}
