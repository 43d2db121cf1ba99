"""Papers of a course: consents, instructions, letters; their words are knowledge, versioned.

Doors: `shown` is a consent as a person reads it, `consent_due` says why it must be signed again;
`leaves` are instructions; `course_letter` and `discharge_sheet` are what leaves the house.
"""

from openketamine.core.course.papers._answers import signed_answers
from openketamine.core.course.papers._consents import (
    Question,
    Shown,
    Understanding,
    consent_for,
    consents,
    is_needed,
    shown,
    title_of,
    understood,
)
from openketamine.core.course.papers._doses import Covers, covers, in_plain_words
from openketamine.core.course.papers._due import (
    Wanted,
    consent_due,
    last_given,
    taken_back,
    withdrawn,
)
from openketamine.core.course.papers._instructions import Leaf, instructions, leaves, spoken
from openketamine.core.course.papers._letter import (
    course_letter,
    day,
    discharge_sheet,
    instruction_sheet,
)
from openketamine.core.course.papers._notes import NoteTemplate, note_templates
from openketamine.core.course.papers._written import (
    FIRST,
    fingerprint,
    is_reviewed,
    languages,
    sha256_of,
    versions,
)

__all__ = [
    "FIRST",
    "Covers",
    "Leaf",
    "NoteTemplate",
    "Question",
    "Shown",
    "Understanding",
    "Wanted",
    "consent_due",
    "consent_for",
    "consents",
    "course_letter",
    "covers",
    "day",
    "discharge_sheet",
    "fingerprint",
    "in_plain_words",
    "instruction_sheet",
    "instructions",
    "is_needed",
    "is_reviewed",
    "languages",
    "last_given",
    "leaves",
    "note_templates",
    "sha256_of",
    "shown",
    "signed_answers",
    "spoken",
    "taken_back",
    "title_of",
    "understood",
    "versions",
    "withdrawn",
]
