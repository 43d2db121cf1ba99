"""Plain Python: no clock, no network, no randomness, no framework. Everything enters by argument."""
