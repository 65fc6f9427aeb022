"""Contract suites and a clock that tests move; imported by tests and by the sandbox's own checks only."""
