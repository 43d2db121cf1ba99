"""Dose, pressure, side effects and scores of a person on one time axis, in SVG.

Lanes under each other share the days from left to right; each session is a thin line through all of
them. A score is a mark where it was taken; marks of one instrument are joined so that the eye can
follow, and where no score came before the next session there is a cross. The peak level is what
models foresee of the dose that was given, drawn as its band; nothing is reckoned from it.

Shapes carry classes for the page's own colours and attributes for paper; no script, no style.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape

_WIDTH, _LEFT, _RIGHT = 960, 104, 940
_TOP, _LANE, _GAP, _LOW_LANE = 34, 92, 22, 64
_INK, _SOFT, _LINE, _BOLD = "#1a202c", "#535c6b", "#dedbd3", "#a9a69d"
# What a session means for the dose after it, as the table below says it in words.
_SIGNS = {"fine": "✓", "hold": "=", "lower": "↓", "not known": "?"}
_TONES = ("#274b8a", "#93400b", "#623a99", "#1d6a39", "#535c6b")


@dataclass(frozen=True)
class Dose:
    """One session: its number in the course, how much, the peaks, how many things went wrong.

    `level`: the peak that models foresee, ng/mL: 5th, 50th, 95th percentile; None: no model.
    `tolerated`: fine, hold, lower or not known; empty: nobody judged it.
    """

    number: int
    on: date
    mg: float
    systolic: float | None
    diastolic: float | None
    side_effects: int
    level: tuple[float, float, float] | None = None
    tolerated: str = ""


@dataclass(frozen=True)
class Mark:
    """One score."""

    at: datetime
    value: float
    is_baseline: bool = False


@dataclass(frozen=True)
class Lane:
    """One instrument: its name, its whole range, its marks, and the lines of its cut-offs.

    `lines`: (value, word). `unscored`: days of sessions that no score of it followed.
    """

    name: str
    low: float
    high: float
    marks: tuple[Mark, ...]
    lines: tuple[tuple[float, str], ...] = ()
    unscored: tuple[date, ...] = ()


@dataclass(frozen=True)
class _Frame:
    first: date
    last: date

    def x(self, day: date, hours: float = 12) -> float:
        days = (day - self.first).days + hours / 24
        return _LEFT + (_RIGHT - _LEFT) * days / max((self.last - self.first).days, 1)

    def of(self, at: datetime) -> float:
        return self.x(at.date(), at.hour + at.minute / 60)


def course_chart(doses: Sequence[Dose], lanes: Sequence[Lane], today: date) -> str:
    """The whole picture; empty where there is nothing to draw. Times are in the clinic's zone."""
    days = [one.on for one in doses] + [mark.at.date() for lane in lanes for mark in lane.marks]
    if not days:
        return ""
    # A week of room on both sides, so that no mark stands on the edge.
    frame = _Frame(min(days) - timedelta(days=4), max([*days, today]) + timedelta(days=4))
    levels = _TOP + _LANE + _GAP
    foreseen = any(one.level for one in doses)
    pressure = levels + (_LANE + _GAP if foreseen else 0)
    first_lane = pressure + _LANE + _GAP + (_LOW_LANE if doses else 0)
    bottom = first_lane + len(lanes) * (_LANE + _GAP)
    parts = (
        _opening(bottom + 8),
        '<title id="course-chart-title">Sessions and scores on one time axis</title>',
        f'<desc id="course-chart-desc">{escape(_described(doses, lanes))}</desc>',
        *_calendar(frame, bottom),
        *_sessions(frame, doses, bottom),
        *_doses(frame, doses),
        *(_levels(frame, doses, levels) if foreseen else ()),
        *_pressures(frame, doses, pressure),
        *_side_effects(frame, doses, pressure + _LANE + _GAP),
        *(
            line
            for place, lane in enumerate(lanes)
            for line in _lane(frame, lane, first_lane + place * (_LANE + _GAP), place)
        ),
        "</svg>",
    )
    return "\n".join(parts)


def _opening(height: float) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="course-chart" role="img" '
        'aria-labelledby="course-chart-title course-chart-desc" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" '
        'font-family="system-ui, Liberation Sans, DejaVu Sans, sans-serif" font-size="12">'
    )


