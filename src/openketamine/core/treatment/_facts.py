"""The facts of a session: what can be true of it, one frozen dataclass a kind.

A session is nothing but a log of these. Names and units are in the fields (`mass_ug`,
`rate_ul_per_h`): integers for what is counted or dispensed, Decimal for what is measured. A
correction is a fact of its own that points at the one it corrects; nothing is edited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from openketamine.core.log import Author as Author
from openketamine.core.log import Corrected as Corrected
from openketamine.core.log import Fact as Logged

# Monitoring says these two; in the log of a session they are facts like the others.
from openketamine.core.monitoring import FindingCleared as FindingCleared
from openketamine.core.monitoring import FindingRaised as FindingRaised


@dataclass(frozen=True)
class SessionOpened:
    """A person is expected for a session of a protocol."""

    person_id: str
    protocol_id: str
    session_number: int = 1
    indication: str = ""


@dataclass(frozen=True)
class ChairAssigned:
    """The person sits down; from here the board shows them."""

    chair: str


@dataclass(frozen=True)
class ChecklistAnswered:
    """One item of a checklist. `answer`: yes, no, not_known or not_applicable."""

    checklist: str
    item: str
    answer: str
    note: str = ""


@dataclass(frozen=True)
class ScoreRecorded:
    """An instrument was filled in; `answers` in item order, None = not answered.

    `version`: which form of it. `note`: what a reader of the total must know, as that it is
    pro-rated.
    """

    instrument: str
    answers: tuple[int | None, ...]
    total: Decimal | int | None
    band: str = ""
    flags: tuple[str, ...] = ()
    version: str = ""
    note: str = ""


@dataclass(frozen=True)
class PlanSigned:
    """A prescriber signed this dose. Proposal, findings and knowledge digest are frozen inside."""

    drug: str
    route: str
    dose_ug: int
    over_s: int
    concentration_ug_per_ml: int
    volume_ul: int
    rate_ul_per_h: int
    weight_g: int
    weight_basis: str
    proposal: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...]
    knowledge: str
    meaning: str = "I order this dose for this person today."


@dataclass(frozen=True)
class OverrideSigned:
    """A prescriber goes on in spite of a rule that may be overridden, and says why."""

    rule: str
    reason_code: str
    reason: str
    # What who signs says by it; empty in what was signed before there was one.
    meaning: str = ""


@dataclass(frozen=True)
class DrugWithdrawn:
    """Drug went from a vial to this session's tray, before a witness who proved who they are.

    Of a pack of tablets, troches or devices: `units` of them, called `unit`, and no volume.
    """

    transfer_id: str
    vial_id: str
    lot: str
    volume_ul: int
    mass_ug: int
    witness_id: str
    witness_name: str
    units: int = 0
    unit: str = ""


@dataclass(frozen=True)
class DoseVerified:
    """A second person read person, drug, concentration, amount and rate off the pump and bag."""

    second_id: str
    second_name: str
    person_id: str
    drug: str
    dose_ug: int
    concentration_ug_per_ml: int
    volume_ul: int
    rate_ul_per_h: int


@dataclass(frozen=True)
class InfusionStarted:
    """The pump runs. `volume_ul` is what the bag or syringe holds."""

    rate_ul_per_h: int
    concentration_ug_per_ml: int
    volume_ul: int
    weight_g: int


@dataclass(frozen=True)
class RateChanged:
    """The pump was set to another rate."""

    rate_ul_per_h: int
    reason: str = ""


@dataclass(frozen=True)
class InfusionPaused:
    """The pump stands still, the dose is not over."""

    reason: str = ""


@dataclass(frozen=True)
class InfusionResumed:
    """The pump runs again."""

    rate_ul_per_h: int
    reason: str = ""


@dataclass(frozen=True)
class InfusionStopped:
    """The pump was stopped for good; `reason` is `complete` or the nurse's words."""

    reason: str = "complete"


@dataclass(frozen=True)
class DoseGiven:
    """One act of giving that is no infusion: an injection, a nasal device, a tablet or troche.

    `place`: where, in the nurse's words (left deltoid). `unit`: device, tablet, troche; empty for
    an injection. `held_s`: how long it was kept under the tongue; `ending`: swallowed or spat_out,
    which changes how much of it counts; empty where nobody said.
    """

    route: str
    dose_ug: int
    volume_ul: int = 0
    place: str = ""
    unit: str = ""
    lot: str = ""
    held_s: int = 0
    ending: str = ""


@dataclass(frozen=True)
class DoseStopped:
    """No more of the ordered dose will be given by hand; `reason` in the nurse's words."""

    reason: str


@dataclass(frozen=True)
class DoseFinished:
    """What the person received in all, and the ledger transfer that says so."""

    given_ug: int
    given_ul: int
    transfer_id: str


@dataclass(frozen=True)
class DrugWasted:
    """What was left was destroyed before a witness."""

    transfer_id: str
    mass_ug: int
    reason: str
    method: str
    witness_id: str
    witness_name: str


@dataclass(frozen=True)
class DeviceAttached:
    """A monitor or pump was joined to this session by a person, never by a guess."""

    device_id: str
    device_kind: str = "monitor"


@dataclass(frozen=True)
class DeviceDetached:
    """The device no longer speaks for this person."""

    device_id: str


