"""HighLevel's HTTP interface over the books: the same code answers in the twin and in Invoco's own API."""

from invoco.routes.calls import Gate
from invoco.routes.errors import Refused, install_error_table
from invoco.routes.router import highlevel_routes

__all__ = ["Gate", "Refused", "highlevel_routes", "install_error_table"]
