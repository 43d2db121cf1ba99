"""How long something took, in words."""

from django import template

register = template.Library()
_MINUTE, _HOUR = 60, 3600


@register.filter
def took(seconds: float | None) -> str:
    """`8 s`, `2 min 05 s`, `1 h 12 min`; nothing for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
