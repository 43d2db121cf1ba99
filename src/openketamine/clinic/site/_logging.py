"""Log lines without personal data."""

import logging
import traceback
from types import TracebackType


class WithoutPersonalData(logging.Formatter):
    """Time, level and place; of an exception its type and frames, not its words.

    A database error quotes the row that it refused, and a row here is a person.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

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
