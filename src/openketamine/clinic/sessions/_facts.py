"""Facts from the bedside: never refused, never doubled, recorded even where they contradict."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.sessions._alarms import finding_entries
from openketamine.clinic.sessions._finish import CHANGES_THE_DOSE, settle
from openketamine.clinic.sessions._writing import (
    Done,
    append,
    body_of,
    client_id,
    done,
    entry,
    in_line,
    moment,
)
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput
from openketamine.core.scoring import instrument, score
from openketamine.core.treatment import facts

# What somebody treats with or sees, in words that may turn out to have been wrong.
_CHARTED = frozenset(
    {
        "checklist_answered",
        "score_recorded",
        "rate_changed",
        "infusion_paused",
        "infusion_stopped",
        "dose_given",
        "dose_stopped",
        "observation_charted",
        "adverse_event_charted",
        "note_charted",
        "medicine_given",
        "emergency_begun",
        "emergency_step_done",
        "emergency_over",
        "recovery_scored",
    }
)
# What a person or a screen did about a finding happened; nobody can make it not have happened.
_ATTENTION = frozenset(
    {
        "finding_acknowledged",
        "finding_shown",
        "call_answered",
        "sound_paused",
        "sound_resumed",
        "sound_switched",
    }
)
BEDSIDE_KINDS = _CHARTED | _ATTENTION | {"corrected"}
# A signed plan, a witnessed transfer or a discharge is no slip of the pen: it has its own way back.
_CORRECTABLE = _CHARTED | {"infusion_started", "infusion_resumed"}
# What a person charts is judged by the same rules as what a device says, and at once.
_ASSESSED = (
    facts.ObservationCharted,
    facts.AdverseEventCharted,
    facts.FindingAcknowledged,
    facts.ScoreRecorded,
    facts.Corrected,
)


def record_fact(session_id: uuid.UUID, raw: Mapping[str, Any], by: Staff, now: datetime) -> Done:
    """Write down what happened. The same id with the same content is the same fact.

    Raises BadInput where it cannot be read at all, KeyReused where the id stands for another fact.
    """
    fact_id, at, body = _read(raw)
    origin = _origin(raw.get("device"))
    with transaction.atomic():
        session = in_line(session_id)
        known = journal.fact(fact_id)
        if isinstance(body, facts.Corrected):
            _check_target(session, body)
        stored = append(session, [entry(body, at, by, fact_id, origin)], now)
        if known is None:
            _follow(session, body, by, now)
        return done(stored)


def _read(raw: Mapping[str, Any]) -> tuple[str, datetime, facts.Body]:
    kind = raw.get("kind")
    if kind not in BEDSIDE_KINDS:
        raise BadInput("kind", f"one of {', '.join(sorted(BEDSIDE_KINDS))}", kind)
    body = body_of(kind, raw.get("body"))
    return client_id(raw.get("id")), moment(raw.get("at"), "at"), _scored(body)


def _origin(device: object) -> str:
    """Where a fact comes from. One that waited on a tablet keeps what that tablet's clock showed.

    `device`: `{"at": ISO 8601 with offset, "offline": bool}`, both times by the tablet's own clock;
    what cannot be read of it is left out, because a fact is never refused for it.
    """
    if not isinstance(device, Mapping) or device.get("offline") is not True:
        return "console"
    try:
        at = moment(device.get("at"), "device.at").astimezone(UTC)
    except (BadInput, OverflowError):
        return "console"
    return f"{journal.OFFLINE} {at.isoformat(timespec='seconds')}"


def _scored(body: facts.Body) -> facts.Body:
    """Sums and bands are made here, whatever the browser made of them: there is one scorer."""
    if isinstance(body, facts.ScoreRecorded):
        said = score(body.instrument, body.answers)
        flags = tuple(flag.says for flag in said.flags)
        return replace(
            body,
            total=said.total,
            band=said.band or "",
            flags=flags,
            version=said.version,
            note=said.note,
        )
    if isinstance(body, facts.RecoveryScored):
        numbers = {item.label: item.number for item in instrument(body.scale).items}
        unknown = sorted(set(body.items) - set(numbers))
        if unknown:
            raise BadInput(f"body.items.{unknown[0]}", f"one of {', '.join(numbers)}")
        total = score(body.scale, {numbers[label]: n for label, n in body.items.items()}).total
        if total is None:
            raise BadInput("body.items", f"all of {', '.join(numbers)}")
        return replace(body, total=int(total))
    return body


def _check_target(session: Session, correction: facts.Corrected) -> None:
    target = journal.fact(client_id(correction.target))
    if target is None or target.stream != session.stream:
        raise BadInput("body.target", "a fact of this session", correction.target)
    if target.kind not in _CORRECTABLE:
        raise BadInput("body.target", "a fact that is charted at the bedside", target.kind)
    if correction.replacement is not None:
        body_of(target.kind, correction.replacement)


def _follow(session: Session, body: facts.Body, by: Staff, now: datetime) -> None:
    """What a fact brings with it, in the same transaction."""
    if isinstance(body, CHANGES_THE_DOSE):
        settle(session, getattr(body, "reason", ""), by, now)
    if isinstance(body, _ASSESSED):
        entries = finding_entries(session, now)
        if entries:
            append(session, entries, now)
