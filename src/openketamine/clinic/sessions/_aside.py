"""What is kept aside: messages that belong to no session, codes that no table knows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from openketamine.clinic.sessions._writing import derived_id
from openketamine.clinic.sessions.models import QuarantinedMessage
from openketamine.clinic.staff.sites import MAIN

# So many codes of one device are kept one by one; a device that makes up codes fills no disk.
CODES_OF_A_DEVICE = 100
FURTHER = "…"
_FURTHER_TEXT = f"further codes, beyond {CODES_OF_A_DEVICE}: counted together, not kept"
_COUNT = """
WITH new AS (
    SELECT heard.*, known.code IS NOT NULL AS is_known,
        row_number() OVER (
            PARTITION BY heard.device_id, known.code IS NULL ORDER BY heard.code
        ) AS place
    FROM unnest(%(devices)s::text[], %(codes)s::text[], %(texts)s::text[], %(units)s::text[],
        %(seen)s::int[]) heard(device_id, code, text, unit, seen)
    LEFT JOIN treatments_unmappedcode known USING (device_id, code)
), held AS (
    SELECT device_id, count(*) AS codes FROM treatments_unmappedcode
    WHERE device_id = ANY(%(devices)s::text[]) GROUP BY device_id
), told AS (
    SELECT new.*, is_known OR coalesce(held.codes, 0) + place <= %(most)s AS is_kept
    FROM new LEFT JOIN held USING (device_id)
)
INSERT INTO treatments_unmappedcode AS known (device_id, code, text, unit, seen, last_seen)
SELECT device_id, CASE WHEN is_kept THEN code ELSE %(further)s END AS name,
    max(CASE WHEN is_kept THEN text ELSE %(further_text)s END),
    max(CASE WHEN is_kept THEN unit ELSE '' END), sum(seen), %(now)s
FROM told GROUP BY device_id, name ORDER BY device_id, name
ON CONFLICT (device_id, code) DO UPDATE
SET seen = known.seen + EXCLUDED.seen, last_seen = EXCLUDED.last_seen
"""


class Aside(NamedTuple):
    """A message as it came, which gateway brought it, and why it was not charted."""

    gateway: str
    raw: object
    why: str
    site: str = MAIN

    @property
    def content(self) -> Mapping[str, Any]:
        """As it is kept."""
        return self.raw if isinstance(self.raw, Mapping) else {"message": repr(self.raw)}

    @property
    def key(self) -> str:
        """The key of the message, as far as it has one."""
        return str(self.content.get("key") or "")[:200]

    @property
    def identity(self) -> str:
        """The same message again has the same."""
        words = json.dumps(self.content, sort_keys=True, default=str)
        return derived_id("quarantine", self.key, words)


def keep_aside(messages: Sequence[Aside], now: datetime) -> frozenset[str]:
    """Keep these. Returns the identities of those that were there already."""
    if not messages:
        return frozenset()
    made = {one.identity: one for one in messages}
    known = QuarantinedMessage.objects.filter(id__in=list(made)).values_list("id", flat=True)
    before = frozenset(map(str, known))
    rows = [_row(identity, one, now) for identity, one in sorted(made.items())]
    QuarantinedMessage.objects.bulk_create(rows, ignore_conflicts=True)
    return before


def _row(identity: str, one: Aside, now: datetime) -> QuarantinedMessage:
    content = one.content
    return QuarantinedMessage(
        id=identity,
        key=one.key,
        gateway=one.gateway[:80],
        device_id=str(content.get("device_id") or "")[:80],
        mrn=str(content.get("mrn") or "")[:80],
        why=one.why,
        message=content,
        recorded_at=now,
        site_id=one.site,
    )


def count_unmapped(heard: Iterable[tuple[str, object]], now: datetime) -> None:
    """Count codes that no table knows, so that somebody can map them. `heard`: (device, codes).

    What a device sends beyond `CODES_OF_A_DEVICE` is one count, under `FURTHER`.
    """
    found: dict[tuple[str, str], list[Any]] = {}
    for device_id, codes in heard:
        for code in codes if isinstance(codes, list) else []:
            if isinstance(code, Mapping):
                _count(found, device_id, code)
    if not found:
        return
    # In one order everywhere, or two processes could wait for each other crosswise.
    rows = [(*place, *found[place]) for place in sorted(found)]
    columns = (list(column) for column in zip(*rows, strict=True))
    told: dict[str, Any] = dict(
        zip(("devices", "codes", "texts", "units", "seen"), columns, strict=True)
    )
    told |= {"most": CODES_OF_A_DEVICE, "further": FURTHER, "further_text": _FURTHER_TEXT}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {**told, "now": now})


def _count(
    found: dict[tuple[str, str], list[Any]], device_id: str, code: Mapping[str, Any]
) -> None:
    place = (device_id[:80], str(code.get("code") or "")[:120])
    words = [str(code.get("text") or "")[:200], str(code.get("unit") or "")[:80], 0]
    found.setdefault(place, words)[2] += 1