@dataclass(frozen=True)
class ReadingsTakenOver:
    """A person took what a device had said before it was joined into this record: these readings
    follow, each under the name of the device."""

    device_id: str
    count: int
    first_at: datetime
    last_at: datetime
    reason: str


@dataclass(frozen=True)
class ReadingTaken:
    """What one device said at one moment.

    `values`: signal → number, None where the device said that it has none.
    `doubts`: signal → why the number is not believed (0, impossible, from the future).
    Signals: heart_rate, pulse_rate, systolic, diastolic, mean_pressure, spo2, respiratory_rate,
    etco2, temperature; units bpm, bpm, mmHg ×3, %, /min, mmHg, Cel.
    """

    device_id: str
    measured_at: datetime
    received_at: datetime
    values: Mapping[str, Decimal | None]
    doubts: Mapping[str, str] = field(default_factory=dict)
    message_key: str = ""


@dataclass(frozen=True)
class ObservationCharted:
    """What a person measured or scored by hand: signals of ReadingTaken, or moaas (0–5), nausea,
    dissociation, distress, pain (0–10)."""

    values: Mapping[str, Decimal]
    note: str = ""


@dataclass(frozen=True)
class AdverseEventCharted:
    """Something unwanted happened. `severity`: CTCAE 1–5."""

    event: str
    severity: int
    action: str = ""
    note: str = ""


@dataclass(frozen=True)
class NoteCharted:
    """Free words."""

    text: str


@dataclass(frozen=True)
class MedicineGiven:
    """A rescue medicine or adjunct, as `ondansetron`, `4 mg`, `iv`."""

    medicine: str
    dose: str
    route: str
    reason: str = ""
    ordered_by: str = ""


@dataclass(frozen=True)
class FindingAcknowledged:
    """A person saw it."""

    finding_id: str


@dataclass(frozen=True)
class FindingShown:
    """It stood on an open screen before a person who is signed in. Written by the screen itself."""

    finding_id: str


@dataclass(frozen=True)
class PersonCalled:
    """Somebody was told of a finding: one step of the list in knowledge/escalation.

    `people` and `names`: whom, by id and by name; `to`: why them; `answer_by`: until when they have
    before the next is told, None at the end of the list. Written by the rules, each step once.
    """

    finding_id: str
    step: int
    to: str
    people: tuple[str, ...]
    names: tuple[str, ...]
    answer_by: datetime | None = None


@dataclass(frozen=True)
class PersonMessaged:
    """One attempt to reach somebody who was told, away from every screen: a secondary means.

    `step`: of the list, as in PersonCalled. `channel`: text or email, empty where the person gave
    neither. `outcome`: sent (a carrier has it; nobody knows that it was read), again (not yet: it
    is tried once more), failed, unknown (the carrier was cut off), no_address. `why`: in words.
    """

    finding_id: str
    step: int
    person: str
    name: str
    channel: str
    outcome: str
    why: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class CallAnswered:
    """A person who was told answers: coming, seen, or here (at the chair)."""

    finding_id: str
    answer: str


@dataclass(frozen=True)
class SoundPaused:
    """The sound of every screen of this session is paused for so long. It comes back by itself."""

    seconds: int


@dataclass(frozen=True)
class SoundResumed:
    """The pause was ended by hand."""


@dataclass(frozen=True)
class SoundSwitched:
    """One screen was given its voice, or lost it. `screen`: how the device calls itself."""

    on: bool
    screen: str = ""


@dataclass(frozen=True)
class EmergencyBegun:
    """An emergency card of knowledge/emergencies was opened; its clock runs from here."""

    card: str


@dataclass(frozen=True)
class EmergencyStepDone:
    """A step of an open card was done, tapped as it happened."""

    card: str
    step: str
    note: str = ""


@dataclass(frozen=True)
class EmergencyOver:
    """The emergency is over; `outcome`: settled, transferred, or the nurse's words."""

    card: str
    outcome: str


@dataclass(frozen=True)
class RecoveryScored:
    """A recovery scale such as `modified-aldrete`, with its items."""

    scale: str
    items: Mapping[str, int]
    total: int


@dataclass(frozen=True)
class Discharged:
    """The person left, with whom."""

    escort_name: str
    escort_phone: str
    instructions_given: bool


@dataclass(frozen=True)
class SessionClosed:
    """Nothing is left to do here."""

    reason: str = "complete"


@dataclass(frozen=True)
class ReportSigned:
    """The report was read and signed; the hash binds the signature to its content."""

    content_sha256: str
    meaning: str


Body = (
    SessionOpened | ChairAssigned | ChecklistAnswered | ScoreRecorded | PlanSigned | OverrideSigned
    | DrugWithdrawn | DoseVerified
    | InfusionStarted | RateChanged | InfusionPaused | InfusionResumed | InfusionStopped
    | DoseGiven | DoseStopped | DoseFinished | DrugWasted | DeviceAttached | DeviceDetached
    | ReadingTaken | ObservationCharted | AdverseEventCharted | NoteCharted | MedicineGiven
    | ReadingsTakenOver
    | FindingRaised | FindingCleared | FindingAcknowledged | FindingShown
    | PersonCalled | PersonMessaged | CallAnswered | SoundPaused | SoundResumed | SoundSwitched
    | EmergencyBegun | EmergencyStepDone | EmergencyOver
    | RecoveryScored | Discharged | SessionClosed | ReportSigned | Corrected
)  # fmt: skip

Fact = Logged[Body]
