"""The only writers of a session.

Facts (`record_fact`) are never refused and never doubled. Requests (the verbs) are decided by
`core.treatment.may` while the stream is locked: written, or refused with every reason.
"""

from openketamine.clinic.journal.commands import KeyReused
from openketamine.clinic.sessions._alarms import note_silence
from openketamine.clinic.sessions._away import note_message
from openketamine.clinic.sessions._calls import note_calls
from openketamine.clinic.sessions._consent import answer_consent
from openketamine.clinic.sessions._devices import (
    attach_device,
    detach_device,
    gateway_name,
    record_heartbeat,
)
from openketamine.clinic.sessions._drug import waste, withdraw
from openketamine.clinic.sessions._facts import BEDSIDE_KINDS, record_fact
from openketamine.clinic.sessions._opening import assign_chair, open_session
from openketamine.clinic.sessions._packing import pack_closed
from openketamine.clinic.sessions._readings import (
    Delivery,
    Outcome,
    record_deliveries,
    record_readings,
)
from openketamine.clinic.sessions._requests import (
    OVERRIDE_MEANING,
    close,
    discharge,
    resume,
    sign_plan,
    sign_report,
    start,
    verify,
)
from openketamine.clinic.sessions._shelf import shelve_quarantined
from openketamine.clinic.sessions._taking_over import take_over
from openketamine.clinic.sessions._writing import Done

__all__ = [
    "BEDSIDE_KINDS",
    "OVERRIDE_MEANING",
    "Delivery",
    "Done",
    "KeyReused",
    "Outcome",
    "answer_consent",
    "assign_chair",
    "attach_device",
    "close",
    "detach_device",
    "discharge",
    "gateway_name",
    "note_calls",
    "note_message",
    "note_silence",
    "open_session",
    "pack_closed",
    "record_deliveries",
    "record_fact",
    "record_heartbeat",
    "record_readings",
    "resume",
    "shelve_quarantined",
    "sign_plan",
    "sign_report",
    "start",
    "take_over",
    "verify",
    "waste",
    "withdraw",
]
