"""Setting a rule aside, on whichever page the rule spoke: the form, the proof, the signature."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from openketamine.clinic.library.cards import FindingCard, finding_card
from openketamine.clinic.patients import commands
from openketamine.clinic.patients.commands import Overriding
from openketamine.clinic.patients.fact_lines import FactLines
from openketamine.clinic.patients.forms import OverrideForm
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.queries import Known, SignedOverride
from openketamine.clinic.staff.screen import own_proof
from openketamine.core.dosing import PastSession
from openketamine.core.findings import Action, BadInput, Finding
from openketamine.core.screening import reason_in_words

_STOPS = (Action.OVERRIDE, Action.DEFER, Action.BLOCK)


@dataclass(frozen=True)
class Weighed:
    """A finding with what may be done about it: `form` where this reader may set it aside here."""

    card: FindingCard
    stops: bool
    form: OverrideForm | None


@dataclass(frozen=True)
class Reader:
    """What the page of one reader needs to offer overrides: may they, and what they sent."""

    known: Known
    now_signed: Mapping[str, SignedOverride]
    stamp: str
    may: bool
    sent: OverrideForm | None = None


def weigh(findings: Iterable[Finding], reader: Reader, overridden: Set[str]) -> list[Weighed]:
    """Each finding as a card with its facts as lines, its override, and a form where one may be."""
    lines = FactLines(reader.known)
    return [_weighed(one, reader, lines, is_over=one.rule in overridden) for one in findings]


def _weighed(finding: Finding, reader: Reader, lines: FactLines, *, is_over: bool) -> Weighed:
    facts = [lines.line(fact).as_json() for fact in finding.because]
    shown = finding.as_json() | {"because": facts}
    signed = reader.now_signed.get(finding.rule)
    if is_over and signed:
        shown["override"] = _signed(signed)
    offered = reader.may and finding.overridable and not is_over
    return Weighed(
        card=finding_card(shown),
        stops=finding.action in _STOPS and not is_over,
        form=_form_for(finding.rule, reader) if offered else None,
    )


def _signed(signed: SignedOverride) -> dict[str, str]:
    return {
        "code": reason_in_words(signed.reason_code),
        "reason": signed.reason,
        "by": signed.by,
        "at": f"{signed.at:%d-%b-%Y %H:%M}",
        "meaning": signed.meaning,
    }


def _form_for(rule: str, reader: Reader) -> OverrideForm:
    ids = f"override-{rule}-%s"
    if reader.sent is not None and reader.sent.data.get("rule") == rule:
        # What was typed stays, but it is signed over the page as it is now.
        sent = {name: reader.sent.data.get(name) for name in reader.sent.data}
        reader.sent.data = sent | {"shown": reader.stamp}
        reader.sent.auto_id = ids
        return reader.sent
    return OverrideForm(initial={"rule": rule, "shown": reader.stamp}, auto_id=ids)


def override(
    request: HttpRequest,
    person: Person,
    protocol_id: str,
    now: datetime,
    past: tuple[PastSession, ...] = (),
) -> OverrideForm:
    """Set one rule aside with a fresh proof; what was wrong stands in the form that comes back."""
    form = OverrideForm(request.POST)
    if form.is_valid():
        try:
            _sign(request, person, protocol_id, form.cleaned_data, now, past)
        except BadInput as error:
            form.refuse(error)
    return form


def _sign(
    request: HttpRequest,
    person: Person,
    protocol_id: str,
    said: Mapping[str, Any],
    now: datetime,
    past: tuple[PastSession, ...],
) -> None:
    proof = own_proof(request, said, now)
    asked = Overriding(
        protocol_id, said["rule"], said["reason_code"], said["reason"], said["shown"]
    )
    commands.override(person, asked, proof, now, past)
