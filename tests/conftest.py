"""What all tests need before anything of theirs is imported."""

from pathlib import Path

import pytest

import invoco

PROMISES = sorted(Path(invoco.__file__).parent.joinpath("testing").glob("*_promises.py"))

pytest.register_assert_rewrite(*(f"invoco.testing.{file.stem}" for file in PROMISES))
