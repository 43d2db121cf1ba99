"""Words of instruments that this site may show beside the English ones that we ship: the published
ones in other languages, and its own pack, read once a process."""

import logging
from functools import cache
from pathlib import Path

from django.conf import settings

from openketamine.core.findings import BadInput
from openketamine.core.scoring import Instrument, Pack, instrument, pack, published, with_words


def site_words() -> Pack:
    """What we ship in other languages, and the pack of the site, which comes before it."""
    return {**published(), **_read(settings.OPENKETAMINE_INSTRUMENT_PACK)}


def worded(name: str, language: str = "en") -> Instrument:
    """An instrument in the site's words. Labels stand in where neither we nor the pack has them."""
    return with_words(instrument(name), site_words(), language)


@cache
def _read(folder: str) -> Pack:
    """A pack that cannot be read leaves the labels and stops nobody."""
    if not folder:
        return {}
    try:
        return pack(Path(folder))
    except (BadInput, OSError):
        logging.getLogger(__name__).exception("the pack of instruments is not used")
        return {}