def _described(doses: Sequence[Dose], lanes: Sequence[Lane]) -> str:
    scores = ", ".join(f"{len(one.marks)} of {one.name}" for one in lanes) or "none"
    return f"{len(doses)} sessions; scores: {scores}. The tables below hold the same numbers."


def _text(x: float, y: float, words: str, css: str = "ink", **more: str) -> str:
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    fill = _SOFT if css == "soft" else _INK
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" fill="{fill}"{extra}>{escape(words)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, css: str, **more: str) -> str:
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    colour = _BOLD if css == "session" else _LINE
    return (
        f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="1"{extra}/>'
    )


def _calendar(frame: _Frame, bottom: float) -> Iterable[str]:
    """The first of each month or, in a short course, each Monday."""
    span = (frame.last - frame.first).days
    day, last_x = frame.first, -99.0
    while day <= frame.last:
        monday = span <= 70 and day.weekday() == 0
        if monday or (span > 70 and day.day == 1):
            x = frame.x(day, 0)
            yield _line(x, _TOP - 6, x, bottom, "grid")
            if x - last_x > 62:
                last_x = x
                yield _text(x + 3, 12, day.strftime("%b %Y" if span > 70 else "%d %b"), "soft")
        day += timedelta(days=1)


def _sessions(frame: _Frame, doses: Sequence[Dose], bottom: float) -> Iterable[str]:
    last_x = -99.0
    for one in doses:
        x = frame.x(one.on)
        yield _line(x, _TOP, x, bottom, "session", stroke_dasharray="1 3")
        if x - last_x > 13:
            last_x = x
            yield _text(x, _TOP - 8, str(one.number), text_anchor="middle", font_weight="600")


def _doses(frame: _Frame, doses: Sequence[Dose]) -> Iterable[str]:
    if not doses:
        return
    yield from _name("Dose", "mg", _TOP)
    floor, most = _TOP + _LANE, max(one.mg for one in doses) or 1
    yield _line(_LEFT, floor, _RIGHT, floor, "axis")
    last_x = -99.0
    for one in doses:
        x, height = frame.x(one.on), (_LANE - 16) * one.mg / most
        yield (
            f'<rect class="dose" x="{x - 4:.1f}" y="{floor - height:.1f}" width="8" '
            f'height="{height:.1f}" rx="2" fill="#e8eef8" stroke="#274b8a"/>'
        )
        if x - last_x > 30:
            last_x = x
            yield _text(x, floor - height - 4, f"{one.mg:g}", text_anchor="middle", font_size="11")


def _levels(frame: _Frame, doses: Sequence[Dose], top: float) -> Iterable[str]:
    """The band of each peak as a bar with its middle; a cross where there is no model."""
    yield from _name("Level", "peak, ng/mL", top)
    yield _text(6, top + 44, "forecast", "soft", font_size="11")
    most = max(one.level[2] for one in doses if one.level) or 1
    floor = top + _LANE
    yield _line(_LEFT, floor, _RIGHT, floor, "axis")
    yield _text(_LEFT - 6, top + 4, f"{most:.0f}", "soft", text_anchor="end", font_size="11")
    yield _text(_LEFT - 6, floor + 4, "0", "soft", text_anchor="end", font_size="11")
    for one in doses:
        x = frame.x(one.on)
        if one.level is None:
            yield _cross(x, floor - 6)
            continue
        low, middle, high = (floor - _LANE * value / most for value in one.level)
        yield (
            f'<rect class="band" x="{x - 4:.1f}" y="{high:.1f}" width="8" '
            f'height="{low - high:.1f}" rx="2" fill="#e8eef8" stroke="#274b8a" '
            'stroke-dasharray="3 2"/>'
        )
        yield (
            f'<path class="middle" d="M{x - 6:.1f} {middle:.1f}h12" stroke="#274b8a" '
            'stroke-width="2" fill="none"/>'
        )


