"""One person of the simulated clinic: a stream of chance, and the facts that it led to."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from openketamine.core.course import Body as CourseBody
from openketamine.core.log import Author, Fact
from openketamine.core.treatment import Body as SessionBody
from openketamine.knowledge import load

_NAMES = uuid.UUID("b7f0d1c4-50c7-4b0e-9d3e-8a52f0d1a9e7")

PRESCRIBER = "prescriber"
_CLINIC = Author("simulated", "A simulated clinic", "system")


@dataclass(frozen=True)
class Said:
    """One fact: its id, when it happened, what it says; `by` a prescriber, else by the clinic."""

    id: str
    at: datetime
    body: Any
    by: str = ""


@dataclass(frozen=True)
class SimulatedSession:
    """One session with its log."""

    id: str
    protocol_id: str
    opened_at: datetime
    closed_at: datetime
    facts: tuple[Said, ...]


def as_fact(one: Said) -> Fact[Any]:
    """As it will stand in the journal, for those who fold it before."""
    return Fact(one.id, one.at, _CLINIC, one.body)


@cache
def settings() -> Mapping[str, Any]:
    """The numbers of `year.yaml`."""
    return load(Path(__file__).with_name("year.yaml"))


class Life:
    """One person, drawn step by step; the order of the draws is the person."""

    def __init__(self, number: int, seed: int, until: datetime) -> None:
        """The person of this number in the clinic of this seed, up to a moment."""
        self.chance = np.random.default_rng([seed, number])
        self.number, self.seed, self.until = number, seed, until
        self.said: list[Said] = []
        self.sessions: list[SimulatedSession] = []
        self.made = 0

    def name(self, *words: object) -> str:
        """The same person, the same words: the same id."""
        return str(uuid.uuid5(_NAMES, "|".join(map(str, (self.seed, self.number, *words)))))

    def say(self, at: datetime, body: CourseBody) -> None:
        """A fact of the course."""
        self.said.append(self.fact(at, body))

    def fact(self, at: datetime, body: CourseBody | SessionBody, by: str = "") -> Said:
        """A fact with an id of its own."""
        self.made += 1
        return Said(self.name("fact", self.made), at, body, by)

    def happens(self, percent: float) -> bool:
        """Whether something of this chance happens now."""
        return bool(self.chance.uniform(0, 100) < percent)

    def one_of(self, choices: list[Any], weights: list[float]) -> Any:
        """One of these, as often as its weight says."""
        shares = np.array(weights, dtype=float)
        return choices[int(self.chance.choice(len(choices), p=shares / shares.sum()))]

    def normal(self, told: Mapping[str, float]) -> float:
        """A number around a mean, within its bounds."""
        drawn = self.chance.normal(told["mean"], told["sd"])
        return float(min(max(drawn, told["low"]), told["high"]))
