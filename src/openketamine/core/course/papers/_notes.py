"""Headings for a therapist's note before and after a session."""

from dataclasses import dataclass

from openketamine.knowledge import documents


@dataclass(frozen=True)
class NoteTemplate:
    """A note that is begun: its headings, each with room beneath."""

    id: str
    title: str
    text: str


def note_templates() -> tuple[NoteTemplate, ...]:
    """All of them, in the order of a session."""
    found = sorted(documents("note-templates"), key=lambda one: int(one.body["place"]))
    return tuple(
        NoteTemplate(
            one.id,
            one.title,
            "\n\n".join([one.title, *(f"{node['says']}:" for node in one.body["headings"])]) + "\n",
        )
        for one in found
    )
