"""The person's own curve: mood and pain, each in a sentence, a picture, and the same as a table.

In the language of the page. What a score means is not said in the words of an instrument ("severe"
helps nobody at home): a person sees how they answered, and how that stands to their first answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop

from openketamine.clinic.checkins import speech
from openketamine.core.course import CourseState, Point, series

_WANTED = (
    ("phq-9", gettext_noop("Mood"), gettext_noop("0 is best, 27 is worst"), 27),
    ("peg", gettext_noop("Pain in daily life"), gettext_noop("0 is best, 10 is worst"), 10),
    ("nrs-pain", gettext_noop("Pain"), gettext_noop("0 is no pain, 10 is the worst"), 10),
)
_WIDTH, _HEIGHT, _EDGE = 320, 150, 18


@dataclass(frozen=True)
class Dot:
    """One answer in the picture. `compared`: with the first one; nothing at the first."""

    x: float
    y: float
    at: datetime
    score: str
    compared: str


@dataclass(frozen=True)
class Curve:
    """One instrument over time. `says`: what it shows, in a sentence; `scale`: which end is good.

    `sessions`: where treatments were, as x.
    """

    id: str
    title: str
    says: str
    scale: str
    dots: tuple[Dot, ...]
    sessions: tuple[float, ...]
    line: str
    width: int = _WIDTH
    height: int = _HEIGHT


def curve_of(state: CourseState) -> list[Curve]:
    """What the person answered, instrument by instrument; nothing is filled in between or ahead."""
    found = series(state)
    sessions = [one.state.started_at for one in state.visits if one.state.started_at]
    curves = []
    for name, title, scale, worst in _WANTED:
        points = [one for one in found.get(name, ()) if one.total is not None]
        if points:
            curves.append(_curve(name, (gettext(title), gettext(scale)), worst, points, sessions))
    return curves


def _curve(
    name: str,
    words: tuple[str, str],
    worst: int,
    points: Sequence[Point],
    sessions: Sequence[datetime],
) -> Curve:
    moments = [one.at for one in points] + list(sessions)
    first, last = min(moments), max(moments)
    long = max((last - first).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        share = (at - first).total_seconds() / long
        return round(_EDGE + share * (_WIDTH - 2 * _EDGE), 1)

    dots = tuple(_dot(one, points[0], x(one.at), worst) for one in points)
    return Curve(
        id=name,
        title=words[0],
        says=_sentence(points, worst),
        scale=words[1],
        dots=dots,
        sessions=tuple(map(x, sessions)),
        line=" ".join(f"{one.x},{one.y}" for one in dots),
    )


def _dot(one: Point, first: Point, x: float, worst: int) -> Dot:
    total = _total(one)
    # Better is up, as a person reads a curve of how they are.
    y = round(_EDGE + float(total) / worst * (_HEIGHT - 2 * _EDGE), 1)
    compared = "" if one is first else _compared(total - _total(first))
    return Dot(x, y, timezone.localtime(one.at), number_format(total), compared)


def _sentence(points: Sequence[Point], worst: int) -> str:
    """The first and the last answer; one that stands alone is no change."""
    first, last = points[0], points[-1]
    said = {
        "first": number_format(_total(first)),
        "last": number_format(_total(last)),
        "worst": worst,
        "day": speech.day(timezone.localtime(last.at)),
    }
    if first is last:
        return gettext("Your first answer, on %(day)s: %(last)s of %(worst)s.") % said
    said["compared"] = _compared(_total(last) - _total(first))
    return gettext("At first %(first)s, now %(last)s. %(compared)s.") % said


def _compared(change: Decimal) -> str:
    """Lower is better in every one of these instruments."""
    if not change:
        return gettext("The same as at first")
    by = {"points": number_format(abs(change))}
    return (gettext("Better by %(points)s") if change < 0 else gettext("Worse by %(points)s")) % by


def _total(one: Point) -> Decimal:
    return Decimal(str(one.total or 0))
