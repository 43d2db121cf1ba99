"""Our share beside published ones as SVG: a square with its interval, a diamond where nobody said
of how many it was. One row each, the same order as the table that stands below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW, _TOP, _FOOT = 720, 30, 14, 34
_NAMES, _LEFT, _RIGHT = 370, 390, 700
_LONGEST = 54


@dataclass(frozen=True)
class Bar:
    """One row; shares from 0 to 1. `low`, `high`: None without an interval. `own`: this house."""

    words: str
    share: float
    low: float | None
    high: float | None
    own: bool = False


def draw(title: str, bars: Sequence[Bar]) -> str:
    """All rows over one axis from 0 to 100 %. `title` names it for who cannot see it."""
    height = _TOP + _ROW * len(bars) + _FOOT
    parts = (
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="forest" role="img" '
            f'aria-label="{escape(title)}; the table below holds the same numbers" '
            f'viewBox="0 0 {_WIDTH} {height}" '
            'font-family="system-ui, Liberation Sans, DejaVu Sans, sans-serif" font-size="13">'
        ),
        *(_grid(percent, height) for percent in range(0, 101, 25)),
        *(_bar(bar, _TOP + _ROW * place + _ROW / 2) for place, bar in enumerate(bars)),
        "</svg>",
    )
    return "\n".join(parts)


def _x(share: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * share


def _grid(percent: int, height: float) -> str:
    x = _x(percent / 100)
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{height - _FOOT + 4}" '
        f'stroke="#dcd9d2"/><text class="soft" x="{x:.1f}" y="{height - 10}" '
        f'text-anchor="middle" fill="#535c6b">{percent} %</text>'
    )


def _bar(bar: Bar, y: float) -> str:
    css = "own" if bar.own else "other"
    words = bar.words if len(bar.words) <= _LONGEST else f"{bar.words[: _LONGEST - 1]}…"
    weight = ' font-weight="650"' if bar.own else ""
    name = (
        f'<text class="ink" x="{_NAMES}" y="{y + 4:.1f}" text-anchor="end" fill="#1a202c"{weight}>'
        f"{escape(words)}</text>"
    )
    if bar.low is None or bar.high is None:
        return name + _diamond(_x(bar.share), y)
    return (
        f'{name}<line class="{css}" x1="{_x(bar.low):.1f}" x2="{_x(bar.high):.1f}" y1="{y:.1f}" '
        f'y2="{y:.1f}" stroke="#535c6b" stroke-width="2"/>'
        f'<rect class="{css}" x="{_x(bar.share) - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" '
        f'fill="{"#274b8a" if bar.own else "#535c6b"}"/>'
    )


def _diamond(x: float, y: float) -> str:
    corners = f"{x:.1f},{y - 7:.1f} {x + 7:.1f},{y:.1f} {x:.1f},{y + 7:.1f} {x - 7:.1f},{y:.1f}"
    return f'<polygon class="published" points="{corners}" fill="#ffffff" stroke="#535c6b"/>'
