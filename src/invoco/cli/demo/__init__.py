"""`invoco demo`: a whole HighLevel account arrives in Invoco, and stays equal."""

from invoco.cli.demo.command import demo

__all__ = ["demo"]
