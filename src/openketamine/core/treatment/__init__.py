"""The session as facts folded into a state; which requests are allowed next, and why not.

Doors: `fold` and `advance` make a `State` of facts, `may` answers a request, `watch` says what
numbers raise and clear, `state_as_json` is what screens read, `replay` judges a recording. Beside
them stands the vocabulary of facts, one dataclass a kind, also to be had as the module `facts`.
"""

from openketamine.core.treatment import _facts as facts
from openketamine.core.treatment._alarms import watch
from openketamine.core.treatment._chart import last_score
from openketamine.core.treatment._codec import (
    decode_body,
    decode_fact,
    encode_body,
    encode_fact,
    kind_of,
    kinds,
)
from openketamine.core.treatment._facts import (
    AdverseEventCharted,
    Author,
    Body,
    ChairAssigned,
    ChecklistAnswered,
    Corrected,
    DeviceAttached,
    DeviceDetached,
    Discharged,
    DoseFinished,
    DoseGiven,
    DoseStopped,
    DoseVerified,
    DrugWasted,
    DrugWithdrawn,
    Fact,
    FindingAcknowledged,
    FindingCleared,
    FindingRaised,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    MedicineGiven,
    NoteCharted,
    ObservationCharted,
    OverrideSigned,
    PlanSigned,
    RateChanged,
    ReadingTaken,
    RecoveryScored,
    ReportSigned,
    ScoreRecorded,
    SessionClosed,
    SessionOpened,
)
from openketamine.core.treatment._json import state_as_json
from openketamine.core.treatment._may import Allowed, may
from openketamine.core.treatment._reasons import Context
from openketamine.core.treatment._replay import replay
from openketamine.core.treatment._state import State, advance, fold
from openketamine.core.treatment._vitals import baseline

__all__ = [
    "AdverseEventCharted",
    "Allowed",
    "Author",
    "Body",
    "ChairAssigned",
    "ChecklistAnswered",
    "Context",
    "Corrected",
    "DeviceAttached",
    "DeviceDetached",
    "Discharged",
    "DoseFinished",
    "DoseGiven",
    "DoseStopped",
    "DoseVerified",
    "DrugWasted",
    "DrugWithdrawn",
    "Fact",
    "FindingAcknowledged",
    "FindingCleared",
    "FindingRaised",
    "InfusionPaused",
    "InfusionResumed",
    "InfusionStarted",
    "InfusionStopped",
    "MedicineGiven",
    "NoteCharted",
    "ObservationCharted",
    "OverrideSigned",
    "PlanSigned",
    "RateChanged",
    "ReadingTaken",
    "RecoveryScored",
    "ReportSigned",
    "ScoreRecorded",
    "SessionClosed",
    "SessionOpened",
    "State",
    "advance",
    "baseline",
    "decode_body",
    "decode_fact",
    "encode_body",
    "encode_fact",
    "facts",
    "fold",
    "kind_of",
    "kinds",
    "last_score",
    "may",
    "replay",
    "state_as_json",
    "watch",
]
