"""What goes into the store comes out of it."""

import hypothesis.strategies as st
from hypothesis import given

from invoco.highlevel.clock import iso
from invoco.store.rows import moment
from invoco.store.vault import Vault


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_moment_reads_what_highlevel_writes(milliseconds):
    """To the millisecond, over the whole calendar."""
    assert milliseconds == moment(iso(milliseconds))


@given(st.binary(max_size=100), st.text(max_size=10))
def test_what_is_sealed_can_be_opened(secret, owner):
    """Whatever it is and whomever it belongs to."""
    vault = Vault([b"k" * 32])

    assert secret == vault.open(vault.seal(secret, belongs_to=owner), belongs_to=owner)
