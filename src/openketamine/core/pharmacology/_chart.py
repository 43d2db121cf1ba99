"""The forecast as an SVG: a band, several named models, and what is not known, in one picture.

No script and no style attribute, so that a strict content-security policy lets it through.
Every shape has a class for the page's own colours, and presentation attributes for places without
a style sheet (print, mail). Text takes `currentColor`. The view box is narrow, so that its text
stays readable on a phone; a page should cap its width at about 48 rem.
"""

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._band import NOT_KNOWN, Band
from openketamine.core.pharmacology._forecast import Curve
from openketamine.core.pharmacology._landmarks import Landmark, landmarks

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 440, 50, 384, 26, 264
_LINE = 16
# Colours with a contrast of 3:1 or more on white and on near-black; dashes tell them apart without.
_INK = (("#2f7ac6", ""), ("#c25a1c", "8 4"), ("#8a63c9", "2 3"), ("#7d7a1e", "10 3 2 3"))
_SHADE = ("#71849b", "0.3")


@dataclass(frozen=True)
class _Frame:
    """Where a time and a concentration lie on the page."""

    first_min: float
    last_min: float
    top_ng: float

    def x(self, minute: float) -> float:
        share = (minute - self.first_min) / (self.last_min - self.first_min)
        return _LEFT + share * (_RIGHT - _LEFT)

    def y(self, level: float) -> float:
        return _BOTTOM - min(level / self.top_ng, 1.0) * (_BOTTOM - _TOP)

    def points(self, times: Sequence[float], levels: Sequence[float]) -> str:
        pairs = zip(times, levels, strict=True)
        return " ".join(f"{self.x(minute):.1f},{self.y(level):.1f}" for minute, level in pairs)


def forecast_svg(
    curves: Sequence[Curve],
    band: Band,
    *,
    now_min: float | None,
    dark: bool = False,
    drug: str = "ketamine",
    key: str = "forecast",
) -> str:
    """The picture, with title, description, axes in min and ng/mL, legend and doubts.

    Leave `dark` False inside a page (text takes the page's colour); True for a dark page that
    shows the picture as an image. `key` begins the ids inside: each picture of a page needs its
    own. BadInput where there is no curve or less than two times.
    """
    if not curves or len(band.time_min) < 2:
        raise BadInput("curves", "one or more curves and a band of two or more times")
    frame = _frame(curves, band)
    shown = tuple(mark for mark in landmarks(drug) if mark.from_ng_per_ml < frame.top_ng)
    notes = _notes(landmarks(drug), frame, curves, band)
    height = _BOTTOM + 56 + _LINE * (len(curves) + 1 + len(notes))
    parts = (
        _opening(height, key, dark=dark),
        f'<title id="{key}-title">{escape(_title(drug))}</title>',
        f'<desc id="{key}-desc">{escape(description(curves, band, now_min))}</desc>',
        *_axes(frame),
        _shade(frame, band),
        *_landmark_bars(frame, shown),
        *(_line(frame, curve, place) for place, curve in enumerate(curves)),
        *_now(frame, now_min),
        *_legend(curves, band),
        *_note_lines(notes, len(curves)),
        "</svg>",
    )
    return "\n".join(parts)


def description(curves: Sequence[Curve], band: Band, now_min: float | None) -> str:
    """The picture in words, for a person who does not see it."""
    peaks = "; ".join(
        f"{curve.name}: highest {curve.peak.ng_per_ml:,.0f} ng/mL at {curve.peak.time_min:.0f} min"
        for curve in curves
    )
    where = "" if now_min is None else f" Now is {now_min:.0f} min."
    return f"{peaks}.{where} {band.caption}"


def _title(drug: str) -> str:
    return f"{drug.capitalize()} in plasma: what the models expect"


def _opening(height: int, key: str, *, dark: bool) -> str:
    ink = ' color="#e6e9ee"' if dark else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="forecast" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="currentColor"{ink}>'
    )


def _frame(curves: Sequence[Curve], band: Band) -> _Frame:
    highest = max(1.0, *band.p95, *(curve.peak.ng_per_ml for curve in curves))
    step = _step(highest, 5)
    return _Frame(band.time_min[0], band.time_min[-1], step * math.ceil(highest * 1.02 / step))


def _step(span: float, about: int) -> float:
    """A round step of 1, 2, 2.5 or 5 times a power of ten, for about this many ticks."""
    power = 10.0 ** math.floor(math.log10(span / about))
    return next(nice * power for nice in (1, 2, 2.5, 5, 10) if nice * power * about >= span)


def _minute_step(span: float) -> float:
    steps = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 720, 1440)
    return next((step for step in steps if span / step <= 6), _step(span, 6))


def _ticks(first: float, last: float, step: float) -> Iterable[float]:
    start = math.ceil(first / step)
    return (step * place for place in range(start, math.floor(last / step + 1e-9) + 1))


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'


