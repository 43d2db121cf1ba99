"""A log of facts: what one is, how it is written and read, and which of it counts.

Two logs are kept so: a session (`treatment`) and a course (`course`). Each has a vocabulary of its
own, a union of frozen dataclasses; what is the same for both stands here.
"""

from openketamine.core.log._effective import Effective, Entry, effective, named
from openketamine.core.log._fact import Author, Corrected, Fact, Happened
from openketamine.core.log._log import Log, in_order
from openketamine.core.log._vocabulary import Vocabulary

__all__ = [
    "Author",
    "Corrected",
    "Effective",
    "Entry",
    "Fact",
    "Happened",
    "Log",
    "Vocabulary",
    "effective",
    "in_order",
    "named",
]
