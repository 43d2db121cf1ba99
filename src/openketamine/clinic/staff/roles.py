"""Who may do what: one table, read by every page and every command.

Rows follow the permission matrix of the clinic (roles in columns). An inventory officer counts and
receives but never sees a person's record; a system administrator keeps the machine and sees neither
people nor drug; an auditor reads everything and writes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "medical_director": "Medical director",
        "prescriber": "Prescriber",
        "nurse": "Nurse",
        "therapist": "Therapist",
        "front_desk": "Front desk",
        "inventory_officer": "Inventory officer",
        "auditor": "Auditor",
        "system_admin": "System administrator",
    }
)

_PRESCRIBERS = frozenset({"medical_director", "prescriber"})
_CLINICIANS = _PRESCRIBERS | {"nurse"}
_READERS = _CLINICIANS | {"therapist", "auditor"}

TASKS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "board.read": _READERS | {"front_desk"},
        "person.read": _READERS | {"front_desk"},
        "person.import": _CLINICIANS | {"front_desk"},
        "person.evaluate": _CLINICIANS,
        "person.answer": _CLINICIANS,
        "finding.override": _PRESCRIBERS,
        "session.open": _CLINICIANS | {"front_desk"},
        "session.read": _READERS,
        "plan.sign": _PRESCRIBERS,
        "drug.withdraw": frozenset({"prescriber", "nurse"}),
        "drug.witness": _CLINICIANS,
        "dose.verify": _CLINICIANS,
        "infusion.start": _CLINICIANS,
        "chart.write": _CLINICIANS | {"therapist"},
        # A technician joins devices to chairs and reads their health, without a look at a person.
        "device.read": _READERS | {"system_admin"},
        "device.attach": _CLINICIANS | {"system_admin"},
        "device.take_over": _CLINICIANS,
        "calls.read": _CLINICIANS,
        "duty.take": _CLINICIANS,
        "wall.open": frozenset({"nurse", "medical_director"}),
        # The course between sessions. A task asks by role; the table says who may act.
        # A therapist has a page of their own (therapy.read), without doses, scores and answers.
        "course.read": _CLINICIANS | {"auditor"},
        "course.write": _CLINICIANS,
        "course.open": _PRESCRIBERS,
        "task.read": _READERS,
        "task.act": _CLINICIANS | {"therapist"},
        "responses.read": frozenset({"medical_director", "auditor"}),
        # How the clinic does. Who is behind a number is a diagnosis by another name.
        "results.read": frozenset({"medical_director", "auditor"}),
        "results-people.read": frozenset({"medical_director", "auditor"}),
        "results.export": frozenset({"medical_director"}),
        "session.discharge": _CLINICIANS,
        "session.close": _CLINICIANS,
        "report.read": _READERS,
        "report.sign": _PRESCRIBERS,
        "vials.read": _CLINICIANS | {"inventory_officer", "auditor"},
        "vials.receive": frozenset({"inventory_officer", "medical_director"}),
        "vials.count": frozenset({"inventory_officer", "medical_director", "nurse"}),
        # The second pair of eyes: on a delivery, on waste, on stock that moves, on its destruction.
        "vials.verify": frozenset({"inventory_officer", "medical_director", "nurse"}),
        "waste.witness": _CLINICIANS | {"inventory_officer"},
        "stock.witness": _CLINICIANS | {"inventory_officer"},
        "destroy.witness": frozenset({"medical_director", "nurse"}),
        "adjust.witness": _CLINICIANS | {"inventory_officer"},
        "drug.spill": frozenset({"prescriber", "nurse", "inventory_officer"}),
        "stock.manage": frozenset({"inventory_officer"}),
        "stock.destroy": frozenset({"inventory_officer"}),
        "stock.adjust": frozenset({"medical_director"}),
        "loss.report": frozenset({"inventory_officer", "medical_director"}),
        # The administration log names people: the law asks for them, and each export is recorded.
        "packet.read": frozenset({"medical_director", "inventory_officer", "auditor"}),
        "patterns.read": frozenset({"medical_director"}),
        "audit.read": frozenset({"medical_director", "auditor"}),
        # People who work here: what they show, when they work, which account they have.
        "staff.read": frozenset({"medical_director", "auditor"}),
        "credentials.own": frozenset(ROLES) - {"auditor", "system_admin"},
        "credentials.check": frozenset({"medical_director"}),
        # What a state lets a nurse do, where we did not read it ourselves.
        "scope.confirm": frozenset({"medical_director"}),
        "rota.read": _READERS | {"front_desk"},
        "rota.plan": frozenset({"medical_director", "nurse", "front_desk"}),
        # Whoever works at several sites says at which they are; nobody reaches another by it.
        "site.read": frozenset(ROLES),
        # Opens, renames and closes a site; gives one with a second person, takes one alone.
        "site.manage": frozenset({"medical_director"}),
        # Where one is told: an own address and number. An auditor is a guest and has none.
        "contact.own": frozenset(ROLES) - {"auditor"},
        # A passkey in the place of a typed secret; what it is good for, each form asks by itself.
        "passkey.read": frozenset(ROLES),
        # Two people: who keeps the machine asks, who answers for the clinic approves.
        "account.read": frozenset({"medical_director", "auditor", "system_admin"}),
        "account.ask": frozenset({"system_admin"}),
        "account.approve": frozenset({"medical_director"}),
        # Consents, what is printed, the letter. A therapist sees wishes and days, no dose.
        "papers.read": _CLINICIANS | {"auditor"},
        "consent.take": _CLINICIANS,
        "paper.give": _CLINICIANS,
        "letter.sign": _PRESCRIBERS,
        "wishes.write": _CLINICIANS | {"therapist"},
        "therapy.read": _CLINICIANS | {"therapist"},
        # Notes kept apart: own ones only, whoever it is; all others behind the glass.
        "notes.read": _PRESCRIBERS | {"therapist"},
        "therapy-note.write": frozenset({"therapist"}),
        "counselling-note.write": frozenset({"prescriber", "therapist"}),
        "glass.break": _PRESCRIBERS,
        "therapy-note.emergency": _PRESCRIBERS,
        "counselling-note.emergency": frozenset({"medical_director"}),
        "glass.read": _PRESCRIBERS | {"auditor"},
        "glass.review": _PRESCRIBERS,
        # Between sessions: when a person is asked, what came of it; their address and next visit.
        "check-in.read": _READERS | {"front_desk"},
        "check-in.arrange": _CLINICIANS | {"front_desk"},
        "knowledge.read": _READERS | {"inventory_officer", "front_desk", "system_admin"},
        # In whom a rule fired is a diagnosis by another name: only for those who treat or audit.
        "rule-uses.read": _CLINICIANS | {"auditor"},
        "rule.review": frozenset({"medical_director"}),
        "rule.tighten": frozenset({"medical_director"}),
        "decisions.read": frozenset({"medical_director", "auditor"}),
    }
)


class HasRole(Protocol):
    """Whoever asks: a member of staff, or somebody who did not sign in."""

    @property
    def is_authenticated(self) -> bool:
        """Whether they signed in."""
        ...

    @property
    def is_active(self) -> bool:
        """Whether the account is open."""
        ...


@dataclass(frozen=True)
class May:
    """The answer to "may I?": `why` not in one sentence, empty for a yes."""

    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether they may."""
        return not self.why

    def __bool__(self) -> bool:
        return self.ok


def role_title(role: str) -> str:
    """`nurse` → `Nurse`."""
    return ROLES.get(role, role)


def can(user: HasRole, task: str) -> May:
    """Whether this person's role includes this task; a task not in the table is an error."""
    allowed = TASKS[task]
    if not (user.is_authenticated and user.is_active):
        return May("Please sign in.")
    role = getattr(user, "role", "")
    if role in allowed:
        return May()
    who = ", ".join(name for key, name in ROLES.items() if key in allowed)
    return May(f"{role_title(role) or 'Your role'} may not do this ({task}). It is done by: {who}.")
