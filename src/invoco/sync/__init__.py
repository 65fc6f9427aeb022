"""Imports, and later reconcile, inbound and outbound, as plain functions over ports."""
