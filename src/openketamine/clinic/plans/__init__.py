"""The plan of a session: the dose proposed, seen with its reasons, and signed."""
