"""Invoco: a self-hosted contact hub that stays equal to HighLevel."""

__version__ = "0.1.0"
