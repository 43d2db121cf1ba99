"""Counts by two people, and differences with their clock."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import STREAM, written
from openketamine.clinic.pharmacy._shelf import all_held
from openketamine.core.ledger import Discrepancy, book, discrepancies, form_106_by, notify_by


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
    seconds = {fact.body["sheet"]: fact for fact in _notes("count_second")}
    newest = _notes("count_first").order_by("-number")[:limit]
    return [_sheet(fact, seconds.get(str(fact.id))) for fact in newest]


def cases() -> list[Case]:
    """Every difference, the newest first."""
    counted = [_counted(fact) for fact in _notes("difference_found")]
    return sorted([*counted, *_trays()], key=lambda one: one.discovered_at, reverse=True)


def case(case_id: str) -> Case | None:
    """One difference; None where there is none."""
    try:
        identity = str(uuid.UUID(str(case_id)))
    except ValueError:
        return None
    fact = _notes("difference_found").filter(body__case=identity).first()
    if fact is not None:
        return _counted(fact)
    return next((one for one in _trays() if one.id == identity), None)


def _counted(fact: Fact) -> Case:
    said = fact.body["difference"]
    container = said["account"].partition(":")[2]
    identity = fact.body["case"]
    about = Fact.objects.filter(stream=STREAM, body__entry__document=identity)
    answers = book(one.entry for one in written(about.filter(kind__in=("transfer", "handling"))))
    found = Discrepancy(
        **{name: said.get(name) for name in Discrepancy.__dataclass_fields__ if name != "entry_id"},
        entry_id=identity,
    )
    assert container  # noqa: S101  (a count names what was counted)
    return Case(identity, found, fact.at, identity in answers.answered, _steps(identity))


def _trays() -> list[Case]:
    """Trays of closed sessions that hold drug, or from which more was given than came in."""
    full = {name: held for name, held in all_held("tray").items() if held.mass_ug}
    ended = _closed([name.partition(":")[2] for name in full])
    answered = _adjusted_trays()
    found = []
    for account in {*full, *answered}:
        session = account.partition(":")[2]
        at = ended.get(session) or answered.get(account)
        if at is None:
            continue
        left = full[account].mass_ug if account in full else 0
        words = f"{left} micrograms taken for session {session} were neither given nor wasted."
        one = Discrepancy("tray", account, 0, left, None, None, None, words)
        found.append(Case(session, one, at, account not in full, _steps(session)))
    return found


def _adjusted_trays() -> dict[str, datetime]:
    lost = Fact.objects.filter(
        stream=STREAM, kind="transfer", body__entry__destination="lost",
        body__entry__source__startswith="tray:",
    )  # fmt: skip
    return {fact.body["entry"]["source"]: fact.at for fact in lost}


def _closed(sessions: list[str]) -> dict[str, datetime]:
    streams = [f"session:{one}" for one in sessions]
    rows = Fact.objects.filter(stream__in=streams, kind="session_closed")
    return {fact.stream.partition(":")[2]: fact.at for fact in rows}


def _steps(case_id: str) -> tuple[Step, ...]:
    return tuple(
        Step(
            fact.body["step"],
            fact.body["words"],
            datetime.fromisoformat(fact.body["at"]),
            fact.by_name,
        )
        for fact in _notes("case_step").filter(body__case=case_id)
    )


def difference_now(vial_id: str, count_id: str) -> dict[str, Any] | None:
    """What a count that was just written shows, as it goes into the journal; None where it
    matches."""
    facts = Fact.objects.filter(
        stream=STREAM, kind__in=("transfer", "count", "label"), body__entry__container=vial_id
    ).order_by("number")
    shown = discrepancies(book(one.entry for one in written(facts)))
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
    return Fact.objects.filter(stream=STREAM, kind=kind).order_by("number")
