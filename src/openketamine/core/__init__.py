"""Plain Python: no clock, no network, no randomness, no framework. All enters by argument."""
