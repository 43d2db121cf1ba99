"""Facts in a nurse's words, for the numbered events of chart and report."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.quantities import format_number
from openketamine.core.treatment import _facts as f
from openketamine.knowledge import documents

_NAMES = {
    "systolic": "systolic", "diastolic": "diastolic", "heart_rate": "heart rate", "spo2": "SpO2",
    "respiratory_rate": "breaths", "moaas": "MOAA/S", "mean_pressure": "mean pressure",
}  # fmt: skip


_SENT = {"sent": "sent", "again": "not sent yet", "failed": "not sent", "unknown": "sent or not"}
_ANSWERS = {"coming": "Is coming", "seen": "Has seen it", "here": "Is at the chair"}


def in_words(body: f.Body) -> str:
    """One line for one fact."""
    return _WORDS[type(body)](body)


def milligrams(micrograms: int) -> str:
    """`35 mg`."""
    return f"{format_number(Decimal(micrograms) / 1000)} mg"


def millilitres(microlitres: int) -> str:
    """`35 mL`."""
    return f"{format_number(Decimal(microlitres) / 1000)} mL"


def rate(rate_ul_per_h: int) -> str:
    """`52.5 mL/h`."""
    return f"{format_number(Decimal(rate_ul_per_h) / 1000)} mL/h"


def _because(text: str, why: str) -> str:
    return f"{text}: {why}" if why else text


def _messaged(body: f.PersonMessaged) -> str:
    if not body.channel:
        return f"No telephone or mailbox of {body.name} is known"
    return f"{body.channel.capitalize()} to {body.name} {_SENT.get(body.outcome, body.outcome)}"


def _numbers(values: Mapping[str, Decimal | None]) -> str:
    left = {signal: value for signal, value in values.items() if value is not None}
    words = []
    if "systolic" in left and "diastolic" in left:
        words.append(
            f"BP {format_number(left.pop('systolic'))}/{format_number(left.pop('diastolic'))}"
        )
    words += [
        f"{_NAMES.get(signal, signal)} {format_number(value)}" for signal, value in left.items()
    ]
    return ", ".join(words)


def _plan(body: f.PlanSigned) -> str:
    dose = f"{body.drug} {milligrams(body.dose_ug)} {body.route}"
    if not body.rate_ul_per_h:
        return f"Plan signed: {dose}"
    return f"Plan signed: {dose} over {body.over_s // 60} min, {rate(body.rate_ul_per_h)}"


def _given(body: f.DoseGiven) -> str:
    volume = f" ({millilitres(body.volume_ul)})" if body.volume_ul else ""
    lot = f", lot {body.lot}" if body.lot else ""
    place = f", {body.place}" if body.place else ""
    held = f", held {body.held_s // 60} min" if body.held_s else ""
    ending = f", then {body.ending.replace('_', ' ')}" if body.ending else ""
    what = f"{body.unit.capitalize()} given" if body.unit else "Given"
    return f"{what}: {milligrams(body.dose_ug)}{volume} {body.route}{place}{lot}{held}{ending}"


def _withdrawn(body: f.DrugWithdrawn) -> str:
    stock = f"{body.units} × {body.unit}" if body.units else millilitres(body.volume_ul)
    return (
        f"{milligrams(body.mass_ug)} ({stock}) withdrawn, lot {body.lot}, "
        f"witness {body.witness_name}"
    )


def _started(body: f.InfusionStarted) -> str:
    concentration = format_number(Decimal(body.concentration_ug_per_ml) / 1000)
    return (
        f"Infusion started at {rate(body.rate_ul_per_h)}, {concentration} mg in 1 mL, "
        f"{millilitres(body.volume_ul)}"
    )


def _wasted(body: f.DrugWasted) -> str:
    reason = body.reason.replace("_", " ")
    return f"{milligrams(body.mass_ug)} wasted ({reason}), witness {body.witness_name}"


def _adverse(body: f.AdverseEventCharted) -> str:
    return _because(f"{body.event}, grade {body.severity}", body.action or body.note)


def _answered(body: f.ChecklistAnswered) -> str:
    asked = _question(body.checklist, body.item) or f"{body.checklist}, {body.item}"
    return _because(f"{asked}: {body.answer.replace('_', ' ')}", body.note)


@cache
def _question(checklist: str, item: str) -> str:
    """The question as it stood on the screen, or nothing where the file no longer asks it."""
    known = {entry.id: entry.body.get("items", ()) for entry in documents("checklists")}
    found = (one["question"] for one in known.get(checklist, ()) if one["item"] == item)
    return next(found, "")


def _scored(body: f.ScoreRecorded) -> str:
    name = body.instrument.removesuffix("-screen").upper()
    scored = f"{name} {'' if body.total is None else body.total}".rstrip()
    said = body.band or ("incomplete" if body.total is None else "")
    rated = "pro-rated" if body.note.startswith("Pro-rated") else ""
    return ", ".join(part for part in (scored, said, rated) if part)


def _card(card: str) -> str:
    """The title as it stood on the screen, or the id where the card is no longer there."""
    return next((one.title for one in documents("emergencies") if one.id == card), card)


def _step(card: str, step: str) -> str:
    known = {one.id: one.body["steps"] for one in documents("emergencies")}
    said = (one["text"] for one in known.get(card, ()) if one["step"] == step)
    return f"{_card(card)}: {next(said, step)}"


def _corrected(body: f.Corrected) -> str:
    what = "struck out" if body.replacement is None else "corrected"
    return f"An entry was {what}: {body.reason}"


# One line a kind, in the order of the vocabulary; a kind that is missing here fails a test.
_WORDS: Mapping[type, Callable[[Any], str]] = {
    f.SessionOpened: lambda b: f"Session {b.session_number} opened, {b.protocol_id}",
    f.ChairAssigned: lambda b: f"Seated, {b.chair}",
    f.ChecklistAnswered: _answered,
    f.ScoreRecorded: _scored,
    f.PlanSigned: _plan,
    f.OverrideSigned: lambda b: f"{b.rule} overridden: {b.reason}",
    f.DrugWithdrawn: _withdrawn,
    f.DoseVerified: lambda b: f"Dose verified by {b.second_name}: {b.drug} {milligrams(b.dose_ug)}",
    f.InfusionStarted: _started,
    f.RateChanged: lambda b: _because(f"Rate changed to {rate(b.rate_ul_per_h)}", b.reason),
    f.InfusionPaused: lambda b: _because("Infusion paused", b.reason),
    f.InfusionResumed: lambda b: _because(f"Infusion resumed at {rate(b.rate_ul_per_h)}", b.reason),
    f.InfusionStopped: lambda b: _because("Infusion stopped", b.reason),
    f.DoseGiven: _given,
    f.DoseStopped: lambda b: _because("No more is given", b.reason),
    f.DoseFinished: lambda b: (
        f"Dose finished: {milligrams(b.given_ug)} given"
        + (f" ({millilitres(b.given_ul)})" if b.given_ul else "")
    ),
    f.DrugWasted: _wasted,
    f.DeviceAttached: lambda b: f"{b.device_kind.capitalize()} {b.device_id} attached",
    f.DeviceDetached: lambda b: f"Device {b.device_id} detached",
    f.ReadingsTakenOver: lambda b: _because(
        f"{b.count} earlier readings of {b.device_id} taken into the record", b.reason
    ),
    f.ReadingTaken: lambda b: _numbers(b.values),
    f.ObservationCharted: lambda b: _because(_numbers(b.values), b.note),
    f.AdverseEventCharted: _adverse,
    f.NoteCharted: lambda b: b.text,
    f.MedicineGiven: lambda b: _because(f"{b.medicine} {b.dose} {b.route}", b.reason),
    f.FindingRaised: lambda b: b.summary,
    f.FindingCleared: lambda _: "The condition is over",
    f.FindingAcknowledged: lambda _: "Finding seen",
    f.FindingShown: lambda _: "Finding on a screen",
    f.PersonCalled: lambda b: f"Told: {', '.join(b.names) or 'nobody is there'}",
    f.PersonMessaged: lambda b: _because(_messaged(b), b.why),
    f.CallAnswered: lambda b: _ANSWERS.get(b.answer, b.answer),
    f.SoundPaused: lambda b: f"Alarm sound paused for {b.seconds} s",
    f.SoundResumed: lambda _: "Alarm sound back",
    f.SoundSwitched: lambda b: _because(f"Sound turned {'on' if b.on else 'off'}", b.screen),
    f.EmergencyBegun: lambda b: f"Emergency card opened: {_card(b.card)}",
    f.EmergencyStepDone: lambda b: _because(_step(b.card, b.step), b.note),
    f.EmergencyOver: lambda b: f"{_card(b.card)} over: {b.outcome}",
    f.RecoveryScored: lambda b: f"{b.scale} {b.total}",
    f.Discharged: lambda b: f"Discharged with {b.escort_name}",
    f.SessionClosed: lambda b: _because(
        "Session closed", "" if b.reason == "complete" else b.reason
    ),
    f.ReportSigned: lambda _: "Report signed",
    f.Corrected: _corrected,
}
