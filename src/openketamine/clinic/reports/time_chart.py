"""The session as an anaesthesia-style time chart in SVG, the same conventions as the console.

Clock time from left to right, fine grid 5 min, bold 15 min; systolic ∨ and diastolic ∧ with the tip
at the value, never joined; heart rate a dot; SpO₂ in a lane of its own; the pump as bars with the
rate at each change; events numbered and aligned. Hollow by hand, filled by a device. Nothing is
interpolated or smoothed: a gap stays a gap.

Shapes carry presentation attributes for paper and classes for a page's own colours; there is no
script and no style attribute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any

from openketamine.clinic.reports.chart_points import SCORED, ChartData, Point, chart_data
from openketamine.core.monitoring import Sample

_WIDTH, _LEFT, _RIGHT = 960, 92, 944
_PUMP, _EVENTS, _PRESSURE, _SPO2, _ROWS = 26, 62, 88, 322, 410
_PRESSURE_HEIGHT, _SPO2_HEIGHT, _ROW = 216, 66, 19
_INK, _SOFT, _LINE, _BOLD = "#1a202c", "#535c6b", "#dcd9d2", "#a9a69d"
_COLOUR = {"heart_rate": "#14773a", "spo2": "#006b99", "respiratory_rate": "#756000"}
_ROW_WORDS = {
    "respiratory_rate": "Resp. rate /min",
    "moaas": "MOAA/S 0–5",
    "dissociation": "Dissociation 0–10",
    "nausea": "Nausea 0–10",
    "distress": "Distress 0–10",
    "pain": "Pain 0–10",
}


@dataclass(frozen=True)
class _Frame:
    """Where a time and a pressure lie on the page."""

    first: datetime
    last: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        share = (at - self.first) / (self.last - self.first)
        return _LEFT + share * (_RIGHT - _LEFT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _PRESSURE + _PRESSURE_HEIGHT * (1 - share)


def time_chart(
    state: Mapping[str, Any], samples: Sequence[Sample], now: datetime, zone: tzinfo
) -> str:
    """The chart of one session: `state` as JSON, every sample, the clinic's time zone."""
    data = chart_data(state, samples, now)
    frame = _frame(data)
    rows = _rows(data)
    height = _ROWS + _ROW * len(rows) + 44
    parts = (
        _opening(height),
        '<title id="time-chart-title">Time chart of the session</title>',
        f'<desc id="time-chart-desc">{escape(_description(data, zone))}</desc>',
        *_grid(frame, height - 44, zone),
        *_pump(frame, data),
        *_event_marks(frame, data, height - 44),
        *_scales(frame),
        *_pressures(frame, data),
        *_saturations(frame, data),
        *_doubts(frame, data),
        *_number_rows(frame, rows),
        *_legend(height - 14),
        "</svg>",
    )
    return "\n".join(parts)


def _opening(height: int) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="time-chart" role="img" '
        f'aria-labelledby="time-chart-title time-chart-desc" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="system-ui, Liberation Sans, DejaVu Sans, sans-serif" font-size="12">'
    )


def _description(data: ChartData, zone: tzinfo) -> str:
    first, last = (moment.astimezone(zone).strftime("%H:%M") for moment in (data.first, data.last))
    marks = len(data.points)
    return (
        f"From {first} to {last}: {marks} readings shown, at most one a minute for each signal, "
        f"none averaged; {len(data.events)} events. The tables of the report hold the same numbers."
    )