def _axes(frame: _Frame) -> Iterable[str]:
    yield '<g class="forecast-axes" font-size="12">'
    for level in _ticks(0, frame.top_ng, _step(frame.top_ng, 5)):
        y = frame.y(level)
        yield (
            f'<line class="forecast-grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" '
            'stroke="currentColor" stroke-opacity="0.18"/>'
        )
        yield _text(_LEFT - 6, y + 4, f"{level:,g}", ' text-anchor="end"')
    step = _minute_step(frame.last_min - frame.first_min)
    for minute in _ticks(frame.first_min, frame.last_min, step):
        yield _text(frame.x(minute), _BOTTOM + 17, f"{minute:g}", ' text-anchor="middle"')
    yield _text(_LEFT - 6, 14, "ng/mL", ' text-anchor="end"')
    yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 34, "min", ' text-anchor="middle"')
    yield "</g>"


def _shade(frame: _Frame, band: Band) -> str:
    there = frame.points(band.time_min, band.p95)
    back = frame.points(band.time_min[::-1], band.p5[::-1])
    colour, opacity = _SHADE
    return (
        f'<polygon class="forecast-band" fill="{colour}" fill-opacity="{opacity}" '
        f'points="{there} {back}"/>'
    )


def _line(frame: _Frame, curve: Curve, place: int) -> str:
    points = frame.points(curve.time_min, curve.plasma_ng_per_ml)
    return f'<polyline points="{points}" {_stroke(place)}/>'


def _stroke(place: int) -> str:
    colour, dashes = _INK[place % len(_INK)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    name = f"forecast-curve forecast-curve-{place % len(_INK) + 1}"
    return f'class="{name}" fill="none" stroke="{colour}" stroke-width="2.2"{dashed}'


def _landmark_bars(frame: _Frame, shown: Sequence[Landmark]) -> Iterable[str]:
    """Brackets beside the plot, not lines across it: a range seen in groups is no target."""
    for place, mark in enumerate(shown):
        x = _RIGHT + 10 + 18 * place
        low, high = frame.y(mark.from_ng_per_ml), frame.y(mark.to_ng_per_ml)
        middle = max((low + high) / 2, _TOP + 40)
        yield (
            f'<path class="forecast-landmark" fill="none" stroke="currentColor" '
            f'stroke-opacity="0.7" d="M{x - 4} {low:.1f}h4V{high:.1f}h-4"/>'
        )
        turned = (
            f' font-size="11" text-anchor="middle" transform="rotate(-90 {x + 12} {middle:.1f})"'
        )
        yield _text(x + 12, middle, mark.effect, turned)


def _now(frame: _Frame, now_min: float | None) -> Iterable[str]:
    if now_min is None or not frame.first_min <= now_min <= frame.last_min:
        return
    x = frame.x(now_min)
    side = "start" if x < (_LEFT + _RIGHT) / 2 else "end"
    yield (
        f'<line class="forecast-now" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{_BOTTOM}" '
        'stroke="currentColor" stroke-width="1.5"/>'
    )
    words = f"now, {now_min:.0f} min"
    yield _text(x, _TOP - 11, words, f' text-anchor="{side}" font-weight="600" font-size="12"')


def _legend(curves: Sequence[Curve], band: Band) -> Iterable[str]:
    y = _BOTTOM + 54
    for place, curve in enumerate(curves):
        yield f'<line x1="8" y1="{y - 4}" x2="44" y2="{y - 4}" {_stroke(place)}/>'
        yield _text(52, y, curve.name)
        y += _LINE
    colour, opacity = _SHADE
    yield (
        f'<rect class="forecast-band" x="8" y="{y - 11}" width="36" height="12" '
        f'fill="{colour}" fill-opacity="{opacity}"/>'
    )
    yield _text(52, y, f"9 of 10 of {band.people:,} simulated people")


def _notes(
    known: Sequence[Landmark], frame: _Frame, curves: Sequence[Curve], band: Band
) -> list[str]:
    """Where differences come from, landmarks with their sources, and what nobody knows."""
    read = {"R": "read", "B": "not yet checked", "P": "our default"}
    marks = "; ".join(
        f"{mark.effect} {mark.from_ng_per_ml:,.0f} to {mark.to_ng_per_ml:,.0f} ng/mL "
        f"({mark.source.id}, {read[mark.evidence]})"
        for mark in known
    )
    hidden = any(mark.from_ng_per_ml >= frame.top_ng for mark in known)
    beyond = " What lies above this chart is not drawn." if hidden else ""
    seen = f"Seen in groups of people, not limits for one: {marks}.{beyond}" if marks else ""
    differ = f"How people differ: {band.differences}."
    doubts = [doubt for curve in curves for doubt in curve.provisional]
    if len(band.models) == 1:
        doubts.append("One model only: how far models disagree is not in this picture.")
    texts = (differ, *doubts, seen, NOT_KNOWN)
    return [line for text in texts for line in textwrap.wrap(text, 66)]


def _note_lines(notes: Sequence[str], curves: int) -> Iterable[str]:
    y = _BOTTOM + 54 + _LINE * (curves + 1) + 4
    for place, line in enumerate(notes):
        yield _text(8, y + _LINE * place, line, ' class="forecast-note" font-size="12"')
