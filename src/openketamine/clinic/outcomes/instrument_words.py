"""An instrument with the words that the site's pack holds, where its licence keeps them out."""

import logging
from functools import cache
from pathlib import Path

from django.conf import settings

from openketamine.core.findings import BadInput
from openketamine.core.scoring import Instrument, Pack, instrument, pack, with_words


def with_the_sites_words(name: str) -> Instrument:
    """Labels stand in where neither we nor the pack has the words."""
    return with_words(instrument(name), _pack(settings.OPENKETAMINE_INSTRUMENT_PACK))


@cache
def _pack(folder: str) -> Pack:
    """A pack that cannot be read leaves the labels and stops nobody."""
    if not folder:
        return {}
    try:
        return pack(Path(folder))
    except (BadInput, OSError):
        logging.getLogger(__name__).exception("the pack of instruments is not used")
        return {}
