"""A realistic account, made of a seed: the same seed at the same time gives the same records."""

from __future__ import annotations

from invoco.sandbox.sample.accounts import Account, account
from invoco.sandbox.sample.seeding import Progress, seed_account

__all__ = ["Account", "Progress", "account", "seed_account"]
