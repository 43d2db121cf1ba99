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


def examples(whole: int) -> settings:
    """`whole` cases of a property when everything is tried, a fifth of them otherwise."""
    everything = os.environ.get(_ASKED) == "whole"
    return settings(
        max_examples=whole if everything else max(_FEWEST, whole // _FIFTH), deadline=None
    )
