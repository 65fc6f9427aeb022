"""The simulator: the real engine against the twin, in a time of its own, with everything that can go wrong."""
