"""The report of one session, gathered once for screen and for paper."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import typst

from openketamine.clinic.patients.banner import Banner
from openketamine.clinic.reports.chart_points import Event, chart_data
from openketamine.clinic.reports.content import Subject, report_content
from openketamine.clinic.reports.signature import Signature, digest, last_signature
from openketamine.clinic.reports.time_chart import time_chart
from openketamine.clinic.reports.times import Clock
from openketamine.clinic.staff.roles import ROLES
from openketamine.core.monitoring import Sample
from openketamine.core.treatment import (
    Fact,
    ObservationCharted,
    ReadingTaken,
    by_device,
    fold,
    state_as_json,
)

_TEMPLATE = Path(__file__).parent / "session.typ"


@dataclass(frozen=True)
class Report:
    """Content, chart, and the state of the signature."""

    content: dict[str, Any]
    phase: str
    chart: str
    events: tuple[Event, ...]
    sha256: str
    signature: Signature | None


def report_of(
    facts: list[Fact], banner: Banner, title: str, knowledge: str, now: datetime, zone: tzinfo
) -> Report:
    """The report that follows from these facts. `knowledge` is used where no plan was signed."""
    state = fold(facts)
    shown = state_as_json(state, now)
    plan = shown["plan"] or {}
    identity = {
        "family": banner.family.upper(),
        "given": banner.given,
        "born": f"{banner.born} ({banner.age})" if banner.age else banner.born,
        "gender": banner.gender,
        "id": banner.mrn,
    }
    subject = Subject(identity, title, plan.get("knowledge", knowledge))
    samples = [
        *(by_device(one.body) for one in state.all(ReadingTaken)),
        *(
            Sample(one.at, one.fact.recorded_at or one.at, one.body.values, {}, "manual")
            for one in state.all(ObservationCharted)
        ),
    ]
    return Report(
        content=report_content(subject, shown, samples, zone),
        phase=shown["phase"],
        chart=time_chart(shown, samples, now, zone),
        events=chart_data(shown, samples, now).events,
        sha256=digest(facts),
        signature=last_signature(facts),
    )


def report_pdf(
    report: Report, banner: Banner, now: datetime, zone: tzinfo, *, paper: str = "a4", demo: bool
) -> bytes:
    """One to two pages. Nothing of the person is in the name or the metadata of the file."""
    clock = Clock(zone)
    allergies = banner.allergies
    data = {
        "content": report.content,
        "phase": report.phase,
        "chart": report.chart,
        "events": [
            {"number": str(event.number), "at": clock.time(event.at), "text": event.text}
            for event in report.events
        ],
        "sha256": report.sha256,
        "signature": _signature(report.signature, clock),
        "allergy_heading": allergies.heading if allergies else "",
        "allergies": allergies.names if allergies else "",
        "weight": " ".join(filter(None, (banner.weight, banner.weight_on))),
        "printed": f"{clock.day(now)} {clock.time(now)}",
        "demo": demo,
        "paper": paper,
    }
    made = typst.compile(str(_TEMPLATE), sys_inputs={"data": json.dumps(data)})
    assert isinstance(made, bytes)  # noqa: S101  (one file was asked for)
    return made


def _signature(signature: Signature | None, clock: Clock) -> dict[str, Any] | None:
    if signature is None:
        return None
    at = f"{clock.day(signature.at)} {clock.time(signature.at)}"
    return asdict(signature) | {"at": at, "role": ROLES.get(signature.role, signature.role)}
