"""One score over some items: what is missing, what stands for it, and the exact number."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openketamine.core.scoring._instrument import Instrument, Part

Answered = Mapping[int, int | None]


@dataclass(frozen=True)
class Subscore:
    """A named score. `exact`: before rounding; both are None where too much is missing."""

    id: str
    label: str
    score: int | Decimal | None
    exact: Fraction | None
    t_score: Decimal | None
    missing: tuple[int, ...]
    pro_rated: bool
    loinc: str | None

    @property
    def valid(self) -> bool:
        """Whether enough was answered."""
        return self.exact is not None

    def as_json(self) -> dict[str, Any]:
        """Within `subscores`, by id."""
        shown: dict[str, Any] = {"label": self.label, "score": number(self.score)}
        if self.t_score is not None:
            shown["t_score"] = float(self.t_score)
        shown |= {"valid": self.valid, "missing": list(self.missing)}
        if self.pro_rated:
            shown["pro_rated"] = True
        return shown | ({"loinc": self.loinc} if self.loinc else {})


def subscore(known: Instrument, part: Part, given: Answered) -> Subscore:
    """The score of one part."""
    missing = _missing(part, given)
    exact = _exact(known, part, given, missing)
    return Subscore(
        id=part.id,
        label=part.label,
        score=None if exact is None else rounded(exact, part.decimals),
        exact=exact,
        t_score=None if exact is None or part.t_scores is None else part.t_scores[int(exact)],
        missing=missing,
        pro_rated=bool(missing) and exact is not None and part.rule != "max",
        loinc=part.loinc,
    )


def rounded(exact: Fraction, decimals: int) -> int | Decimal:
    """Half up, as a score is read aloud; a whole number where the score has no decimals."""
    scaled = (exact * 10**decimals + Fraction(1, 2)).__floor__()
    return scaled if decimals == 0 else Decimal(scaled).scaleb(-decimals)


def number(value: int | Decimal | None) -> int | float | None:
    """A plain JSON number."""
    return float(value) if isinstance(value, Decimal) else value


def _missing(part: Part, given: Answered) -> tuple[int, ...]:
    answered = {item for item in part.items if given[item] is not None}
    spared = {item for pair in part.either if answered & set(pair) for item in pair}
    return tuple(item for item in part.items if item not in answered | spared)


def _exact(
    known: Instrument, part: Part, given: Answered, missing: tuple[int, ...]
) -> Fraction | None:
    """The few missing items that the file allows count as the mean of the others, never as 0."""
    points = [
        known.item(item).points(answer)
        for item in part.items
        if (answer := given[item]) is not None
    ]
    if not points:
        return None
    if part.rule == "max":
        # A domain at its ceiling is known, whatever the item that nobody answered would say.
        top = max(known.item(item).high for item in part.items)
        return Fraction(max(points)) if not missing or max(points) == top else None
    if len(missing) > part.most_missing:
        return None
    mean = Fraction(sum(points), len(points))
    return (mean if part.rule == "mean" else mean * len(part.items)) / part.divided_by
