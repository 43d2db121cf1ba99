"""A de-identified export as Parquet: one table each of people, sessions, events, scores, check-ins.

What a column means, with its unit, stands in the file's own metadata and in the manifest.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openketamine.clinic.results.deidentified import Nobody

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "people": {
        "person": "id drawn for this export",
        "sex": "female, male, other or unknown",
        "age": "whole years at the first session; 90 stands for 90 or more",
        "age_is_or_more": "true where the age stands for that age or more",
        "protocol": "protocol of the course",
        "indication": "depression, pain or both",
        "first_year": "year of the first session",
        "first_day": "day of the first session, moved by a number of this person's own; empty in "
        "an export by years",
        "ended": "coded reason for which the course ended; empty while it goes on",
    },
    "sessions": {
        "person": "id drawn for this export",
        "number": "place in the course, from 1",
        "day": "days since the first session",
        "drug": "drug",
        "route": "route",
        "dose_mg": "given in all, mg",
    },
    "events": {
        "person": "id drawn for this export",
        "number": "session, from 1",
        "event": "adverse event, coded; other where it was written in free words",
        "grade": "CTCAE grade, 1 to 5",
    },
    "scores": {
        "person": "id drawn for this export",
        "day": "days since the first session; negative before it",
        "before": "true before the first drug of the course, also on its day",
        "instrument": "instrument",
        "version": "form of the instrument",
        "total": "score; empty where it could not be scored",
        "unanswered": "items without an answer",
        "where": "session, link or staff",
    },
    "check_ins": {
        "person": "id drawn for this export",
        "day": "days since the first session on which a message was first tried, or on which it "
        "was over where none was",
        "end": "finished, open, or the coded cause why it was missed",
    },
}


def rows(people: Sequence[Nobody]) -> dict[str, list[dict[str, Any]]]:
    """Every table as plain rows, in the order of `COLUMNS`."""
    return {
        "people": [
            {name: getattr(one, "id" if name == "person" else name) for name in COLUMNS["people"]}
            for one in people
        ],
        "sessions": list(_sessions(people)),
        "events": [
            {"person": one.id, "number": dose.number, "event": event, "grade": grade}
            for one in people
            for dose in one.doses
            for event, grade in dose.events
        ],
        "scores": list(_scores(people)),
        "check_ins": [
            {"person": one.id, "day": day, "end": end}
            for one in people
            for day, end in one.check_ins
        ],
    }


def files(people: Sequence[Nobody]) -> dict[str, bytes]:
    """File name → Parquet. A table without a row has its columns all the same."""
    return {f"{name}.parquet": _written(name, some) for name, some in rows(people).items()}


def _sessions(people: Sequence[Nobody]) -> Iterable[dict[str, Any]]:
    names = [name for name in COLUMNS["sessions"] if name != "person"]
    for one in people:
        for dose in one.doses:
            yield {"person": one.id} | {name: getattr(dose, name) for name in names}


def _scores(people: Sequence[Nobody]) -> Iterable[dict[str, Any]]:
    names = [name for name in COLUMNS["scores"] if name != "person"]
    for one in people:
        for scored in one.scores:
            yield {"person": one.id} | {name: getattr(scored, name) for name in names}


def _written(name: str, some: Sequence[Mapping[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"age": pa.int16(), "first_day": pa.date32()}
    kinds |= dict.fromkeys(("age_is_or_more", "before"), pa.bool_())
    kinds |= dict.fromkeys(("first_year", "number", "day", "grade", "unanswered"), pa.int32())
    kinds |= {"dose_mg": pa.float64(), "total": pa.float64()}
    fields = [
        pa.field(column, kinds.get(column, pa.string()), metadata={"says": says})
        for column, says in COLUMNS[name].items()
    ]
    table = pa.Table.from_pylist(list(some), schema=pa.schema(fields))
    to = io.BytesIO()
    pq.write_table(table, to, compression="zstd")
    return to.getvalue()
