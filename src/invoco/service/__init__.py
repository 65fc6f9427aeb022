"""Use cases: one class per family, each handed its ports."""
