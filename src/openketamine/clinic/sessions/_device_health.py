"""How each device does, and what to do about it: what the gateways told, beside what we know."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Count, Max, Min

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.sessions._readings import NOT_JOINED
from openketamine.clinic.sessions.models import (
    Attachment,
    Device,
    QuarantinedMessage,
    UnmappedCode,
)
from openketamine.core.treatment import facts
from openketamine.knowledge import Threshold, document, read_threshold

_HOUR_S = 3600
_KEPT_IN_SIGHT = timedelta(hours=24)
_MOST, _MOST_TAKEN = 200, 20_000


@dataclass(frozen=True)
class Advice:
    """What is wrong with a device, and one sentence on what to do. `level`: defer or caution."""

    level: str
    what: str
    do: str


@dataclass(frozen=True)
class Heard:
    """One device, with what speaks for or against it."""

    device_id: str
    kind: str
    gateway: str
    connector: str
    last_at: datetime | None
    per_minute: int
    skew_s: float | None
    drift_s_per_h: float | None
    texts: Mapping[str, str]
    remarks: Sequence[Mapping[str, Any]]
    rejected: Sequence[Mapping[str, Any]]
    unmapped: Sequence[UnmappedCode]
    joined: Attachment | None
    advice: tuple[Advice, ...]


@dataclass(frozen=True)
class Aside:
    """Messages of one device about one person that were kept aside for one reason."""

    device_id: str
    device_kind: str
    mrn: str
    why: str
    count: int
    first_at: datetime
    last_at: datetime


def heard_devices(now: datetime) -> list[Heard]:
    """Every device that was ever told of, those that need a look first."""
    joined = {
        one.device_id: one
        for one in Attachment.seen.filter(until__isnull=True).select_related("session__person")
    }
    codes: dict[str, list[UnmappedCode]] = {}
    for code in UnmappedCode.objects.order_by("-seen"):
        codes.setdefault(code.device_id, []).append(code)
    rows = {one.device_id: one for one in Device.objects.all()}
    silent = {device: Device(device_id=device, told_at=now) for device in joined.keys() - rows}
    devices = [
        _heard(one, joined.get(device), codes.get(device, ()), now)
        for device, one in (rows | silent).items()
    ]
    return sorted(devices, key=lambda one: (-_weight(one), one.device_id))


def quarantined_by_device(now: datetime) -> list[Aside]:
    """What was kept aside in the last day, in one line for each device, person and reason."""
    rows = QuarantinedMessage.objects.filter(recorded_at__gte=now - _KEPT_IN_SIGHT)
    grouped = rows.values("device_id", "mrn", "why", "message__device_kind").annotate(
        count=Count("id"), first=Min("recorded_at"), last=Max("recorded_at")
    )
    return [
        Aside(
            row["device_id"],
            row["message__device_kind"] or "",
            row["mrn"],
            row["why"],
            row["count"],
            row["first"],
            row["last"],
        )
        for row in grouped.order_by("-last")[:_MOST]
    ]


@dataclass(frozen=True)
class Takeable:
    """What a joined device said before it was joined, that a person may take over."""

    id: str
    device_id: str
    session: str
    place: str
    count: int
    since: datetime
    until: datetime


def takeable(now: datetime) -> list[Takeable]:
    """For each joined device: what was nobody's, since the session was opened, and fits it."""
    joined = Attachment.seen.filter(until__isnull=True).select_related("session__person")
    return [found for one in joined if (found := _takeable(one, now)) is not None]


def _takeable(one: Attachment, now: datetime) -> Takeable | None:
    session = one.session
    since = max(session.created, now - _KEPT_IN_SIGHT)
    rows = QuarantinedMessage.objects.filter(
        device_id=one.device_id, why=NOT_JOINED, mrn__in=("", session.person.mrn),
        recorded_at__gte=since, recorded_at__lt=one.since,
    ).order_by("recorded_at")  # fmt: skip
    told = rows.values_list("message__received_at", flat=True)[:_MOST_TAKEN]
    taken = _taken_until(session.stream, one.device_id) or since
    # By the time of receipt, as they are taken: what was recorded later came no later.
    times = sorted(at for text in told if (at := _moment(text)) and taken < at < one.since)
    if not times:
        return None
    place = session.chair or "no chair yet"
    return Takeable(
        str(uuid.uuid4()), one.device_id, str(session.id), place, len(times), times[0], times[-1]
    )


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _taken_until(stream: str, device_id: str) -> datetime | None:
    """Until when readings of this device were taken over already."""
    taken = journal.facts_as_core(stream, ["readings_taken_over"])
    bodies = [one.body for one in taken if isinstance(one.body, facts.ReadingsTakenOver)]
    return max((one.last_at for one in bodies if one.device_id == device_id), default=None)


