"""`python -m invoco` is `invoco`."""

from invoco.cli import main

main()
