"""The append-only journal: numbered, chained facts, and a record of who looked at what."""
