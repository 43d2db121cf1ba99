"""The only writers of the journal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from openketamine.clinic.journal._chain import content_hash, plain
from openketamine.clinic.journal._group import Place, append_readings, notify, take, taking
from openketamine.clinic.journal._packing import pack
from openketamine.clinic.journal._readings import Reading, small
from openketamine.clinic.journal._readings import author as device_author
from openketamine.clinic.journal._stored import Entry, KeyReused, StoredFact, row_hash, stored
from openketamine.clinic.journal.models import Access, Fact, Head
from openketamine.core.findings import BadInput

__all__ = [
    "Entry",
    "KeyReused",
    "Place",
    "Reading",
    "append",
    "append_many",
    "append_readings",
    "device_author",
    "lock",
    "pack",
    "record_access",
    "record_accesses",
    "small",
    "take",
    "taking",
]


def append(stream: str, entries: Sequence[Entry], now: datetime) -> list[StoredFact]:
    """Write these facts at the end of a stream, all or none, and tell the listeners once.

    A repeat (same id, same content) gives back the fact that is there already. Raises KeyReused
    when the id carries other content, BadInput when the content cannot be kept.
    """
    return append_many({stream: entries}, now)[stream]


def append_many(
    streams: Mapping[str, Sequence[Entry]], now: datetime
) -> dict[str, list[StoredFact]]:
    """`append` for several streams in one transaction: the group commit of many bedsides."""
    cleaned = {stream: [_clean(entry) for entry in entries] for stream, entries in streams.items()}
    with transaction.atomic():
        heads = lock(*cleaned)
        known = _known(entry.id for entries in cleaned.values() for entry in entries)
        answers: dict[str, list[Fact]] = {}
        fresh: list[Fact] = []
        for stream, entries in cleaned.items():
            answers[stream] = [_row(heads[stream], entry, known, fresh, now) for entry in entries]
        Fact.objects.bulk_create(fresh)
        notify({row.stream: row.number for row in fresh})
    return {stream: [stored(row) for row in rows] for stream, rows in answers.items()}


def lock(*streams: str) -> dict[str, Head]:
    """Take the write lock of these streams until the transaction ends, so that what was checked is
    still true when it is written.

    Several locks are always taken in the order of their names, or two writers could wait for each
    other; a command that takes them one after the other keeps `session:` before `person:`, and both
    before `pharmacy:` and `staff`.
    """
    names = sorted(streams)
    Head.objects.bulk_create([Head(stream=name) for name in names], ignore_conflicts=True)
    heads = Head.objects.select_for_update().filter(stream__in=names).order_by("stream")
    return {head.stream: head for head in heads}


def record_access(
    who: Any,
    person_id: UUID | None,
    what: str,
    now: datetime,
    *,
    refused: bool = False,
    source: str = "",
) -> None:
    """Somebody used a task, read a record, or was refused. `who` None: nobody signed in."""
    known = who is not None and who.is_authenticated
    Access.objects.create(
        at=now,
        by_id=str(who.pk) if known else "",
        by_name=who.display_name if known else "",
        by_role=who.role if known else "",
        person_id=person_id,
        what=what[:200],
        refused=refused,
        source=source,
    )


def record_accesses(who: Any, person_ids: Iterable[UUID], what: str, now: datetime) -> None:
    """Somebody who is signed in read the records of many people at once."""
    Access.objects.bulk_create(
        (
            Access(
                at=now, by_id=str(who.pk), by_name=who.display_name, by_role=who.role,
                person_id=one, what=what[:200],
            )
            for one in person_ids
        ),
        batch_size=1000,
    )  # fmt: skip


def _clean(entry: Entry) -> Entry:
    try:
        identity = str(UUID(str(entry.id)))
    except ValueError:
        raise BadInput("id", "a UUID", entry.id) from None
    if entry.at.tzinfo is None:
        raise BadInput("at", "a time with offset", entry.at)
    return Entry(identity, entry.kind, plain(entry.body), entry.at, entry.by, entry.origin)


def _known(ids: Iterable[str]) -> dict[str, Fact]:
    return {str(row.id): row for row in Fact.objects.filter(id__in=list(ids))}


def _row(
    head: Head, entry: Entry, known: dict[str, Fact], fresh: list[Fact], now: datetime
) -> Fact:
    """The row that is there already, or a new one linked to the head, which moves on."""
    content = content_hash(head.stream, entry.kind, entry.at, entry.by.id, entry.body)
    before = known.get(entry.id)
    if before is not None:
        if before.content_hash != content:
            raise KeyReused("id", "an id that was not used before for something else", entry.id)
        return before
    row = Fact(
        id=UUID(entry.id),
        stream=head.stream,
        number=head.number + 1,
        kind=entry.kind,
        body=entry.body,
        at=entry.at,
        recorded_at=now,
        by_id=entry.by.id,
        by_name=entry.by.name,
        by_role=entry.by.role,
        origin=entry.origin,
        content_hash=content,
        prev_hash=head.hash,
    )
    row.hash = row_hash(row)
    head.number, head.hash = row.number, row.hash
    known[entry.id] = row
    fresh.append(row)
    return row
