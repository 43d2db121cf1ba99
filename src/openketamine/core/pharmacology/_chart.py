"""The forecast as an SVG: a band, several named models, and what is not known, in one picture.

No script and no style attribute, so that a strict content-security policy lets it through.
Every shape has a class for the page's own colours, and presentation attributes for places without
a style sheet (print, mail). Text takes `currentColor`. The view box is narrow, so that its text
stays readable on a phone; a page should cap its width at about 48 rem.
"""

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._band import Band
from openketamine.core.pharmacology._forecast import Curve
from openketamine.core.pharmacology._landmarks import Landmark, landmarks

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 400, 50, 328, 26, 264
_LINE = 16
_LETTERS = 55  # of a note on one line
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
    route: str = "iv",
    given: str = "",
    doubts: Sequence[str] = (),
    with_notes: bool = True,
    key: str = "forecast",
) -> str:
    """The picture, with title, description, axes in min and ng/mL, legend and doubts.

    Leave `dark` False inside a page (text takes the page's colour); True for a dark page that
    shows the picture as an image. `given` is dose and weight in words, for the heading; `doubts`
    are more sentences on what is not known. A page that shows `forecast_notes` beside the picture,
    where they can be read on a phone, draws it without them (`with_notes`). `key` begins the ids
    inside: each picture of a page needs its own. BadInput where there is no curve or less than two
    times.
    """
    if not curves or len(band.time_min) < 2:
        raise BadInput("curves", "one or more curves and a band of two or more times")
    frame = _frame(curves, band)
    known = landmarks(drug, route)
    shown = tuple(mark for mark in known if mark.from_ng_per_ml < frame.top_ng)
    notes = _note_rows(forecast_notes(curves, band, drug, route, doubts)) if with_notes else []
    heading = _heading(drug, given)
    height = _BOTTOM + 56 + _LINE * (len(curves) + 1 + len(notes))
    parts = (
        _opening(height, _LINE * len(heading), key, dark=dark),
        f'<title id="{key}-title">{escape(_title(drug, given))}</title>',
        f'<desc id="{key}-desc">{escape(description(curves, band, now_min))}</desc>',
        *_heading_lines(heading),
        *_axes(frame),
        _shade(frame, band),
        *_landmark_bars(frame, shown),
        *(_line(frame, curve, ink) for curve, ink in zip(curves, _inks(curves), strict=True)),
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


def _title(drug: str, given: str) -> str:
    what = f"{drug.capitalize()} in plasma: what the models expect"
    return f"{what} after {given}" if given else what


def _heading(drug: str, given: str) -> list[str]:
    # A number and its unit stay on one line.
    kept = re.sub(r"(\d) (mg|kg|min|h|days)\b", "\\1\u00a0\\2", f"{drug.capitalize()} {given}")
    return textwrap.wrap(kept, 46) if given else []


def _heading_lines(heading: Sequence[str]) -> Iterable[str]:
    """Above the plot, in the room that the view box begins earlier for."""
    for place, line in enumerate(heading):
        y = _LINE * (place + 1 - len(heading)) - 6
        yield _text(8, y, line, ' class="forecast-heading" font-weight="600" font-size="14"')


def _opening(height: int, above: int, key: str, *, dark: bool) -> str:
    top = -above - 6 if above else 0
    ink = ' color="#e6e9ee"' if dark else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="forecast" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" viewBox="0 {top} {_WIDTH} {height - top}" '
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


def _time_unit(span_min: float) -> tuple[str, float]:
    """The unit of the time axis, and how many minutes it has."""
    if span_min <= 720:
        return "min", 1.0
    return ("h", 60.0) if span_min <= 4320 else ("days", 1440.0)


def _time_step(span: float) -> float:
    steps = (1, 2, 5, 7, 10, 14, 15, 20, 30, 60, 120, 240)
    return next((step for step in steps if span / step <= 6), _step(span, 6))


def _ticks(first: float, last: float, step: float) -> Iterable[float]:
    start = math.ceil(first / step)
    return (step * place for place in range(start, math.floor(last / step + 1e-9) + 1))


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'


def _axes(frame: _Frame) -> Iterable[str]:
    yield '<g class="forecast-axes" font-size="13">'
    for level in _ticks(0, frame.top_ng, _step(frame.top_ng, 5)):
        y = frame.y(level)
        yield (
            f'<line class="forecast-grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" '
            'stroke="currentColor" stroke-opacity="0.18"/>'
        )
        yield _text(_LEFT - 6, y + 4, f"{level:,g}", ' text-anchor="end"')
    unit, minutes = _time_unit(frame.last_min - frame.first_min)
    step = _time_step((frame.last_min - frame.first_min) / minutes)
    for time in _ticks(frame.first_min / minutes, frame.last_min / minutes, step):
        yield _text(frame.x(time * minutes), _BOTTOM + 17, f"{time:g}", ' text-anchor="middle"')
    yield _text(_LEFT - 6, 14, "ng/mL", ' text-anchor="end"')
    yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 34, unit, ' text-anchor="middle"')
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


