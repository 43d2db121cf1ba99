"""Answers to an instrument become a score, a band and item flags; numbers live in knowledge."""

from openketamine.core.scoring._instrument import Instrument, Item, instrument, instruments
from openketamine.core.scoring._score import Flag, Score, score

__all__ = ["Flag", "Instrument", "Item", "Score", "instrument", "instruments", "score"]
