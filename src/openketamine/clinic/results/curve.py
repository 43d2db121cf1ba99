"""Time to relapse as SVG: a step for each day on which somebody relapsed, its interval as a band,
how many were still watched below it. Nothing is smoothed, and nothing is drawn beyond the last day.

The same in numbers stands in the table beside it (`rows`). Shapes carry presentation attributes for
paper and classes for a page's own colours; there is no script and no style attribute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from openketamine.clinic.results.statistics import Step, Survival
from openketamine.core.course import Reported

_WIDTH, _HEIGHT = 720, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 700, 20, 250
_RISK = 300
_WEEK = 7
_TICKS = (1, 2, 4, 8, 13, 26)
_MOST_TICKS = 9


@dataclass(frozen=True)
class Row:
    """One line of the table beside the curve; days since the response was first seen."""

    day: int
    at_risk: int
    relapsed: int
    share: float
    low: float | None
    high: float | None

    @property
    def percent(self) -> float:
        """The share as a percentage."""
        return 100 * self.share

    @property
    def limits(self) -> tuple[float, float] | None:
        """The interval as percentages."""
        return None if self.low is None or self.high is None else (100 * self.low, 100 * self.high)


def rows(curve: Survival) -> list[Row]:
    """The curve at the ticks of its axis."""
    found = []
    for day in _ticks(curve):
        step = curve.at(day)
        if step is not None:
            relapsed = sum(one.events for one in curve.steps if one.day <= day)
            found.append(Row(day, curve.at_risk(day), relapsed, step.share, step.low, step.high))
    return found


def draw(curve: Survival, published: Sequence[tuple[str, Reported]] = ()) -> str:
    """The curve; published points as hollow diamonds beside it."""
    last = max(_last(curve), *(one.day or 0 for _, one in published), _WEEK)
    frame = _Frame(last)
    parts = (
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="curve" role="img" '
            f'aria-labelledby="curve-title curve-desc" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'font-family="system-ui, Liberation Sans, DejaVu Sans, sans-serif" font-size="13">'
        ),
        '<title id="curve-title">Share without a relapse over time</title>',
        f'<desc id="curve-desc">{escape(_description(curve))}</desc>',
        *_axes(frame, curve),
        _band(frame, curve),
        _line(frame, curve),
        *_ends(frame, curve),
        *_points(frame, published),
        "</svg>",
    )
    return "\n".join(parts)


@dataclass(frozen=True)
class _Frame:
    last: int

    def x(self, day: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * day / self.last

    def y(self, share: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * share


def _last(curve: Survival) -> int:
    return curve.steps[-1].day if curve.steps else 0


def _ticks(curve: Survival) -> list[int]:
    """Whole weeks, at most so many of them."""
    weeks = max(_last(curve) // _WEEK, 1)
    every = next((one for one in _TICKS if weeks / one < _MOST_TICKS), 52)
    return list(range(0, _last(curve) + 1, every * _WEEK)) or [0]


def _description(curve: Survival) -> str:
    if not curve.people:
        return "Nobody was followed."
    median = "not reached" if curve.median is None else f"{curve.median} days"
    return (
        f"{curve.people} people with a response, {curve.events} relapsed; half of them by: "
        f"{median}. The table holds the same numbers."
    )


def _text(x: float, y: float, words: str, anchor: str, css: str = "soft") -> str:
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
        f'fill="#535c6b">{escape(words)}</text>'
    )


def _axes(frame: _Frame, curve: Survival) -> Iterator[str]:
    for percent in range(0, 101, 25):
        y = frame.y(percent / 100)
        yield (
            f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            'stroke="#dcd9d2"/>'
        )
        yield _text(_LEFT - 8, y + 4, f"{percent} %", "end")
    for day in _ticks(curve):
        x = frame.x(day)
        yield (
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_BOTTOM}" '
            'stroke="#dcd9d2"/>'
        )
        yield _text(x, _BOTTOM + 18, f"{day // _WEEK}", "middle")
        yield _text(x, _RISK + 18, str(curve.at_risk(day)), "middle", "ink")
    yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 34, "weeks since the response was seen", "middle")
    yield _text(_LEFT, _RISK + 2, "still watched, without a relapse", "start")


def _corners(frame: _Frame, steps: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
    """Along the days, then down: the shape of a step curve."""
    found: list[tuple[float, float]] = []
    for day, share in steps:
        if found:
            found.append((frame.x(day), found[-1][1]))
        found.append((frame.x(day), frame.y(share)))
    return found


def _path(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _line(frame: _Frame, curve: Survival) -> str:
    corners = _corners(frame, [(one.day, one.share) for one in curve.steps])
    return (
        f'<polyline class="kept" points="{_path(corners)}" fill="none" stroke="#274b8a" '
        'stroke-width="2.5"/>'
    )


def _band(frame: _Frame, curve: Survival) -> str:
    """Where there is no interval, before the first relapse, there is no band."""
    known: list[Step] = [one for one in curve.steps if one.low is not None]
    if not known:
        return ""
    low = _corners(frame, [(one.day, one.low or 0) for one in known])
    high = _corners(frame, [(one.day, one.high or 0) for one in known])
    return (
        f'<polygon class="band" points="{_path([*high, *reversed(low)])}" fill="#e8eef8" '
        'stroke="none"/>'
    )


def _ends(frame: _Frame, curve: Survival) -> Iterator[str]:
    """A small tick for each day on which somebody was watched no longer."""
    for one in curve.steps:
        if one.left and one.day:
            x, y = frame.x(one.day), frame.y(one.share)
            yield (
                f'<line class="left" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 5:.1f}" y2="{y + 5:.1f}" '
                'stroke="#535c6b"/>'
            )


def _points(frame: _Frame, published: Sequence[tuple[str, Reported]]) -> Iterator[str]:
    for title, one in published:
        x, y = frame.x(one.day or 0), frame.y(float(one.value) / 100)
        corners = [(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)]
        yield (
            f'<polygon class="published" points="{_path(corners)}" fill="#ffffff" '
            f'stroke="#1a202c" stroke-width="2"><title>{escape(title)}: {one.value} % '
            f"{escape(one.when)}</title></polygon>"
        )
