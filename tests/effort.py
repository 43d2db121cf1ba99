"""How hard the generated cases of `core` and `knowledge` are tried.

Plain `pytest` tries a fifth of them, which is what somebody waits for after each line that they
write; `make test` passes `--effort whole`, and CI with it.
"""

import os

from hypothesis import settings

_ASKED = "OPENKETAMINE_TEST_EFFORT"
_FIFTH, _FEWEST = 5, 10


def ask(effort: str) -> None:
    """Before any test is read; by the environment, because workers are processes of their own."""
    os.environ[_ASKED] = effort


def whole() -> bool:
    """Whether everything is to be tried."""
    return os.environ.get(_ASKED) == "whole"


def examples(most: int) -> settings:
    """`most` cases of a property when everything is tried, a fifth of them otherwise."""
    return settings(max_examples=most if whole() else max(_FEWEST, most // _FIFTH), deadline=None)
