"""How a session was tolerated: a fold of what was charted after the dose began.

What counts as severe, what only holds the dose, and which rating answers a question where there was
no sign of it, stands in `knowledge/tolerability`. Without a rating a question is not answered: that
is "not known", and no step up rests on it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.dosing import FINE, HOLD, LOWER, UNKNOWN
from openketamine.core.findings import Source, sources_of
from openketamine.core.log import Happened
from openketamine.core.monitoring import plain_words
from openketamine.core.quantities import format_number
from openketamine.core.treatment import (
    AdverseEventCharted,
    EmergencyBegun,
    MedicineGiven,
    ObservationCharted,
    ScoreRecorded,
    State,
)
from openketamine.knowledge import document, read_threshold

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Sign:
    """One thing that was charted and that counts for the next dose, in words."""

    says: str
    sources: tuple[Source, ...]
    evidence: str


@dataclass(frozen=True)
class Tolerated:
    """One question about a session. `verdict`: lower, hold, fine, or not known: nobody rated it."""

    question: str
    verdict: str
    signs: tuple[Sign, ...]
    rated: str
    sources: tuple[Source, ...]
    evidence: str

    @property
    def severe(self) -> bool | None:
        """What the protocols ask; None where nobody knows."""
        return None if self.verdict == UNKNOWN else self.verdict == LOWER


def tolerated(state: State) -> tuple[Tolerated, ...]:
    """Every question of the file, of a session in which drug was given."""
    return tuple(_answered(node, state) for node in _file()["questions"])


def otherwise(state: State, given_share: Decimal | None) -> tuple[Sign, ...]:
    """What else happened that holds the dose. `given_share`: per cent of the plan, or None."""
    return tuple(dict.fromkeys(_signs(_file()["otherwise"], state, given_share)))


def nearly_all() -> Decimal:
    """From which share of the plan, in per cent, a dose counts as given as it was planned."""
    node = next(one for one in _file()["otherwise"] if one["sign"] == "share_given")
    return read_threshold(node["at"]).value


def _answered(node: Node, state: State) -> Tolerated:
    signs = {verdict: tuple(_signs(node[verdict], state, None)) for verdict in (LOWER, HOLD)}
    rated = ", ".join(_rated(node["known_by"], state))
    verdict = next((one for one in (LOWER, HOLD) if signs[one]), FINE if rated else UNKNOWN)
    return Tolerated(
        question=str(node["question"]),
        verdict=verdict,
        signs=signs.get(verdict, ()),
        rated=rated,
        sources=sources_of(node["sources"]),
        evidence=str(node["evidence"]),
    )


def _rated(known_by: Node, state: State) -> Iterator[str]:
    """What somebody rated at all: the worst of each, in words."""
    for signal in known_by["ratings"]:
        worst = _worst_rating(state, signal)
        if worst is not None:
            yield f"{signal} {format_number(worst)} of 10 at most"
    for name in known_by["instruments"]:
        total = _worst_score(state, name)
        if total is not None:
            yield f"{name.upper()} {total} at most"


def _signs(nodes: Iterable[Node], state: State, share: Decimal | None) -> Iterator[Sign]:
    """Those of these signs that were charted."""
    for node in nodes:
        way = str(node["sign"])
        says = _share(node, share) if way == "share_given" else _READ[way](node, state)
        if says is not None:
            cited = node.get("at", node)
            yield Sign(says, sources_of(cited["sources"]), str(cited["evidence"]))


def _share(node: Node, share: Decimal | None) -> str | None:
    """Less than nearly all of the plan was given; None where it was, or there was no plan."""
    if share is None or not read_threshold(node["at"]).met_by(share):
        return None
    return f"only {format_number(share, 0)} % of the planned dose given"


def _rating(node: Node, state: State) -> str | None:
    worst = _worst_rating(state, str(node["of"]))
    if worst is None or not read_threshold(node["at"]).met_by(worst):
        return None
    return f"{node['of']} {format_number(worst)} of 10"


def _score(node: Node, state: State) -> str | None:
    worst = _worst_score(state, str(node["of"]))
    if worst is None or not read_threshold(node["at"]).met_by(worst):
        return None
    return f"{str(node['of']).upper()} {worst}"


def _event(node: Node, state: State) -> str | None:
    """The first such event; with `after`, the first that one of these medicines went before."""
    medicines = [one.at for one in state.all(MedicineGiven) if _names(one.body, node.get("after"))]
    for one in _since_start(state, AdverseEventCharted):
        body = one.body
        if not any(word in plain_words(body.event) for word in node["words"]):
            continue
        if "at" in node and not read_threshold(node["at"]).met_by(body.severity):
            continue
        if "after" in node and not any(given <= one.at for given in medicines):
            continue
        more = f": {node['says']}" if "says" in node else ""
        return f"{plain_words(body.event)}, grade {body.severity}{more}"
    return None


def _card(node: Node, state: State) -> str | None:
    opened = any(one.body.card == node["of"] for one in state.all(EmergencyBegun))
    return str(node["says"]) if opened else None


def _medicine(node: Node, state: State) -> str | None:
    for one in _since_start(state, MedicineGiven):
        if _names(one.body, node["words"]):
            return f"{one.body.medicine} {node['says']}"
    return None


_READ: Mapping[str, Callable[[Node, State], str | None]] = {
    "rating": _rating,
    "score": _score,
    "event": _event,
    "card": _card,
    "medicine": _medicine,
}


def _names(body: Any, words: Any) -> bool:
    return any(word in plain_words(body.medicine) for word in words or ())


def _worst_rating(state: State, signal: str) -> Decimal | None:
    values = (one.body.values.get(signal) for one in _since_start(state, ObservationCharted))
    return max((value for value in values if value is not None), default=None)


def _worst_score(state: State, name: str) -> Decimal | int | None:
    totals = (
        one.body.total for one in _since_start(state, ScoreRecorded) if one.body.instrument == name
    )
    return max((total for total in totals if total is not None), default=None)


def _since_start(state: State, kind: type[Any]) -> Iterator[Happened[Any]]:
    start = state.started_at
    return (one for one in state.all(kind) if start is not None and one.at >= start)


@cache
def _file() -> Mapping[str, Any]:
    return document("tolerability", "session").body
