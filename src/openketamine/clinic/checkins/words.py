"""Which instruments may be shown to a person, in which words."""

from openketamine.clinic.library.site_words import site_words, worded
from openketamine.core.course.check_ins import is_house_form
from openketamine.core.dosing import protocol, protocols
from openketamine.core.scoring import Instrument, instrument

_WAYS = {"iv": "injection", "im": "injection", "sc": "injection", "nasal": "nasal"}
_MOUTH = "oral"
# The instrument whose words may have to come by an answer, beside those that a schedule asks for.
_FOLLOW_UP = "c-ssrs-screen"


def shown(forms: tuple[str, ...], language: str) -> dict[str, Instrument]:
    """The instruments of these forms whose words may be shown here, and the one that an answer may
    ask for. In the person's language where the site has its words; in English else."""
    wanted = [one for one in (*forms, _FOLLOW_UP) if not is_house_form(one)]
    found = {name: _worded(name, language) for name in dict.fromkeys(wanted)}
    return {name: one for name, one in found.items() if all(item.text for item in one.items)}


def not_shown(forms: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Instruments that should be asked and whose words the site may not show."""
    may = shown(forms, language)
    return tuple(one for one in forms if not is_house_form(one) and one not in may)


def is_in(name: str, language: str) -> bool:
    """Whether the words of this instrument are there in this language."""
    known = instrument(name)
    shipped = language == "en" and known.ships_words
    return shipped or (name, language) in site_words()


def way_of(protocol_id: str) -> str:
    """injection, nasal or oral; empty where the protocol is not known."""
    if protocol_id not in protocols():
        return ""
    return _WAYS.get(protocol(protocol_id).route, _MOUTH)


def _worded(name: str, language: str) -> Instrument:
    known = worded(name, language)
    return worded(name) if known == instrument(name) else known
