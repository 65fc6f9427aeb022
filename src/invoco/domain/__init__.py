"""Nouns, errors and ports that every room shares: no HTTP, no SQL, no framework."""
