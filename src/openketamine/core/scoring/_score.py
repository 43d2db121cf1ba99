"""One evaluator for every instrument: check the answers, count, find the band, raise the flags."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.scoring._answers import Answers, by_item
from openketamine.core.scoring._instrument import Bands, Criteria, Instrument, instrument
from openketamine.core.scoring._parts import Answered, Subscore, number, rounded, subscore

SEXES = ("female", "male")


@dataclass(frozen=True)
class Flag:
    """An answer that somebody must see, whatever the total."""

    item: int | None
    says: str

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {"item": self.item, "says": self.says}


@dataclass(frozen=True)
class Score:
    """A total with its band; `total` is None where too many items are missing, or there is none.

    `exact` is the total before rounding; `not_assessable` holds items that were tried and could not
    be judged: they count nothing and are neither absent nor missing.
    """

    instrument: str
    version: str
    loinc: str | None
    total: int | Decimal | None = None
    exact: Fraction | None = None
    band: str | None = None
    valid: bool = True
    missing: tuple[int, ...] = ()
    flags: tuple[Flag, ...] = ()
    pro_rated: bool = False
    not_assessable: tuple[int, ...] = ()
    subscores: tuple[Subscore, ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract; what has nothing to say is left out."""
        said: dict[str, Any] = {
            "instrument": self.instrument,
            "total": number(self.total),
            "band": self.band,
            "valid": self.valid,
            "missing": list(self.missing),
            "flags": [flag.as_json() for flag in self.flags],
            "loinc": self.loinc,
        }
        if self.pro_rated:
            said["pro_rated"] = True
        if self.not_assessable:
            said["not_assessable"] = list(self.not_assessable)
        if self.subscores:
            said["subscores"] = {one.id: one.as_json() for one in self.subscores}
        return said | ({"note": self.note} if self.note else {})


def score(name: str, answers: Answers, *, sex: str | None = None) -> Score:
    """Score an instrument. Answers come in item order, or by item number; None is "not answered".

    `sex` ("female", "male") matters where a cut-off depends on it; unknown, the stricter one holds
    and the note says so. Raises BadInput for an unknown instrument, item or sex, or an answer that
    the item does not have.
    """
    known = instrument(name)
    if sex not in (None, *SEXES):
        raise BadInput("sex", "female or male", sex)
    given = by_item(known, answers)
    parts = tuple(subscore(known, part, given) for part in known.parts)
    found = _counted(known, given, parts)
    said = replace(
        found,
        band=_band(known, given, found, sex),
        flags=_flags(known, given, found),
        not_assessable=_apart(known, given),
        subscores=parts,
    )
    return replace(said, note=_note(known, said, sex))


def _counted(known: Instrument, given: Answered, parts: tuple[Subscore, ...]) -> Score:
    """The total, and what is missing for it."""
    bare = Score(known.id, known.version, known.loinc)
    if known.total is not None:
        whole = subscore(known, known.total, given)
        return replace(
            bare,
            total=whole.score,
            exact=whole.exact,
            valid=whole.valid,
            missing=whole.missing,
            pro_rated=whole.pro_rated,
        )
    if known.method == "parts":
        return _of_parts(known, bare, parts)
    if known.method == "part by part":
        missing = tuple(sorted({item for part in parts for item in part.missing}))
        rated = any(part.pro_rated for part in parts)
        return replace(bare, valid=all(p.valid for p in parts), missing=missing, pro_rated=rated)
    unanswered = tuple(item for item in _required(known, given) if given[item] is None)
    return replace(bare, valid=not unanswered, missing=unanswered)


def _of_parts(known: Instrument, bare: Score, parts: tuple[Subscore, ...]) -> Score:
    """The sum of the parts; none where one of them could not be scored."""
    exact = [part.exact for part in parts]
    total = sum((one for one in exact if one is not None), Fraction(0))
    valid = None not in exact
    decimals = max(part.decimals for part in known.parts)
    return replace(
        bare,
        total=rounded(total, decimals) if valid else None,
        exact=total if valid else None,
        valid=valid,
        missing=tuple(sorted({item for part in parts for item in part.missing})),
        pro_rated=valid and any(part.pro_rated for part in parts),
    )


def _required(known: Instrument, given: Answered) -> list[int]:
    """Items that must be answered; a yes to one may make others necessary."""
    numbers = {item.number for item in known.items if not item.optional}
    for opener, followers in known.asked_if:
        if given[opener] == 1:
            numbers.update(followers)
    return sorted(numbers)


def _apart(known: Instrument, given: Answered) -> tuple[int, ...]:
    return tuple(
        item.number
        for item in known.items
        if item.not_assessable is not None and given[item.number] == item.not_assessable
    )


def _band(known: Instrument, given: Answered, found: Score, sex: str | None) -> str | None:
    if known.triage:
        return _risk(known, given, valid=found.valid)
    if known.criteria:
        return _level(known, given)
    return None if found.exact is None else _within(_bands_for(known, sex), found.exact)


def _bands_for(known: Instrument, sex: str | None) -> Bands:
    return known.bands_by_sex.get(sex or "", known.bands)


def _within(bands: Bands, total: Fraction) -> str | None:
    """A total that falls between two whole-number bands belongs to the upper one."""
    return next((says for _, last, says in sorted(bands) if total <= last), None)


def _risk(known: Instrument, given: Answered, *, valid: bool) -> str | None:
    """The highest level proven by a yes. With items missing it is a lower bound, never "none"."""
    for level in known.triage:
        if any(given.get(item) == 1 for item in level.any_of):
            return level.band if valid or level is known.triage[0] else f"at least {level.band}"
    return "no risk found" if valid else None


def _level(known: Instrument, given: Answered) -> str | None:
    """The first level that holds; None where what was not answered could still decide it."""
    for level in known.criteria:
        if _holds(level, given, unanswered=0):
            return level.band
        if _holds(level, given, unanswered=1):
            return None
    return "criteria not met"


def _holds(level: Criteria, given: Answered, *, unanswered: int) -> bool:
    def count(items: tuple[int, ...]) -> int:
        return sum(unanswered if (one := given[item]) is None else one for item in items)

    return all(count(items) >= least for items, least in level.needs)


def _flags(known: Instrument, given: Answered, found: Score) -> tuple[Flag, ...]:
    raised = []
    for rule in known.flags:
        value = found.total if rule.item is None else given.get(rule.item)
        if value is not None and rule.threshold.met_by(value):
            raised.append(Flag(rule.item, rule.says))
    unanswered = [item for item in known.must_answer if given[item] is None]
    return (*raised, *(Flag(item, "not answered: ask the person") for item in unanswered))


def _note(known: Instrument, found: Score, sex: str | None) -> str:
    said = []
    if found.pro_rated:
        count = len(found.missing)
        items = "1 item was" if count == 1 else f"{count} items were"
        said.append(f"Pro-rated: {items} not answered; the mean of the others stands in.")
    if found.not_assessable:
        items = ", ".join(str(item) for item in found.not_assessable)
        said.append(f"Not assessable, counted as 0: item {items}.")
    if known.bands_by_sex and sex is None and found.total is not None:
        said.append("Sex not given: the stricter cut-off was used.")
    return " ".join([*said, *([known.note] if known.note else [])])
