"""The page on instruments, from their files: what is asked, how it is scored, what a change means."""

from collections.abc import Iterator, Sequence

from openketamine.core.scoring import Instrument, instrument, instruments, published
from openketamine.core.scoring._cuts import Cut, Cuts
from openketamine.core.scoring._instrument import Part

ABOUT = """\
Scored by `openketamine score ID --answers JSON`. An answer is the number of a choice; `null` is not answered and never 0.
Where a licence keeps the words out, the slot is empty: a site with permission loads them from its own folder
(`--pack`, or the setting `OPENKETAMINE_INSTRUMENT_PACK`), one YAML file an instrument and language:

```yaml
instrument: s-dn4
version: "7 items"          # as in the table below; another form is another version
language: en
permission: "who gave it, and when"
lead_in: "…"                # where the form has one
items: {1: "…", 2: "…", 3: "…", 4: "…", 5: "…", 6: "…", 7: "…"}
choices: {all: {0: "…", 1: "…"}}   # or by item number; where the form has words for its answers
```

A pack holds words and nothing that counts. A file that does not fit is refused with one sentence.
It also adds a language to an instrument whose English words are shipped, and comes before ours. Ours in other
languages lie in `knowledge/instrument-words`: a published form word by word, with the copies that were read, or nothing.
Of several published cut-offs the first, stricter one decides; the others are shown beside it. A code that nobody
verified is left out. LOINC codes are used under the licence at loinc.org/license; see NOTICE."""


def page() -> str:
    """The whole page, without its last line."""
    return "\n".join(["# Instruments", "", ABOUT, "", *_overview(), *_each()])


def _overview() -> Iterator[str]:
    yield "| id | what | version | items | looks back | words | LOINC |"
    yield "|---|---|---|---|---|---|---|"
    for name in instruments():
        known = instrument(name)
        words = _whose(known)
        code = known.loinc or "not known"
        cells = [known.id, known.title, known.version, str(len(known.items)), known.recall]
        yield f"| {' | '.join([*cells, words, code])} |"
    yield ""


def _whose(known: Instrument) -> str:
    """Who brings the words, and in which languages we do."""
    own = [language for name, language in published() if name == known.id]
    if not known.ships_words:
        return ", ".join(["by the site", *own])
    return f"shipped: {', '.join([*known.languages, *own])}"


def _each() -> Iterator[str]:
    for name in instruments():
        known = instrument(name)
        yield from (f"## {known.id}", "", f"{known.title}. {known.licence}", "")
        yield from (f"- {line}" for line in _lines(known))
        yield ""


def _lines(known: Instrument) -> Iterator[str]:
    yield f"Counted: {_method(known)}"
    if known.bands:
        yield f"Bands: {_bands(known.bands)}"
    for sex, bands in known.bands_by_sex.items():
        yield f"Bands, {sex}: {_bands(bands)}"
    if known.triage:
        yield "Levels: " + "; ".join(f"{one.band} (item {_or(one.any_of)})" for one in known.triage)
    if known.criteria:
        yield "Levels: " + "; ".join(one.band for one in known.criteria)
    for flag in known.flags:
        of = f"item {flag.item}" if flag.item else "total"
        yield f"Flag: {flag.says} ({of} {flag.threshold.compare} {flag.threshold.value})"
    for cuts in known.cuts:
        yield f"Change of {cuts.of}: {_change(cuts)}"
    if known.note:
        yield known.note
    cited = ", ".join(f"{one.id} ({one.where})" for one in known.sources)
    yield f"Source: {cited}; evidence {known.evidence}"


def _method(known: Instrument) -> str:
    parts = "; ".join(f"{part.id} {_part(part)}" for part in known.parts)
    if known.total is not None:
        return _part(known.total) + (f". Besides: {parts}" if parts else "")
    return f"{known.method}{': ' + parts if parts else ''}"


def _part(part: Part) -> str:
    said = f"{part.rule} of {len(part.items)}" + (" / " + str(part.divided_by)) * (
        part.divided_by > 1
    )
    if part.t_scores:
        said += ", as T-score"
    return said + (f", up to {part.most_missing} may be missing" if part.most_missing else "")


def _bands(bands: Sequence[tuple[int, int, str]]) -> str:
    return "; ".join(f"{low} to {high} {says}" for low, high, says in sorted(bands))


def _or(items: Sequence[int]) -> str:
    return " or ".join(str(item) for item in items)


def _change(cuts: Cuts) -> str:
    kinds = ("evaluable", "response", "partial", "worsening", "remission", "important")
    listed = [(kind, getattr(cuts, kind)) for kind in kinds]
    return "; ".join(f"{kind} {_cuts(found)}" for kind, found in listed if found)


def _cuts(found: Sequence[Cut]) -> str:
    return ", ".join(f"{cut.words} [{cut.source}]" for cut in found)
