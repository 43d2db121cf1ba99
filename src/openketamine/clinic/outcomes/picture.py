"""The picture of a course: sessions, peaks and scores of one person on one time axis."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from openketamine.clinic.outcomes.chart import Dose, Lane, Mark, course_chart
from openketamine.clinic.outcomes.session_rows import SessionRow
from openketamine.core.course import Outcome, Point, Summary, title
from openketamine.core.scoring import Instrument, instrument, instruments, span

# Lanes of the picture: the two axes first, then what else was asked, as far as there is room.
_MOST_LANES = 6


def course_picture(rows: Sequence[SessionRow], found: Summary, today: date) -> SafeString:
    """The chart of a course; empty where there is nothing to draw."""
    doses = [
        Dose(
            row.number, row.on, row.mg, row.systolic, row.diastolic, len(row.side_effects),
            row.level.band if row.level else None, row.tolerated,
        )
        for row in rows
    ]  # fmt: skip
    wanted = [one for one in _in_order(found) if _scored(found.points[one.instrument])]
    lanes = [_lane(one, found) for one in wanted[:_MOST_LANES]]
    # Drawn by our own code out of numbers and escaped words.
    return mark_safe(course_chart(doses, lanes, today))  # noqa: S308


def _in_order(found: Summary) -> list[Outcome]:
    axes = [found.quadrant.mood.outcome, found.quadrant.pain.outcome]
    first = [one for one in axes if one is not None]
    return [*first, *(one for one in found.outcomes if one not in first)]


def _scored(points: Sequence[Point]) -> bool:
    return any(one.total is not None for one in points)


def _lane(one: Outcome, found: Summary) -> Lane:
    points = [point for point in found.points[one.instrument] if point.total is not None]
    low, high = _range(one.instrument, points)
    marks = tuple(
        Mark(timezone.localtime(point.at), float(point.total or 0), point is one.baseline)
        for point in points
    )
    on_axis = one in (found.quadrant.mood.outcome, found.quadrant.pain.outcome)
    unscored = tuple(_unscored(one, found)) if on_axis else ()
    return Lane(title(one.instrument), low, high, marks, tuple(_lines(one)), unscored)


def _range(name: str, points: Sequence[Point]) -> tuple[float, float]:
    known = instrument(name) if name in instruments() else None
    if known is None or known.total is None:
        totals = [float(one.total or 0) for one in points]
        return min(0.0, *totals), max(totals)
    low, high = span(known, known.total)
    return float(low), float(high)


def _lines(one: Outcome) -> list[tuple[float, str]]:
    """Where a response begins from this baseline, and where remission does."""
    known = _cuts(one.instrument)
    if one.baseline is None or known is None:
        return []
    lines, start = [], float(one.baseline.total or 0)
    percent = next((cut for cut in known.response if cut.threshold.unit == "%"), None)
    if percent is not None and start and one.verdict != "not evaluable":
        lines.append((start * (1 - float(percent.threshold.value) / 100), "response"))
    if known.remission:
        lines.append((float(known.remission[0].threshold.value), "remission"))
    return lines


def _cuts(name: str) -> Any:
    known: Instrument | None = instrument(name) if name in instruments() else None
    return next((one for one in known.cuts if one.of == "total"), None) if known else None


def _unscored(one: Outcome, found: Summary) -> list[date]:
    """Sessions of the course that no score of this instrument followed before the next."""
    visits = found.course.visits
    starts = [visit.state.started_at for visit in visits]
    ends = [*starts[1:], None]
    points = [point for point in found.points[one.instrument] if point.total is not None]
    return [
        visit.on
        for visit, start, end in zip(visits, starts, ends, strict=False)
        if start is not None
        and not any(point.at >= start and (end is None or point.at < end) for point in points)
    ]
