"""Answers to an instrument become a score, a band and item flags; numbers live in knowledge."""

from openketamine.core.scoring._change import Change, change, span
from openketamine.core.scoring._instrument import Instrument, Item, instrument, instruments
from openketamine.core.scoring._pack import Pack, pack, published, with_words
from openketamine.core.scoring._parts import Subscore
from openketamine.core.scoring._questions import questions
from openketamine.core.scoring._score import Flag, Score, score

__all__ = [
    "Change",
    "Flag",
    "Instrument",
    "Item",
    "Pack",
    "Score",
    "Subscore",
    "change",
    "instrument",
    "instruments",
    "pack",
    "published",
    "questions",
    "score",
    "span",
    "with_words",
]
