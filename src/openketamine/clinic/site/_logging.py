"""Log lines without personal data."""

import logging
import re
import traceback
from types import TracebackType

# What follows is the key of somebody's link, which may still be good, or the name of one.
_OF_A_PATIENT = re.compile(r"/c/[^\s\"']+")


class WithoutPersonalData(logging.Formatter):
    """Time, level and place; of an exception its type and frames, not its words.

    A database error quotes the row that it refused, and a row here is a person. Of the addresses
    that somebody at home opens only the beginning is written.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        """The line, without the rest of an address that opens without a password."""
        return _OF_A_PATIENT.sub("/c/…", super().formatMessage(record))

    def formatException(  # noqa: N802  (the name is logging's)
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """The type of the exception and where it was raised."""
        kind, _, trace = ei
        if kind is None:
            return ""
        frames = "".join(traceback.format_list(traceback.extract_tb(trace)))
        return f"{frames}{kind.__module__}.{kind.__qualname__}"
