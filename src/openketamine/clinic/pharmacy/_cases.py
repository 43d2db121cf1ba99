"""Counts by two people, and differences with their clock."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import in_order, own_rows, rows, written
from openketamine.clinic.pharmacy._naming import naming
from openketamine.clinic.pharmacy._shelf import Held, all_held, in_stock
from openketamine.clinic.pharmacy._shipments import under_way
from openketamine.clinic.staff import whose
from openketamine.core.ledger import (
    Discrepancy,
    account_name,
    book,
    discrepancies,
    form_106_by,
    left_on_tray,
    notify_by,
)


@dataclass(frozen=True)
class Sheet:
    """A blind count. `first_lines` is for the comparison and for nobody's eyes before it."""

    id: str
    purpose: str
    moment: str
    at: datetime
    first_id: str
    first_name: str
    vials: tuple[str, ...]
    first_lines: Mapping[str, int]
    second_name: str = ""
    apart: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the second person has counted."""
        return bool(self.second_name)


@dataclass(frozen=True)
class Step:
    """Something that was done about a difference."""

    step: str
    words: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Case:
    """A difference, from its discovery to its answer. Its days are those of the law, and run on
    where it is found or explained: only the registrant says that a loss is not significant."""

    id: str
    discrepancy: Discrepancy
    discovered_at: datetime
    answered: bool
    steps: tuple[Step, ...] = ()

    @property
    def difference(self) -> int:
        """µL of a vial or pieces of a pack, found less expected; µg of a tray."""
        one = self.discrepancy
        if one.expected_units is not None:
            return (one.found_units or 0) - one.expected_units
        if one.expected_ul is not None:
            return (one.found_ul or 0) - one.expected_ul
        return one.difference_ug

    @property
    def notify_by(self) -> date:
        """The last day for the notice to the field office."""
        return notify_by(timezone.localdate(self.discovered_at))

    @property
    def form_106_by(self) -> date:
        """The last day for the form."""
        return form_106_by(timezone.localdate(self.discovered_at))

    def done(self, step: str) -> Step | None:
        """The last time that this was done."""
        return next((one for one in reversed(self.steps) if one.step == step), None)

    @property
    def judged(self) -> str:
        """significant, not_significant, or empty while the registrant has not said."""
        words = [one.step for one in self.steps if one.step.endswith("significant")]
        return words[-1] if words else ""

    def due(self) -> list[tuple[str, date]]:
        """What is still to be done by when. Not judged yet counts as significant."""
        if self.judged == "not_significant" or self.difference > 0:
            return []
        days = {"dea_notified": self.notify_by, "form_106_submitted": self.form_106_by}
        return [(step, day) for step, day in days.items() if not self.done(step)]

    @property
    def closed(self) -> bool:
        """Whether nothing is left to do."""
        return self.answered and not self.due()


def sheet(sheet_id: str) -> Sheet | None:
    """One blind count; None where there is none."""
    first = _note(sheet_id, "count_first")
    if first is None:
        return None
    second = _notes("count_second").filter(body__sheet=str(sheet_id)).first()
    return _sheet(first, second)


def sheets(limit: int = 50) -> list[Sheet]:
    """The newest counts."""
    newest = list(_notes("count_first").reverse()[:limit])
    about = _notes("count_second").filter(body__sheet__in=[str(fact.id) for fact in newest])
    seconds = {fact.body["sheet"]: fact for fact in about}
    return [_sheet(fact, seconds.get(str(fact.id))) for fact in newest]


def cases() -> list[Case]:
    """Every difference, the newest first."""
    counted = _counted(list(_notes("difference_found")))
    return sorted([*counted, *_trays()], key=lambda one: one.discovered_at, reverse=True)


def case(case_id: str) -> Case | None:
    """One difference; None where there is none."""
    try:
        identity = str(uuid.UUID(str(case_id)))
    except ValueError:
        return None
    found = _counted(list(_notes("difference_found").filter(body__case=identity)))
    return next(iter(found or [one for one in _trays() if one.id == identity]), None)


def _counted(facts: Sequence[Fact]) -> list[Case]:
    """Counts that differed, with all that was done about each."""
    names = [fact.body["case"] for fact in facts]
    about = rows("transfer", "handling").filter(naming("document", names))
    answered = book(one.entry for one in written(about)).answered
    steps = _steps(names)
    return [_count_case(fact, answered, steps) for fact in facts]


def _count_case(fact: Fact, answered: Collection[str], steps: Mapping[str, list[Step]]) -> Case:
    said, identity = fact.body["difference"], fact.body["case"]
    found = Discrepancy(
        **{name: said.get(name) for name in Discrepancy.__dataclass_fields__ if name != "entry_id"},
        entry_id=identity,
    )
    return Case(identity, found, fact.at, identity in answered, tuple(steps.get(identity, ())))


def _trays() -> list[Case]:
    """Trays of closed sessions that hold drug, or from which more was given than came in."""
    full = trays_here()
    answered = _adjusted_trays()
    names = {account: account_name(account) for account in {*full, *answered}}
    ended = _closed(list(names.values()))
    steps = _steps(list(names.values()))
    found = []
    for account, session in names.items():
        at = ended.get(session) or answered.get(account)
        if at is None:
            continue
        one = left_on_tray(account, full[account].mass_ug if account in full else 0)
        done = tuple(steps.get(session, ()))
        found.append(Case(session, one, at, account not in full, done))
    return found


def trays_here() -> Mapping[str, Held]:
    """Trays that hold anything, of sessions of the sites that are seen now."""
    return {name: full for name, full in all_held("tray").items() if _is_here(name)}


def why_not_closed() -> str:
    """Why the site that is seen cannot be closed: controlled drug is still there."""
    held = len(in_stock()) + len(trays_here()) + len(under_way())
    if not held:
        return ""
    containers = (
        f"{held} container{'s' if held > 1 else ''} or trays still hold drug, or are under way"
    )
    return f"{containers}: transfer, return or destroy it first."


def open_trays() -> set[str]:
    """Sessions that go on, with drug on their tray that will be given or wasted."""
    full = {account_name(tray) for tray in all_held("tray")}
    return full - set(_closed(sorted(full)))


def _is_here(tray: str) -> bool:
    return whose.is_here("session", account_name(tray))


def _adjusted_trays() -> dict[str, datetime]:
    lost = own_rows("transfer").filter(body__contains={"entry": {"destination": "lost"}})
    sources = ((fact.body["entry"]["source"], fact.at) for fact in lost)
    return {source: at for source, at in sources if source.startswith("tray:")}


def _closed(sessions: list[str]) -> dict[str, datetime]:
    streams = [f"session:{one}" for one in sessions]
    rows = Fact.objects.filter(stream__in=streams, kind="session_closed")
    return {fact.stream.partition(":")[2]: fact.at for fact in rows}


def _steps(case_ids: Sequence[str]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for fact in _notes("case_step").filter(body__case__in=case_ids):
        said = fact.body
        step = Step(said["step"], said["words"], datetime.fromisoformat(said["at"]), fact.by_name)
        found.setdefault(said["case"], []).append(step)
    return found


def difference_now(vial_id: str, count_id: str) -> dict[str, Any] | None:
    """What a count that was just written shows, as it goes into the journal; None where it
    matches."""
    facts = rows("transfer", "count", "label").filter(body__entry__container=vial_id)
    shown = discrepancies(book(one.entry for one in written(in_order(facts))))
    one = next((one for one in shown if one.entry_id == count_id), None)
    if one is None:
        return None
    return {name: getattr(one, name) for name in Discrepancy.__dataclass_fields__}


def _sheet(first: Fact, second: Fact | None) -> Sheet:
    return Sheet(
        id=str(first.id),
        purpose=first.body["purpose"],
        moment=first.body["moment"],
        at=first.at,
        first_id=first.by_id,
        first_name=first.by_name,
        vials=tuple(first.body["vials"]),
        first_lines=first.body["lines"],
        second_name=second.by_name if second else "",
        apart=tuple(second.body["apart"]) if second else (),
    )


def _note(identity: str, kind: str) -> Fact | None:
    found: Fact | None = _notes(kind).filter(pk=identity).first()
    return found


def _notes(kind: str) -> Any:
    return own_rows(kind).order_by("recorded_at", "stream", "number")
