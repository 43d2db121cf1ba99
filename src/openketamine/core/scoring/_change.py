"""What became of a score between two times: response, remission, worsening, or "not evaluable"."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.scoring._cuts import Cut, Cuts
from openketamine.core.scoring._instrument import Instrument, Part, instrument
from openketamine.core.scoring._parts import number, rounded
from openketamine.core.scoring._score import Score

Scored = Score | int | Decimal | None


@dataclass(frozen=True)
class Change:
    """From `baseline` to `current`. `points` and `percent` count improvement; getting worse is < 0.

    `verdict`: "response", "partial", "none", "worsening" or "not evaluable". `remission` stands
    beside it, None where it cannot be said. `worse` is said even where a response is not evaluable.
    `by` shows each published cut-off and whether it is met; the first of each kind decided.
    """

    instrument: str
    version: str
    of: str
    baseline: int | Decimal | None
    current: int | Decimal | None
    points: int | Decimal | None = None
    percent: Decimal | None = None
    verdict: str = "not evaluable"
    remission: bool | None = None
    important: bool | None = None
    worse: bool | None = None
    by: tuple[tuple[str, Cut, bool], ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "of": self.of,
            "baseline": number(self.baseline),
            "current": number(self.current),
            "points": number(self.points),
            "percent": number(self.percent),
            "verdict": self.verdict,
            "remission": self.remission,
            "important": self.important,
            "worse": self.worse,
            "by": [
                {"kind": kind, "cut": cut.words, "source": cut.source, "met": met}
                for kind, cut, met in self.by
            ],
            "note": self.note,
        }


@dataclass(frozen=True)
class _Step:
    """Two exact numbers, and how much better the second is."""

    baseline: Fraction
    current: Fraction
    better: Fraction
    percent: Fraction | None

    def meets(self, cut: Cut, *, worse: bool = False) -> bool:
        gained = self.percent if cut.threshold.unit == "%" else self.better
        return gained is not None and _met(cut, -gained if worse else gained)


def change(name: str, baseline: Scored, current: Scored, *, of: str = "total") -> Change:
    """Compare two scores of one instrument and version; `of` names a part where there is no total.

    A bare number is taken as a score of the version that is known here. Raises BadInput where the
    two do not belong to this instrument and version, or a number is beyond its range.
    """
    known = instrument(name)
    part = _part(known, of)
    cuts = next((one for one in known.cuts if one.of == of), None)
    first = _exact(known, part, baseline, "baseline")
    second = _exact(known, part, current, "current")
    if first is None or second is None:
        unknown = "The baseline was" if first is None else "The score now was"
        return _unsaid(known, part, first, second, f"{unknown} not scored.")
    step = _step(known, part, first, second)
    return _judged(known, part, step, cuts or _nothing(of), _pro_rated(of, (baseline, current)))


def _part(known: Instrument, of: str) -> Part:
    found = _scores(known)
    if of in found:
        return found[of]
    if not found:
        raise BadInput("instrument", "one with a score", known.id)
    raise BadInput("of", f"one of {', '.join(found)}", of)


def _scores(known: Instrument) -> dict[str, Part]:
    """Every score that an instrument has, by name."""
    found = {part.id: part for part in known.parts}
    if known.total is not None:
        return {"total": known.total, **found}
    if known.method == "parts":
        every = tuple(item for part in known.parts for item in part.items)
        decimals = max(part.decimals for part in known.parts)
        return {"total": Part("total", "total", "sum", every, decimals=decimals), **found}
    return found


def _exact(known: Instrument, part: Part, given: Scored, field: str) -> Fraction | None:
    if given is None:
        return None
    if not isinstance(given, Score):
        return _in_range(known, part, Fraction(given), field)
    if (given.instrument, given.version) != (known.id, known.version):
        ours, theirs = (known.id, known.version), (given.instrument, given.version)
        raise BadInput(field, f"a score of {' '.join(ours)}", " ".join(theirs))
    if part.id == "total":
        return given.exact
    found = next(one for one in given.subscores if one.id == part.id)
    return Fraction(found.t_score) if found.t_score is not None else found.exact


def _in_range(known: Instrument, part: Part, value: Fraction, field: str) -> Fraction:
    low, high = span(known, part)
    if not low <= value <= high:
        raise BadInput(field, f"a score from {low} to {high}", str(value))
    return value


def span(known: Instrument, part: Part) -> tuple[Fraction, Fraction]:
    """The lowest and the highest score that there can be."""
    if part.t_scores is not None:
        return Fraction(min(part.t_scores.values())), Fraction(max(part.t_scores.values()))
    if part.id == "total" and known.total is None:
        spans = [span(known, one) for one in known.parts]
        return sum((s[0] for s in spans), Fraction(0)), sum((s[1] for s in spans), Fraction(0))
    lows, highs = ([getattr(known.item(n), end) for n in part.items] for end in ("low", "high"))
    if part.rule == "max":
        return Fraction(max(lows)), Fraction(max(highs))
    share = part.divided_by * (len(part.items) if part.rule == "mean" else 1)
    return Fraction(sum(lows), share), Fraction(sum(highs), share)


def _step(known: Instrument, part: Part, first: Fraction, second: Fraction) -> _Step:
    better = first - second if part.direction == "high_bad" else second - first
    # A percentage means something only where 0 is the best that there is.
    from_zero = part.direction == "high_bad" and span(known, part)[0] == 0
    percent = 100 * better / first if from_zero and first else None
    return _Step(first, second, better, percent)


def _judged(known: Instrument, part: Part, step: _Step, cuts: Cuts, rated: str) -> Change:
    why = _not_evaluable(step, cuts)
    worse = any(step.meets(cut, worse=True) for cut in cuts.worsening) if cuts.worsening else None
    return Change(
        instrument=known.id,
        version=known.version,
        of=part.id,
        baseline=_shown(part, step.baseline),
        current=_shown(part, step.current),
        points=_shown(part, step.better),
        percent=None if step.percent is None else Decimal(rounded(step.percent, 1)),
        verdict="not evaluable" if why else _verdict(step, cuts, worse=bool(worse)),
        remission=None if why or not cuts.remission else _met(cuts.remission[0], step.current),
        important=step.meets(cuts.important[0]) if cuts.important else None,
        worse=worse,
        by=tuple(_by(step, cuts)),
        note=" ".join(one for one in (why, rated, cuts.note) if one),
    )


def _not_evaluable(step: _Step, cuts: Cuts) -> str:
    """Why a response cannot be seen; empty where it can."""
    short = next((cut for cut in cuts.evaluable if not _met(cut, step.baseline)), None)
    if short is not None:
        return f"Not evaluable: a response needs a baseline of {short.words}."
    if not cuts.response:
        return "Not evaluable: no cut-off of response is known for this score."
    if step.percent is None and cuts.response[0].threshold.unit == "%":
        return "Not evaluable: there is no percentage of a baseline of 0."
    return ""


def _verdict(step: _Step, cuts: Cuts, *, worse: bool) -> str:
    if step.meets(cuts.response[0]):
        return "response"
    if cuts.partial and step.meets(cuts.partial[0]):
        return "partial"
    return "worsening" if worse else "none"


def _by(step: _Step, cuts: Cuts) -> list[tuple[str, Cut, bool]]:
    shown = [("response", cut, step.meets(cut)) for cut in cuts.response]
    shown += [("partial", cut, step.meets(cut)) for cut in cuts.partial]
    shown += [("worsening", cut, step.meets(cut, worse=True)) for cut in cuts.worsening]
    shown += [("remission", cut, _met(cut, step.current)) for cut in cuts.remission]
    return shown + [("important", cut, step.meets(cut)) for cut in cuts.important]


def _met(cut: Cut, value: Fraction) -> bool:
    return cut.threshold.met_by(Decimal(value.numerator) / Decimal(value.denominator))


def _shown(part: Part, value: Fraction | None) -> int | Decimal | None:
    if value is None:
        return None
    return rounded(value, 1 if part.t_scores else part.decimals)


def _pro_rated(of: str, scores: Sequence[Scored]) -> str:
    for one in scores:
        if isinstance(one, Score):
            rated = [part.pro_rated for part in one.subscores if part.id == of] or [one.pro_rated]
            if rated[0]:
                return "Rests on a pro-rated score."
    return ""


def _nothing(of: str) -> Cuts:
    return Cuts(of, (), (), (), (), (), (), "")


def _unsaid(
    known: Instrument, part: Part, first: Fraction | None, second: Fraction | None, why: str
) -> Change:
    shown = _shown(part, first), _shown(part, second)
    return Change(known.id, known.version, part.id, *shown, note=f"Not evaluable: {why}")
