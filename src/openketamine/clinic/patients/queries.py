"""Reading people's records."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from typing import Any, TypedDict

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.library.queries import site
from openketamine.clinic.patients.models import BundleImport, Person
from openketamine.core.course import decode_fact, fold_course
from openketamine.core.course.papers import Wanted, signed_answers
from openketamine.core.dosing import protocol, protocols
from openketamine.core.history import Answer, PersonRecord, read_bundle
from openketamine.core.screening import Evaluation, Override, digest_with, evaluate

_SHOWN = 50
_CONSENTS = ("consent_given", "consent_withdrawn", "event_recorded", "corrected")
_ANSWER, _OVERRIDE, _EVALUATION = "question_answered", "finding_overridden", "evaluation_recorded"


@dataclass(frozen=True)
class SignedOverride:
    """An override with who signed it and when."""

    rule: str
    reason_code: str
    reason: str
    by: str
    at: datetime
    meaning: str = ""


@dataclass(frozen=True)
class KeptEvaluation:
    """An evaluation as it was recorded: `evaluation` in the form of the command-line contract."""

    evaluation: Mapping[str, Any]
    by: str
    at: datetime
    id: str = ""


@dataclass(frozen=True)
class Known:
    """All that is known of one person at one moment, read once.

    `versions`: every import of the record, newest first, without the bundles themselves.
    `consents`: what was signed and taken back, out of the person's course.
    """

    person: Person
    versions: tuple[BundleImport, ...]
    facts: tuple[StoredFact, ...]
    consents: tuple[StoredFact, ...] = ()

    def under(self, protocol_id: str, day: date) -> PersonRecord:
        """The record with what a consent answers that was signed here for this treatment."""
        if not self.consents or protocol_id not in protocols():
            return self.record
        state = fold_course(decode_fact(one.as_json()) for one in self.consents)
        end = datetime.combine(day, time.max, timezone.get_current_timezone())
        given = signed_answers(state, Wanted(protocol(protocol_id)), end)
        return self.record.with_answers(*given)

    @cached_property
    def record(self) -> PersonRecord:
        """The newest imported record, with all that was asked and answered since."""
        return _imported(self.versions[0]).with_answers(*self.answers)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """What was asked and answered on the spot, in order.

        By the clinic's own clock: an answer of this evening counts today, whatever day UTC has.
        """
        return tuple(_answer(fact) for fact in self.facts if fact.kind == _ANSWER)

    @cached_property
    def signed(self) -> tuple[SignedOverride, ...]:
        """Every override with its signature, in order."""
        return tuple(_signed(fact) for fact in self.facts if fact.kind == _OVERRIDE)

    def signed_on(self, day: date) -> dict[str, SignedOverride]:
        """What was set aside on that day, by rule; the newest signature of each.

        An override is a decision about a treatment today; the next treatment asks again.
        """
        return {one.rule: one for one in self.signed if timezone.localdate(one.at) == day}

    def overrides(self, day: date) -> tuple[Override, ...]:
        """The same as the core reads it."""
        found = self.signed_on(day).values()
        return tuple(Override(one.rule, one.reason_code, one.reason) for one in found)

    def evaluated(self, protocol_id: str, day: date) -> Evaluation:
        """What the rules say of this person under a protocol. Raises BadInput for no protocol."""
        return evaluate(
            self.under(protocol_id, day),
            protocol_id,
            day,
            self.overrides(day),
            site=site(),
            **house_labels(),
        )

    def stamp(self, day: date) -> str:
        """What a decision rests on, for a form: day, rules, version, answers, consents.

        Whoever signs sends the stamp of the page they read; where it is another one by now,
        something was added that they have not seen.
        """
        asked = max((fact.number for fact in self.facts if fact.kind == _ANSWER), default=0)
        last = f"{asked}.{max((one.number for one in self.consents), default=0)}"
        # The house knowledge and, where there are any, the clinic's own limits.
        labels = house_labels()
        whose = "".join((labels["locale"] or "", *sorted(labels["programmes"])))
        rules = "-".join(part[-12:] for part in (*digest_with(site()).split("+"), whose) if part)
        return f"{day.isoformat()}.{rules}.{self.versions[0].pk}.{last}"


class Labels(TypedDict):
    """Whose label text counts in this clinic, and which programmes it has switched on."""

    locale: str | None
    programmes: frozenset[str]


def house_labels() -> Labels:
    """As the settings say; nothing said: the stricter text, and no programme."""
    return Labels(
        locale=settings.OPENKETAMINE_LOCALE or None,
        programmes=frozenset(settings.OPENKETAMINE_PROGRAMMES),
    )


def person(person_id: uuid.UUID | str) -> Person:
    """One person; Person.DoesNotExist where there is none."""
    return Person.objects.get(pk=person_id)


def people(search: str = "") -> list[Person]:
    """Those whose names or record number hold every word of the search; the first fifty."""
    found = Person.objects.all()
    for word in search.split():
        found = found.filter(
            Q(family__icontains=word) | Q(given__icontains=word) | Q(mrn__iexact=word)
        )
    return list(found[:_SHOWN])


def known(person: Person) -> Known:
    """All that is known of a person, in three queries."""
    facts = journal.facts(person.stream, kinds=(_ANSWER, _OVERRIDE))
    return Known(person, tuple(imports(person)), tuple(facts), tuple(about_consents(person)))


def about_consents(person: Person) -> list[StoredFact]:
    """As much of the person's course as a consent rests on."""
    return journal.facts(f"course:{person.pk}", kinds=_CONSENTS)