def _heard(
    row: Device, joined: Attachment | None, codes: Sequence[UnmappedCode], now: datetime
) -> Heard:
    told: Mapping[str, Any] = row.health
    last = told.get("last_at")
    last_at = datetime.fromisoformat(last) if last else None
    rejected = told.get("rejected") or []
    kind = told.get("kind") or (joined.device_kind if joined else "")
    skew, drift = told.get("skew_s"), told.get("drift_s_per_h")
    advice = (
        *_silence(last_at, joined, now),
        *_clock(skew, drift),
        *_refused(rejected),
        *_codes(codes),
        *_nobody(joined, last_at, now),
    )
    silent = last_at is None or now - last_at > timedelta(minutes=1)
    return Heard(
        device_id=row.device_id,
        kind=kind,
        gateway=row.gateway,
        connector=told.get("connector") or "",
        last_at=last_at,
        per_minute=0 if silent else told.get("per_minute") or 0,
        skew_s=skew,
        drift_s_per_h=drift,
        texts=told.get("texts") or {},
        remarks=told.get("remarks") or [],
        rejected=rejected,
        unmapped=codes,
        joined=joined,
        advice=advice,
    )


def _weight(one: Heard) -> int:
    return sum(10 if advice.level == "defer" else 1 for advice in one.advice)


def _silence(last: datetime | None, joined: Attachment | None, now: datetime) -> Iterator[Advice]:
    if joined is None:
        return
    if last is None:
        do = "Check that it is on, that its number is typed as it stands on the device, and that it sends to this gateway."  # noqa: E501
        yield Advice("defer", "joined, and never heard", do)
    elif limit("device_health", "silent").met_by(Decimal((now - last).total_seconds())):
        do = "Look at the person first; then at its power, its cable and its network."
        yield Advice("defer", "joined, and silent", do)


def _clock(skew: float | None, drift: float | None) -> Iterator[Advice]:
    if skew is not None and limit("device_health", "clock_off").met_by(Decimal(str(abs(skew)))):
        yield _clock_off(skew)
    if drift is not None and limit("device_health", "drift").met_by(Decimal(str(abs(drift)))):
        way = "fast" if drift > 0 else "slow"
        do = "Let it take its time from a time server, or set it once a week."
        yield Advice("caution", f"clock runs {way}, {abs(drift):g} s an hour", do)


def _clock_off(skew: float) -> Advice:
    hours = round(skew / _HOUR_S)
    rest = Decimal(str(abs(skew - hours * _HOUR_S)))
    if hours and limit("device_health", "zone").met_by(rest):
        do = "Its time zone is wrong, or it sends none and the gateway's --zone is: correct one."
        return Advice("defer", f"clock off by {hours:+d} h", do)
    side = "ahead" if skew > 0 else "behind"
    if limit("plausibility", side).met_by(Decimal(str(abs(skew)))):
        do = "Set its clock now: its numbers are kept, and not believed."
        return Advice("defer", f"clock {_span(abs(skew))} {side}", do)
    return Advice("caution", f"clock {_span(abs(skew))} {side}", "Set its clock when it is free.")


def _refused(rejected: Sequence[Mapping[str, Any]]) -> Iterator[Advice]:
    for one in rejected[:3]:
        words = str(one.get("words") or "")
        do = next((do for start, do in _REJECTED.items() if words.startswith(start)), _ASK)
        yield Advice("caution", f"rejected {one.get('count')}: {words}", do)


_ASK = "Send the words on the left to whoever set the device up."
_REJECTED = {
    "Unsupported version": "Set its HL7 version to 2.6.",
    "Unsupported processing": "Take it out of test or training mode: its processing id must be P.",
    "Unsupported message": "Set it to send observations (ORU^R01); nothing else is taken.",
    "Unsupported event": "Set it to send observations (ORU^R01); nothing else is taken.",
    "in part": "The rest of the message was charted. Set the unit or the field that is named.",
    "another message": "It uses a message number twice: restart it, or ask its maker.",
}


def _codes(codes: Sequence[UnmappedCode]) -> Iterator[Advice]:
    if codes:
        seen = ", ".join(code.code or code.text for code in codes[:3])
        do = "These numbers are not charted. Have them added to the table of the connector, with their unit and source."  # noqa: E501
        yield Advice("caution", f"{len(codes)} unknown codes ({seen})", do)


def _nobody(joined: Attachment | None, last: datetime | None, now: datetime) -> Iterator[Advice]:
    if joined is None and last is not None and now - last < timedelta(minutes=1):
        do = "Join it to the chair at which it stands, or switch it off."
        yield Advice("caution", "speaks, and is joined to nobody", do)


@cache
def limit(name: str, node: str) -> Threshold:
    """A threshold of knowledge/alarms."""
    return read_threshold(document("alarms", name).body[node])


def _span(seconds: float) -> str:
    if seconds < 2 * 60:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / _HOUR_S:.0f} h"
