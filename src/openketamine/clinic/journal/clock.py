"""The only place in the clinic that reads the clock. Views and jobs read it once and pass it on."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, with its offset."""
    return datetime.now(UTC)
