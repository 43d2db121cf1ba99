"""The drawn level in numbers: the table twin of the forecast, for who reads rather than looks."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from openketamine.core.pharmacology import Band, Curve

_EVERY_MIN = 10


def level_table(curves: Sequence[Curve], band: Band) -> SafeString:
    """About every ten minutes: the band, and each model's typical level, in ng/mL.

    Band and curves stand on one grid of times. Folded until somebody asks.
    """
    head = format_html_join(
        "",
        '<th scope="col" class="number-cell">{} <span class="soft">{}</span></th>',
        ((one.name, one.site) for one in curves),
    )
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td class="number-cell">{} to {}</td>{}</tr>',
        (
            (
                f"{band.time_min[place]:.0f} min",
                _whole(band.p5[place]),
                _whole(band.p95[place]),
                _levels(curves, place),
            )
            for place in _tens(band.time_min)
        ),
    )
    return format_html(
        '<details class="forecast-more"><summary>The same as a table</summary>'
        '<div class="table-scroll" tabindex="0"><table class="dense">'
        "<caption>Forecast, not measured. ng/mL since the start of the dose.</caption>"
        '<thead><tr><th scope="col">Time</th>'
        '<th scope="col" class="number-cell">Nine simulated people in ten</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>",
        head,
        rows,
    )


def _tens(times: Sequence[float]) -> list[int]:
    """Places of the times next to 0, 10, 20, … minutes."""
    wanted = range(0, int(times[-1]) + 1, _EVERY_MIN)
    places = range(len(times))
    return sorted({min(places, key=lambda place: abs(times[place] - at)) for at in wanted})


def _levels(curves: Sequence[Curve], place: int) -> SafeString:
    levels = ((_whole(one.plasma_ng_per_ml[place]),) for one in curves)
    return format_html_join("", '<td class="number-cell">{}</td>', levels)


def _whole(level: float) -> str:
    return f"{level:.0f}"