def _frame(data: ChartData) -> _Frame:
    shown = [p.value for p in data.points if p.signal in ("systolic", "diastolic", "heart_rate")]
    low = min([40.0, *(20.0 * (value // 20) for value in shown)])
    high = max([180.0, *(20.0 * (value // 20 + 1) for value in shown)])
    return _Frame(data.first, data.last, low, high)


def _text(x: float, y: float, words: str, css: str = "", fill: str = _INK, **more: str) -> str:
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    return (
        f'<text class="{css or "ink"}" x="{x:.1f}" y="{y:.1f}" fill="{fill}"{extra}>'
        f"{escape(words)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, css: str, colour: str, width: float) -> str:
    return (
        f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _grid(frame: _Frame, bottom: float, zone: tzinfo) -> Iterable[str]:
    at = frame.first
    while at <= frame.last:
        quarter = at.minute % 15 == 0
        x = frame.x(at)
        css, colour, width = ("grid-bold", _BOLD, 1.0) if quarter else ("grid", _LINE, 0.5)
        yield _line(x, _PUMP - 8, x, bottom, css, colour, width)
        if quarter:
            clock = at.astimezone(zone).strftime("%H:%M")
            yield _text(x, 13, clock, "soft", _SOFT, text_anchor="middle")
        at += timedelta(minutes=5)


def _pump(frame: _Frame, data: ChartData) -> Iterable[str]:
    yield _text(_LEFT - 10, _PUMP + 15, "ketamine", text_anchor="end", font_weight="600")
    yield f'<rect x="8" y="{_PUMP + 4}" width="5" height="14" rx="1.5" fill="#ffd400"/>'
    for bar in data.bars:
        x, width = frame.x(bar.start), max(frame.x(bar.end) - frame.x(bar.start), 1.5)
        yield (
            f'<rect class="pump" x="{x:.1f}" y="{_PUMP}" width="{width:.1f}" height="22" rx="2" '
            'fill="#e8eef8" stroke="#274b8a"/>'
        )
        # A bar too short for its words is explained by its event and by the table of segments.
        if width > 6.2 * len(bar.rate):
            yield _text(x + 6, _PUMP + 15, bar.rate, font_size="11.5")


def _event_marks(frame: _Frame, data: ChartData, bottom: float) -> Iterable[str]:
    if data.events:
        yield _text(_LEFT - 10, _EVENTS + 11, "events", "soft", _SOFT, text_anchor="end")
    taken = [-99.0, -99.0]
    for event in data.events:
        x = frame.x(event.at)
        lane = 0 if x - taken[0] > 17 else 1
        taken[lane] = x
        y = _EVENTS + 6 + lane * 15
        yield (
            f'<line class="event-line" x1="{x:.1f}" y1="{y + 8}" x2="{x:.1f}" y2="{bottom:.1f}" '
            f'stroke="{_SOFT}" stroke-width="0.6" stroke-dasharray="2 3"/>'
        )
        yield (
            f'<circle class="event" cx="{x:.1f}" cy="{y}" r="7.5" fill="#ffffff" stroke="{_INK}"/>'
        )
        yield _text(x, y + 3.5, str(event.number), text_anchor="middle", font_size="10")


def _scales(frame: _Frame) -> Iterable[str]:
    value = frame.low
    while value <= frame.high:
        y = frame.y(value)
        yield _line(_LEFT, y, _RIGHT, y, "grid", _LINE, 0.6)
        yield _text(_LEFT - 8, y + 4, f"{value:.0f}", "soft", _SOFT, text_anchor="end")
        value += 20
    yield _text(8, _PRESSURE + 40, "mmHg", "soft", _SOFT)
    yield _text(8, _PRESSURE + 56, "bpm", "heart_rate", _COLOUR["heart_rate"])
    for value in (85, 90, 95, 100):
        y = _spo2_y(value)
        yield _line(_LEFT, y, _RIGHT, y, "grid", _LINE, 0.6)
        yield _text(_LEFT - 8, y + 4, str(value), "soft", _SOFT, text_anchor="end")
    yield _text(8, _SPO2 + 36, "SpO₂ %", "spo2", _COLOUR["spo2"])


def _spo2_y(value: float) -> float:
    return _SPO2 + _SPO2_HEIGHT * (100 - max(value, 85.0)) / 15


def _pressures(frame: _Frame, data: ChartData) -> Iterable[str]:
    for point in data.points:
        x = frame.x(point.at)
        if point.signal == "systolic":
            yield _caret(x, frame.y(point.value), -1, point)
        elif point.signal == "diastolic":
            yield _caret(x, frame.y(point.value), 1, point)
        elif point.signal == "mean_pressure":
            y = frame.y(point.value)
            yield _line(x - 3.5, y, x + 3.5, y, "pressure", _INK, 1)
        elif point.signal == "heart_rate":
            yield _dot(x, frame.y(point.value), 2.3, point)


def _caret(x: float, y: float, up: int, point: Point) -> str:
    """∨ above the systolic, ∧ below the diastolic; the tip is the value. By hand it is hollow."""
    fill = "none" if point.manual else _INK
    css = "caret-hand" if point.manual else "caret"
    tip, back = f"{x:.1f} {y:.1f}", y + up * 8
    return (
        f'<path class="{css}" d="M{x - 4.5:.1f} {back:.1f}L{tip}L{x + 4.5:.1f} {back:.1f}Z" '
        f'fill="{fill}" stroke="{_INK}" stroke-width="1.3" stroke-linejoin="round"/>'
    )


def _dot(x: float, y: float, radius: float, point: Point) -> str:
    colour = _COLOUR[point.signal]
    css = f"{point.signal}{'-hand' if point.manual else ''}"
    fill, size = ("none", radius + 1) if point.manual else (colour, radius)
    return (
        f'<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{fill}" '
        f'stroke="{colour}"/>'
    )


def _saturations(frame: _Frame, data: ChartData) -> Iterable[str]:
    for point in data.points:
        if point.signal != "spo2":
            continue
        x, y = frame.x(point.at), _spo2_y(point.value)
        yield _dot(x, y, 2.0, point)
        if point.value < 85:
            low = f"{point.value:.0f}"
            yield _text(
                x, y - 5, low, "spo2", _COLOUR["spo2"], text_anchor="middle", font_size="10"
            )


def _doubts(frame: _Frame, data: ChartData) -> Iterable[str]:
    """× on the floor of its lane: something came and is not believed; its value is not shown."""
    for doubt in data.doubted:
        x = frame.x(doubt.at)
        y = _SPO2 + _SPO2_HEIGHT if doubt.signal == "spo2" else _PRESSURE + _PRESSURE_HEIGHT
        yield (
            f'<path class="doubted" d="M{x - 2.5:.1f} {y - 6:.1f}l5 5m0 -5l-5 5" fill="none" '
            f'stroke="{_SOFT}" stroke-width="1.1"/>'
        )


def _rows(data: ChartData) -> list[tuple[str, list[Point]]]:
    """Signals that are read as numbers: respiratory rate, and every score that was charted."""
    found = [(s, [p for p in data.points if p.signal == s]) for s in ("respiratory_rate", *SCORED)]
    return [(signal, points) for signal, points in found if points]


def _number_rows(frame: _Frame, rows: Sequence[tuple[str, list[Point]]]) -> Iterable[str]:
    for place, (signal, points) in enumerate(rows):
        y = _ROWS + _ROW * place
        yield _text(8, y, _ROW_WORDS[signal], "soft", _SOFT, font_size="10.5")
        last = -99.0
        for point in points:
            x = frame.x(point.at)
            # Numbers that would touch are left out; the first of every five minutes or so stays.
            if x - last < 24:
                continue
            last = x
            words = f"({point.value:g})" if point.manual else f"{point.value:g}"
            yield _text(x, y, words, text_anchor="middle", font_size="11")


def _legend(y: float) -> Iterable[str]:
    words = (
        "∨ systolic  ∧ diastolic  – mean  ● heart rate, SpO₂     filled device, hollow or (n) "
        "by hand     × not believed     one reading a minute, none averaged; gaps are gaps"
    )
    yield _text(_LEFT, y, words, "soft", _SOFT, font_size="11")
