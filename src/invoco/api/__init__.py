"""Invoco's own HTTP server."""
