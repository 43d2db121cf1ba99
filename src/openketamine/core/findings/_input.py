"""The one exception for bad input: it names the field and what was expected."""


class BadInput(ValueError):
    """What was handed in cannot be used; nothing was changed.

    `str(error)` is one clear sentence for the person who handed it in.
    """

    def __init__(self, field: str, expected: str, got: object = None) -> None:
        self.field = field
        self.expected = expected
        self.got = got
        shown = "" if got is None else f", got {_short(got)}"
        super().__init__(f"{field}: expected {expected}{shown}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
