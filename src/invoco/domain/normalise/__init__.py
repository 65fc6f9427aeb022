"""How HighLevel writes what it was given: pure functions, one noun per file (facts 10)."""