def imports(person: Person) -> list[BundleImport]:
    """Every version of the record that came in, newest first, without the bundles themselves."""
    rows = BundleImport.objects.filter(person=person).select_related("by")
    return list(rows.defer("bundle", "report").order_by("-at", "-id"))


def imported(version: BundleImport) -> PersonRecord:
    """What one version of the record says, without what was asked here."""
    return _imported(version)


def record(person: Person) -> PersonRecord:
    """The newest imported record, with all that was asked and answered since."""
    return known(person).record


def answers(person: Person) -> tuple[Answer, ...]:
    """What was asked and answered on the spot, in order."""
    return known(person).answers


def overrides(person: Person, on: date | None = None) -> tuple[Override, ...]:
    """What a prescriber set aside on that day (on any day where none is given)."""
    found = known(person)
    if on is not None:
        return found.overrides(on)
    return tuple(Override(one.rule, one.reason_code, one.reason) for one in found.signed)


def signed_overrides(person: Person) -> list[SignedOverride]:
    """Every override with its signature, in order."""
    return list(known(person).signed)


def evaluations(person: Person) -> list[KeptEvaluation]:
    """What the rules said, newest first."""
    return [_kept(fact) for fact in journal.facts(person.stream, kinds=[_EVALUATION])][::-1]


def evaluation(person: Person, fact_id: uuid.UUID) -> KeptEvaluation | None:
    """One evaluation that was recorded of this person; None where there is no such one."""
    fact = journal.fact(str(fact_id))
    mine = fact is not None and (fact.stream, fact.kind) == (person.stream, _EVALUATION)
    return _kept(fact) if fact is not None and mine else None


def last_evaluation(person: Person, protocol_id: str) -> KeptEvaluation | None:
    """The newest that was recorded of this person under this protocol."""
    fact = journal.newest(person.stream, _EVALUATION, protocol=protocol_id)
    return None if fact is None else _kept(fact)


def _answer(fact: StoredFact) -> Answer:
    body = fact.body
    return Answer(body["question"], body["value"], timezone.localtime(fact.at), fact.by.name)


def _signed(fact: StoredFact) -> SignedOverride:
    body = fact.body
    return SignedOverride(
        body["rule"],
        body["reason_code"],
        body["reason"],
        fact.by.name,
        timezone.localtime(fact.at),
        body.get("meaning", ""),
    )


def _kept(fact: StoredFact) -> KeptEvaluation:
    return KeptEvaluation(dict(fact.body), fact.by.name, timezone.localtime(fact.at), fact.id)


def _imported(version: BundleImport) -> PersonRecord:
    return _read(version.sha256, version.pk, timezone.localdate(version.at))


# A bundle of two megabytes takes a tenth of a second to read and never changes: the digest is in
# the key, and the day of the import, after which its dates are judged.
@lru_cache(maxsize=128)
def _read(sha256: str, pk: int, today: date) -> PersonRecord:
    bundle = BundleImport.objects.only("bundle").get(pk=pk, sha256=sha256).bundle
    return read_bundle(bundle, today)