def _pressures(frame: _Frame, doses: Sequence[Dose], top: float) -> Iterable[str]:
    if not doses:
        return
    yield from _name("Peak BP", "mmHg", top)
    shown = [v for one in doses for v in (one.systolic, one.diastolic) if v is not None]
    low, high = min([60.0, *shown]), max([180.0, *shown])
    for value in (60, 100, 140, 180):
        y = top + _LANE * (high - value) / (high - low)
        yield _line(_LEFT, y, _RIGHT, y, "grid")
        yield _text(_LEFT - 6, y + 4, str(value), "soft", text_anchor="end", font_size="11")
    for one in doses:
        x = frame.x(one.on)
        if one.systolic is None and one.diastolic is None:
            yield _cross(x, top + _LANE - 6)
        for peak, up in ((one.systolic, -1), (one.diastolic, 1)):
            if peak is not None:
                y = top + _LANE * (high - peak) / (high - low)
                yield (
                    f'<path class="caret" d="M{x - 4.5:.1f} {y + up * 8:.1f}L{x:.1f} {y:.1f}'
                    f'L{x + 4.5:.1f} {y + up * 8:.1f}Z" fill="{_INK}" stroke="{_INK}"/>'
                )


def _side_effects(frame: _Frame, doses: Sequence[Dose], top: float) -> Iterable[str]:
    if not doses:
        return
    yield from _name("Tolerated", "side effects", top)
    last_x = -99.0
    for one in doses:
        x = frame.x(one.on)
        if one.tolerated and x - last_x > 13:
            last_x = x
            sign = _SIGNS[one.tolerated]
            yield _text(x, top + 36, sign, "value", text_anchor="middle", font_weight="650")
        if one.side_effects:
            x = frame.x(one.on)
            yield (
                f'<path class="trouble" d="M{x:.1f} {top:.1f}l9 16h-18Z" fill="#fcf3da" '
                'stroke="#775000" stroke-linejoin="round"/>'
            )
            yield _text(x, top + 13.5, str(one.side_effects), text_anchor="middle", font_size="10")


def _lane(frame: _Frame, lane: Lane, top: float, place: int) -> Iterable[str]:
    tone = place % len(_TONES)
    yield from _name(lane.name, f"{lane.low:g}–{lane.high:g}", top)
    for value in (lane.low, lane.high):
        y = _y(lane, value, top)
        yield _line(_LEFT, y, _RIGHT, y, "grid")
        yield _text(_LEFT - 6, y + 4, f"{value:g}", "soft", text_anchor="end", font_size="11")
    for value, word in lane.lines:
        y = _y(lane, value, top)
        yield _line(_LEFT, y, _RIGHT, y, f"cut tone-{tone}", stroke_dasharray="5 4")
        yield _text(_LEFT + 3, y - 3, word, "soft", font_size="10.5")
    points = [(frame.of(one.at), _y(lane, one.value, top), one) for one in lane.marks]
    if len(points) > 1:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        yield (
            f'<polyline class="joined tone-{tone}" points="{path}" fill="none" '
            f'stroke="{_TONES[tone]}" stroke-width="1.5"/>'
        )
    for x, y, one in points:
        yield (
            f'<circle class="mark tone-{tone}" cx="{x:.1f}" cy="{y:.1f}" r="4" '
            f'fill="{_TONES[tone]}" stroke="{_TONES[tone]}"/>'
        )
        if one.is_baseline:
            yield (
                f'<circle class="ring tone-{tone}" cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" '
                f'stroke="{_TONES[tone]}" stroke-width="1.5"/>'
            )
    yield from _numbers(points)
    for day in lane.unscored:
        yield _cross(frame.x(day), top + _LANE - 6)


def _numbers(points: Sequence[tuple[float, float, Mark]]) -> Iterable[str]:
    """The number at each mark; where they would touch, only the first and the last."""
    last_x = -99.0
    for place, (x, y, one) in enumerate(points):
        if x - last_x > 26 or place == len(points) - 1:
            last_x = x
            words = f"{one.value:g}"
            yield _text(x, y - 11, words, "value", text_anchor="middle", font_size="11.5")


def _y(lane: Lane, value: float, top: float) -> float:
    share = (lane.high - value) / ((lane.high - lane.low) or 1)
    return top + _LANE * share


def _cross(x: float, y: float) -> str:
    return (
        f'<path class="missing" d="M{x - 3.5:.1f} {y - 3.5:.1f}l7 7m0 -7l-7 7" fill="none" '
        f'stroke="{_SOFT}" stroke-width="1.5"/>'
    )


def _name(words: str, unit: str, top: float) -> Iterable[str]:
    yield _text(6, top + 14, words, font_weight="600")
    if unit:
        yield _text(6, top + 30, unit, "soft", font_size="11")
