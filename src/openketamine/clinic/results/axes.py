"""Mood and pain of many people as two axes: both, one of them, neither; counted, never estimated.

What a response is says the instrument's own file; which of them an axis is judged by says
knowledge/courses/axes.yaml.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from openketamine.clinic.library.cards import EVIDENCE_WORDS, SourceLine, source_lines
from openketamine.clinic.outcomes.words import QUADRANTS
from openketamine.clinic.results.numbers import TREATED, Number, number_of, reasons
from openketamine.clinic.results.person import MoodAndPain, Result
from openketamine.core.course import NOT_EVALUABLE, axes, title
from openketamine.core.scoring import instrument

# As a person's own page says it.
_CELLS = {name: words for name, words in QUADRANTS.items() if name != NOT_EVALUABLE}
_MEASURED = "of all with a measure of both"


@dataclass(frozen=True)
class Axes:
    """`cells` are of those who can be judged on both axes, `of_measured` of all with a measure of
    both; `not_measured` of everybody treated. `why` names each reason once a person."""

    measured: Number
    cells: tuple[Number, ...]
    of_measured: tuple[Number, ...]
    not_judged: Number
    why: tuple[Number, ...]
    not_measured: Number
    why_not_measured: tuple[Number, ...]

    def numbers(self) -> tuple[Number, ...]:
        """Every one of them."""
        counted = (self.measured, *self.cells, *self.of_measured, self.not_judged, *self.why)
        return (*counted, self.not_measured, *self.why_not_measured)

    def cell(self, name: str) -> Number:
        """One of those judged: both, mood only, pain only, neither."""
        return next(one for one in self.cells if one.key == _key("judged", name))


def mood_and_pain(treated: Sequence[Result], window: str) -> Axes:
    """Of these people, in this window."""
    measured = [one for one in treated if one.axes[window].measured]
    rest = [one for one in treated if not one.axes[window].measured]
    judged = [one for one in measured if one.axes[window].name != NOT_EVALUABLE]
    open_ = [one for one in measured if one.axes[window].name == NOT_EVALUABLE]
    cannot = "Cannot be judged on both"
    return Axes(
        measured=number_of(
            "axes.measured", "Mood and pain were both measured", measured, treated, TREATED
        ),
        cells=_cells("judged", judged, judged, "of those who can be judged on both", window),
        of_measured=_cells("measured", judged, measured, _MEASURED, window),
        not_judged=number_of("axes.not-judged", cannot, open_, measured, _MEASURED),
        why=_why("axes.why", open_, window, "of those who cannot be judged on both"),
        not_measured=number_of("axes.not-measured", "Not measured on both", rest, treated, TREATED),
        why_not_measured=_why("axes.why-not", rest, window, "of those not measured on both"),
    )


def _cells(
    part: str, judged: Sequence[Result], of: Sequence[Result], of_words: str, window: str
) -> tuple[Number, ...]:
    return tuple(
        number_of(
            _key(part, name),
            words,
            [one for one in judged if one.axes[window].name == name],
            of,
            of_words,
        )
        for name, words in _CELLS.items()
    )


def _key(part: str, name: str) -> str:
    return f"axes.{part}.{name.replace(' ', '-')}"


def _why(key: str, rest: Sequence[Result], window: str, of_words: str) -> tuple[Number, ...]:
    return reasons(key, rest, lambda one: _missing(one.axes[window]), of_words)


def _missing(one: MoodAndPain) -> tuple[str, ...]:
    """Why it cannot be said. Who was never asked about one axis is not also late with the other."""
    if one.measured:
        return one.missing
    asked = {"mood": one.mood, "pain": one.pain}
    return tuple(f"{axis} was never measured" for axis, by in asked.items() if not by)


@dataclass(frozen=True)
class Definition:
    """By what an axis is judged. `judged_by`: instrument, its name, what a response is."""

    name: str
    judged_by: tuple[tuple[str, str, str], ...]
    sources: tuple[SourceLine, ...]
    evidence: str


def definitions() -> tuple[Definition, ...]:
    """Both axes, out of the knowledge: the first instrument that can be judged counts."""
    return tuple(
        Definition(
            name=one.name.capitalize(),
            judged_by=tuple((name, title(name), _response(name)) for name in one.instruments),
            sources=source_lines([asdict(source) for source in one.sources]),
            evidence=EVIDENCE_WORDS[one.evidence],
        )
        for one in axes()
    )


def _response(name: str) -> str:
    """`better by >= 50 % of a baseline of >= 10 points`."""
    cuts = next(one for one in instrument(name).cuts if one.of == "total")
    least = f" of a baseline of {cuts.evaluable[0].words}" if cuts.evaluable else ""
    return f"better by {cuts.response[0].words}{least}"
