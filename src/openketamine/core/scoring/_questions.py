"""An instrument as it is asked, for a form, another system or paper."""

from typing import Any

from openketamine.core.scoring._instrument import Instrument, Item


def questions(known: Instrument) -> dict[str, Any]:
    """Plain JSON: what a person reads, and what may be answered. `text` is empty where neither we
    nor a pack has the words."""
    return {
        "instrument": known.id,
        "title": known.title,
        "version": known.version,
        "recall": known.recall,
        "licence": known.licence,
        "words": _whose(known),
        "lead_in": known.lead_in,
        "items": [_asked(item) for item in known.items],
        "asked_if": [
            {"item": opener, "then": list(followers)} for opener, followers in known.asked_if
        ],
        "loinc": {"panel": known.loinc_panel, "total": known.loinc},
    }


def _whose(known: Instrument) -> str:
    if known.ships_words:
        return "shipped"
    return "by the site" if known.items[0].text else "not here: the licence keeps them out"


def _asked(item: Item) -> dict[str, Any]:
    says = dict(item.choices)
    return {
        "item": item.number,
        "label": item.label,
        "text": item.text,
        "optional": item.optional,
        "answers": [{"answer": one, "says": says.get(one, str(one))} for one in item.answers],
    }
