"""Gateways and devices: who speaks for whom, who is alive, what nobody understands."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from openketamine.clinic.sessions._writing import Done, append, done, entry, in_line
from openketamine.clinic.sessions.models import Attachment, Device, Gateway, Session
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.sites import MAIN
from openketamine.core.findings import BadInput
from openketamine.core.treatment import facts

_KINDS = ("monitor", "pump")
_MOST_DEVICES, _MOST_SENTENCES, _LARGEST = 500, 20, 10**12


def attach_device(
    session_id: uuid.UUID,
    device_id: str,
    device_kind: str,
    by: Staff,
    now: datetime,
    fact_id: object = None,
) -> Done:
    """Join a device to a session because this person says so.

    Raises BadInput where the device still speaks for another session: it is taken from there first,
    by a person who can see both beds.
    """
    if not device_id or len(device_id) > 80:
        raise BadInput("device_id", "the device's own identifier", device_id)
    if device_kind not in _KINDS:
        raise BadInput("device_kind", " or ".join(_KINDS), device_kind)
    with transaction.atomic():
        session = in_line(session_id)
        joined = _joined(device_id)
        if joined is not None and joined.session_id != session.id:
            raise BadInput("device_id", "a device that is not joined to another session", device_id)
        if joined is None:
            Attachment.objects.create(
                device_id=device_id, device_kind=device_kind, session=session, since=now
            )
        body = facts.DeviceAttached(device_id, device_kind)
        return done(append(session, [entry(body, now, by, fact_id)], now))


def detach_device(
    session_id: uuid.UUID, device_id: str, by: Staff, now: datetime, fact_id: object = None
) -> Done:
    """From now on the device does not speak for this person."""
    with transaction.atomic():
        session = in_line(session_id)
        if not _end(session, now, device_id):
            raise BadInput("device_id", "a device that is joined to this session", device_id)
        return done(
            append(session, [entry(facts.DeviceDetached(device_id), now, by, fact_id)], now)
        )


def detach_all(session: Session, by: Staff, now: datetime) -> None:
    """The person left; nothing that is measured from here on can be theirs."""
    joined = list(session.attachments.filter(until__isnull=True))
    _end(session, now)
    entries = [entry(facts.DeviceDetached(row.device_id), now, by) for row in joined]
    if entries:
        append(session, entries, now)


def _joined(device_id: str) -> Attachment | None:
    # Locked: two tablets that attach the same monitor at once wait for each other here.
    rows = Attachment.objects.select_for_update()
    return rows.filter(device_id=device_id, until__isnull=True).first()


def _end(session: Session, now: datetime, device_id: str | None = None) -> int:
    rows = session.attachments.filter(until__isnull=True)
    if device_id is not None:
        rows = rows.filter(device_id=device_id)
    return rows.update(until=now)


def record_heartbeat(
    raw: Mapping[str, Any], now: datetime, site: str = MAIN
) -> dict[str, dict[str, str]]:
    """Note that a gateway lives, and tell it which device speaks for whom at its site."""
    name = gateway_name(raw.get("gateway"), site)
    listeners, health = raw.get("listeners"), raw.get("health")
    told = health if isinstance(health, Mapping) else {}
    Gateway.objects.update_or_create(
        name=name,
        defaults={
            "site_id": site,
            "heard_at": now,
            "listeners": listeners if isinstance(listeners, list) else [],
            "spool_waiting": _count(raw.get("spool_waiting")),
            "unreadable": _count(raw.get("unreadable")),
            "room": _room(raw),
            "rejected": _sentences(told.get("rejected")),
        },
    )
    _keep_health(name, told.get("devices"), now, site)
    joined = Attachment.objects.filter(until__isnull=True, session__site_id=site)
    rows = joined.values_list("device_id", "session__person__mrn", "session_id")
    return {device: {"mrn": mrn, "session": str(session)} for device, mrn, session in rows}


def _room(raw: Mapping[str, Any]) -> dict[str, Any]:
    """How full the disk of a gateway is; nothing, where it does not say."""
    if "spool_limit" not in raw:
        return {}
    return {
        "used": _count(raw.get("spool_bytes")),
        "limit": _count(raw.get("spool_limit")),
        "refused": _count(raw.get("spool_refused")),
        "aside": _count(raw.get("set_aside")),
        "full": raw.get("spool_full") is True,
    }


def gateway_name(said: object, site: str) -> str:
    """The name of a gateway in the house: two sites may both call theirs gw-1. Raises BadInput."""
    if not isinstance(said, str) or not said:
        raise BadInput("gateway", "the gateway's name", said)
    return said[:80] if site == MAIN else f"{site}/{said}"[:80]


def _keep_health(gateway: str, devices: object, now: datetime, site: str) -> None:
    """What a gateway knows of each device. Of two gateways, the one that heard it last counts."""
    if not isinstance(devices, Mapping):
        return
    told = {
        str(device)[:80]: health
        for device, health in list(devices.items())[:_MOST_DEVICES]
        if isinstance(health, Mapping)
    }
    known = {row.device_id: row for row in Device.objects.filter(device_id__in=list(told))}
    rows = []
    for device, health in sorted(told.items()):
        before = known.get(device)
        newer = before is None or before.gateway == gateway
        if not newer and before is not None:
            newer = str(health.get("last_at") or "") > str(before.health.get("last_at") or "")
        if newer and (before is None or before.health != health or before.gateway != gateway):
            said = _clean(health)
            rows.append(
                Device(device_id=device, gateway=gateway, told_at=now, health=said, site_id=site)
            )
    Device.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["device_id"],
        update_fields=["gateway", "told_at", "health", "site"],
    )


def _clean(health: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the page shows, of the kinds that it can show."""
    numbers = {
        name: value
        for name in ("messages", "per_minute", "skew_s", "drift_s_per_h")
        if isinstance(value := health.get(name), (int, float)) and abs(value) < _LARGEST
    }
    words = {
        name: str(health[name])[:80]
        for name in ("kind", "connector", "first_at", "last_at")
        if health.get(name) and (not name.endswith("_at") or _is_time(health[name]))
    }
    texts = health.get("texts")
    shown = texts.items() if isinstance(texts, Mapping) else ()
    return {
        **numbers,
        **words,
        "texts": {str(name)[:40]: str(text)[:120] for name, text in list(shown)[:_MOST_SENTENCES]},
        "remarks": _sentences(health.get("remarks")),
        "rejected": _sentences(health.get("rejected")),
    }


def _sentences(told: object) -> list[dict[str, Any]]:
    found = told if isinstance(told, list) else []
    return [
        {
            "words": str(one.get("words") or "")[:120],
            "count": _count(one.get("count")),
            "last": str(one.get("last") or "")[:40],
        }
        for one in found[:_MOST_SENTENCES]
        if isinstance(one, Mapping)
    ]


def _is_time(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
