"""The nouns of HighLevel, one class each."""