def _inks(curves: Sequence[Curve]) -> list[int]:
    """Arterial before venous, so that a model looks alike in every picture of the same pair."""
    order = sorted(range(len(curves)), key=lambda place: (curves[place].site, place))
    return [order.index(place) for place in range(len(curves))]


def _stroke(place: int) -> str:
    colour, dashes = _INK[place % len(_INK)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    name = f"forecast-curve forecast-curve-{place % len(_INK) + 1}"
    return f'class="{name}" fill="none" stroke="{colour}" stroke-width="2.2"{dashed}'


def _landmark_bars(frame: _Frame, shown: Sequence[Landmark]) -> Iterable[str]:
    """Brackets beside the plot, not lines across it: a range seen in groups is no target."""
    for place, mark in enumerate(shown):
        x = _RIGHT + 10 + 20 * place
        low, high = frame.y(mark.from_ng_per_ml), frame.y(mark.to_ng_per_ml)
        middle = min(max((low + high) / 2, _TOP + 40), _BOTTOM - 32)
        yield (
            f'<path class="forecast-landmark" fill="none" stroke="currentColor" '
            f'stroke-opacity="0.7" d="M{x - 4} {low:.1f}h4V{high:.1f}h-4"/>'
        )
        turned = (
            f' font-size="12" text-anchor="middle" transform="rotate(-90 {x + 12} {middle:.1f})"'
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
    for curve, ink in zip(curves, _inks(curves), strict=True):
        yield f'<line x1="8" y1="{y - 4}" x2="44" y2="{y - 4}" {_stroke(ink)}/>'
        yield _text(52, y, curve.name)
        y += _LINE
    colour, opacity = _SHADE
    yield (
        f'<rect class="forecast-band" x="8" y="{y - 11}" width="36" height="12" '
        f'fill="{colour}" fill-opacity="{opacity}"/>'
    )
    yield _text(52, y, f"9 of 10 of {band.people:,} simulated people")


def forecast_notes(
    curves: Sequence[Curve],
    band: Band,
    drug: str = "ketamine",
    route: str = "iv",
    doubts: Sequence[str] = (),
) -> tuple[str, ...]:
    """What belongs to the picture in words: where differences come from, landmarks and models with
    their sources, and what nobody knows."""
    own = [*_together(doubt for curve in curves for doubt in curve.provisional)]
    if len(band.models) == 1:
        own.append("One model only: how far models disagree is not in this picture.")
    # Only plasma is drawn; doubts about what is not in the picture stay out of it.
    elsewhere = {one for curve in curves for one in (*curve.provisional, *curve.beside)}
    others = (one for one in doubts if one not in elsewhere and one not in band.provisional)
    papers = "; ".join(f"{curve.title} {', '.join(curve.sources)}" for curve in curves)
    differ = f"How people differ: {band.differences}."
    seen = _seen(landmarks(drug, route), _frame(curves, band))
    texts = (differ, *band.provisional, *own, *others, seen, band.not_known, f"Models: {papers}.")
    return tuple(filter(None, texts))


def _seen(known: Sequence[Landmark], frame: _Frame) -> str:
    if not known:
        return ""
    read = {"R": "read", "B": "not yet checked", "P": "our default"}
    marks = "; ".join(
        f"{mark.effect} {mark.span} ({mark.source.id}, {read[mark.evidence]})" for mark in known
    )
    hidden = any(mark.from_ng_per_ml >= frame.top_ng for mark in known)
    beyond = " What lies above this chart is not drawn." if hidden else ""
    return f"Seen in groups of people, not limits for one: {marks}.{beyond}"


def _note_rows(notes: Sequence[str]) -> list[str]:
    return [row for note in notes for row in textwrap.wrap(note, _LETTERS, break_on_hyphens=False)]


def _together(doubts: Iterable[str]) -> Iterable[str]:
    """What is said of several models is said once."""
    of: dict[str, list[str]] = {}
    for doubt in dict.fromkeys(doubts):
        whose, _, what = doubt.partition(": ")
        of.setdefault(what, []).append(whose)
    return (f"{' and '.join(whose)}: {what}" for what, whose in of.items())


def _note_lines(notes: Sequence[str], curves: int) -> Iterable[str]:
    y = _BOTTOM + 54 + _LINE * (curves + 1) + 4
    for place, line in enumerate(notes):
        yield _text(8, y + _LINE * place, line, ' class="forecast-note" font-size="12"')
