"""The words of the pages in other languages: `make words`.

Reads every text that a template or a module marks for translation, adds what a catalogue lacks
(empty, for somebody to translate) and marks what nobody says any more, then writes the compiled
`.mo` beside each `.po`. Both lie in the repository, so that a fresh clone needs no gettext tools;
`tests/docs/test_catalogues.py` holds them against each other and against the templates.
"""

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CLINIC = Path(__file__).resolve().parents[1] / "src/openketamine/clinic"
LOCALE = CLINIC / "site/locale"
_BETWEEN = "\x04"
_PLURAL = "\0"
_CALLS = {"gettext", "gettext_lazy", "gettext_noop", "_"}
_UNUSED = "#~ "


@dataclass(frozen=True, order=True)
class Text:
    """One text as the code says it; `context` where the same words mean two things."""

    english: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> str:
        """As gettext looks it up."""
        start = f"{self.context}{_BETWEEN}" if self.context else ""
        return f"{start}{self.english}" + (f"{_PLURAL}{self.plural}" if self.plural else "")


Catalogue = dict[Text, tuple[str, ...]]


def said() -> set[Text]:
    """Every text that is marked for translation. Django must be set up."""
    found: set[Text] = set()
    for path in CLINIC.rglob("*.html"):
        found |= set(_in_template(path))
    for path in CLINIC.rglob("*.py"):
        found |= set(_in_module(path))
    return found


def read_po(path: Path) -> tuple[str, Catalogue]:
    """The header and the translations of a `.po`. Entries of `#~` are left out."""
    found: Catalogue = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        fields = _fields(block)
        if "msgid" in fields:
            text = Text(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", ""))
            if text in found:
                raise ValueError(f"{path}: twice: {text.english!r}")
            said_as = (fields[key] for key in fields if key.startswith("msgstr"))
            found[text] = tuple(said_as)
    return found.pop(Text(""))[0], found


def write_po(path: Path, header: str, known: Catalogue) -> None:
    """The `.po` in the order of the English."""
    blocks = ['msgid ""\nmsgstr ""\n' + "\n".join(_quoted(one) for one in _lines(header))]
    for text in sorted(known):
        lines = [f"msgctxt {_quoted(text.context)}"] if text.context else []
        lines.append(f"msgid {_quoted(text.english)}")
        if text.plural:
            lines.append(f"msgid_plural {_quoted(text.plural)}")
            lines += [f"msgstr[{n}] {_quoted(one)}" for n, one in enumerate(known[text])]
        else:
            lines.append(f"msgstr {_quoted(known[text][0])}")
        blocks.append("\n".join(lines))
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def compiled(header: str, known: Catalogue) -> bytes:
    """The `.mo`: two tables of (length, offset), sorted by key, and the texts."""
    rows = {"": header} | {
        text.key: _PLURAL.join(words) for text, words in known.items() if all(words)
    }
    pairs = [(key.encode(), rows[key].encode()) for key in sorted(rows, key=str.encode)]
    offset, tables, texts = 28 + 16 * len(pairs), ([], []), b""
    for place, table in enumerate(tables):
        for pair in pairs:
            table.append(struct.pack("<II", len(pair[place]), offset + len(texts)))
            texts += pair[place] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, offset)
    return head + b"".join(tables[0]) + b"".join(tables[1]) + texts


def _in_template(path: Path) -> Iterator[Text]:
    from django.template import engines
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    engine = engines["django"].engine  # type: ignore[attr-defined]
    source = path.read_text(encoding="utf-8")
    if "i18n" not in source:
        return
    nodes = engine.from_string(source).nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        yield Text(str(node.filter_expression.var.literal))
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        plural = node.render_token_list(node.plural)[0] if node.plural else ""
        yield Text(node.render_token_list(node.singular)[0], plural)


def _in_module(path: Path) -> Iterator[Text]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            words = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if node.func.id in _CALLS and len(words) == 1:
                yield Text(words[0])
            elif node.func.id == "pgettext":
                yield Text(words[1], context=words[0])


def _fields(block: str) -> dict[str, str]:
    found: dict[str, str] = {}
    here = ""
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        name, _, rest = line.partition('"') if line.startswith('"') else line.partition(" ")
        here = name.strip() or here
        value = line if line.startswith('"') else rest
        found[here] = found.get(here, "") + str(ast.literal_eval(value))
    return found


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _quoted(text: str) -> str:
    made = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{made}"'


def main() -> None:
    """Bring every catalogue up to date, and say what still waits for a translation."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openketamine.clinic.site.settings")
    django.setup()
    wanted = said()
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        header, known = read_po(path)
        full = {one: known.get(one, ("", "") if one.plural else ("",)) for one in wanted}
        write_po(path, header, full)
        path.with_suffix(".mo").write_bytes(compiled(header, full))
        open_ones = sum(not all(words) for words in full.values())
        gone = len(set(known) - wanted)
        print(f"{path.parts[-3]}: {len(full)} texts, {open_ones} to translate, {gone} gone")


if __name__ == "__main__":
    main()
