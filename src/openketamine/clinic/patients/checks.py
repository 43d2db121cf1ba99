"""The clinic does not start with a label or a programme that no rule knows."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from openketamine.core.screening import LOCALES, known_programmes


@register()
def house_labels_are_known(**_: Any) -> list[CheckMessage]:
    """One sentence for each setting that was misspelt: silence would be the looser rules."""
    return list(_faults())


def _faults() -> Iterator[Error]:
    locales = [one for one in LOCALES if one]
    if settings.OPENKETAMINE_LOCALE and settings.OPENKETAMINE_LOCALE not in locales:
        said = f"{', '.join(locales)} or nothing, got {settings.OPENKETAMINE_LOCALE!r}"
        yield Error(f"OPENKETAMINE_LOCALE: expected {said}", id="patients.E001")
    for stranger in sorted(set(settings.OPENKETAMINE_PROGRAMMES) - known_programmes()):
        said = f"{', '.join(sorted(known_programmes()))}, got {stranger!r}"
        yield Error(f"OPENKETAMINE_PROGRAMMES: expected {said}", id="patients.E002")
