"""HL7 v2 text as segments, fields, components. A plain splitter: this is the hot path."""

import re
from dataclasses import dataclass

from openketamine.core.findings import BadInput

_ESCAPE_CODES = {"F": 0, "S": 1, "R": 2, "E": 3, "T": 4}
_HEADERS = frozenset({"MSH", "FHS", "BHS"})
NULL = '""'
"""HL7's explicit "there is no value"."""


@dataclass(frozen=True)
class Separators:
    """The five signs that MSH-1 and MSH-2 declare: field, component, repetition, escape, sub."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"

    @property
    def all(self) -> str:
        """In the order F S R E T, by which the escapes name them."""
        return self.field + self.component + self.repetition + self.escape + self.sub

    @property
    def all_but_field(self) -> str:
        """As MSH-2, FHS-2 and BHS-2 write them: component, repetition, escape, sub."""
        return self.component + self.repetition + self.escape + self.sub


@dataclass(frozen=True)
class Segment:
    """One line. Fields are numbered as in the standard: `field(3)` is PID-3, OBX-3 or MSH-3."""

    name: str
    fields: tuple[str, ...]
    signs: Separators

    def field(self, number: int) -> str:
        """The raw text of a field, empty where the line ends before it."""
        return self.fields[number] if number < len(self.fields) else ""

    def part(self, number: int, component: int = 1) -> str:
        """One component of the first repetition, with its escapes resolved."""
        raw = self.field(number)
        # Most fields of most rows are empty, and this is asked dozens of times a message.
        if not raw:
            return ""
        return component_of(raw.partition(self.signs.repetition)[0], component, self.signs)

    def repetitions(self, number: int) -> list[str]:
        """The raw repetitions of a field."""
        raw = self.field(number)
        return raw.split(self.signs.repetition) if raw else []


def component_of(raw: str, component: int, signs: Separators) -> str:
    """One component of a raw field, with its escapes resolved; empty where there is none."""
    parts = raw.split(signs.component)
    text = parts[component - 1] if component <= len(parts) else ""
    return _unescape(text, signs).strip() if signs.escape in text else text.strip()


def split_message(text: str) -> list[Segment]:
    """All segments of a message. Raises BadInput where it does not begin with a usable MSH."""
    lines = [line for line in re.split(r"\r\n|\r|\n", text.lstrip("\ufeff\r\n ")) if line.strip()]
    return split_lines(lines, "MSH")


def split_lines(lines: list[str], *first: str) -> list[Segment]:
    """Lines as segments, by the separators that the first of them declares. `first`: its names."""
    if not lines or not lines[0].startswith(first) or len(lines[0]) < 8:
        raise BadInput("message", f"an {first[0]} segment first")
    signs = Separators(*lines[0][3:8])
    if len(set(signs.all)) < 5 or any(sign.isalnum() for sign in signs.all):
        raise BadInput("MSH-2", "five different separators", lines[0][3:8])
    return [_segment(line, signs) for line in lines]


def _segment(line: str, signs: Separators) -> Segment:
    parts = line.split(signs.field)
    if parts[0] in _HEADERS:
        # Their first field is the separator itself, so every later field moves up by one.
        parts.insert(1, signs.field)
    return Segment(parts[0], tuple(parts), signs)


def _unescape(text: str, signs: Separators) -> str:
    mark = re.escape(signs.escape)
    return re.sub(f"{mark}(.*?){mark}", lambda found: _resolve(found, signs), text)


def _resolve(found: re.Match[str], signs: Separators) -> str:
    code = found.group(1)
    if code in _ESCAPE_CODES:
        return signs.all[_ESCAPE_CODES[code]]
    if re.fullmatch(r"X([0-9A-Fa-f]{2})+", code):
        text = bytes.fromhex(code[1:]).decode("latin-1")
        return text if text.isprintable() else found.group(0)
    return found.group(0)
