"""The facts of a course: what is true of a person between the sessions.

They stand in the stream `course:<person id>`. A session's own facts stay in the session's stream;
`course` folds both. Nothing is edited: a correction is a fact that points at the one it corrects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from openketamine.core.log import Corrected as Corrected
from openketamine.core.log import Fact as Logged


@dataclass(frozen=True)
class CourseOpened:
    """A person begins a course. `primary`: the instrument by which it is judged.

    `indication`: depression, pain or both.
    """

    course_id: str
    protocol_id: str
    indication: str
    primary: str
    sessions_planned: int | None = None
    goal: str = ""


@dataclass(frozen=True)
class CourseEnded:
    """It is over.

    `reason`: complete, no_benefit, side_effects, wish, moved, lost, died or other.
    """

    course_id: str
    reason: str
    note: str = ""


@dataclass(frozen=True)
class ScoreTaken:
    """An instrument was filled in outside a session; `answers` in item order, None = not answered.

    `source`: patient (by a link) or staff. `check_in`: the check-in that asked, if one did.
    """

    instrument: str
    version: str
    answers: tuple[int | None, ...]
    total: Decimal | int | None
    band: str = ""
    flags: tuple[str, ...] = ()
    note: str = ""
    source: str = "patient"
    check_in: str = ""
    language: str = "en"


@dataclass(frozen=True)
class ContactSet:
    """How this person wants to be reached; the last one counts. No address, no message.

    `channel`: email, text or none. Quiet hours are "HH:MM" in `zone`, the person's own.
    `telephone`: how the clinic calls them, whatever messages go by; `other_name` and
    `other_telephone`: whom it may call when they cannot be reached. Empty: nobody said.
    """

    channel: str
    address: str = ""
    language: str = "en"
    zone: str = ""
    quiet_from: str = "21:00"
    quiet_until: str = "08:00"
    telephone: str = ""
    other_name: str = ""
    other_telephone: str = ""


@dataclass(frozen=True)
class LanguageChosen:
    """In which language this person is spoken to, from this moment on: two letters, such as es."""

    language: str


@dataclass(frozen=True)
class VisitArranged:
    """The next session is arranged with the person; the last one counts. `starts_at` None: it was
    called off. `cost`: what the person pays, in the clinic's words."""

    starts_at: datetime | None
    protocol_id: str = ""
    place: str = ""
    cost: str = ""


@dataclass(frozen=True)
class OptedOut:
    """No more messages on this channel, from this moment on."""

    channel: str
    how: str


@dataclass(frozen=True)
class CheckInInvited:
    """A message with a link was handed to the post.

    `attempt` 1 is the invitation, what follows are reminders.
    """

    check_in: str
    schedule: str
    step: str
    due_at: datetime
    closes_at: datetime
    channel: str
    attempt: int = 1
    instruments: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True)
class CheckInUndelivered:
    """The post gave it back, or nobody could be written to.

    `cause`: bounced, no_address, opted_out, post_down, or not_known: the machine stopped between
    handing it over and hearing that it was taken; it is not handed over a second time.
    """

    check_in: str
    cause: str
    detail: str = ""
    attempt: int = 0


@dataclass(frozen=True)
class CheckInOpened:
    """The link was opened for the first time."""

    check_in: str


@dataclass(frozen=True)
class ReplyGiven:
    """One question of a check-in was answered; a later reply counts instead of an earlier one.

    `form`: an instrument or a list of readiness questions. `answer`: a number, a word of the form,
    or free text; None = the person does not want to answer.
    """

    check_in: str
    form: str
    item: str
    answer: Any = None


@dataclass(frozen=True)
class CheckInFinished:
    """The last question was answered."""

    check_in: str


@dataclass(frozen=True)
class CheckInMissed:
    """It closed unanswered or half answered. `cause`: not_opened, not_finished, bounced,
    no_address, opted_out, post_down, not_asked."""

    check_in: str
    cause: str


@dataclass(frozen=True)
class TaskOpened:
    """Somebody must do something about this person, by a time. `kind`: suicide_answer,
    not_ready, side_effect, worsening, relapse, stop_rule, check_due, referral, other.

    `roles`: who may take it, first the owner, then to whom it goes. `rests_on`: ids of facts.
    `done_minutes`: so long whoever took it has to close it; 0: as long as the first role had.
    """

    task_id: str
    kind: str
    summary: str
    due_at: datetime
    roles: tuple[str, ...]
    rule: str = ""
    level: str = "caution"
    rests_on: tuple[str, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    done_minutes: int = 0


@dataclass(frozen=True)
class TaskTold:
    """These people were told of a task; `step` 0 first, then each step of the escalation."""

    task_id: str
    step: int
    names: tuple[str, ...]
    how: str = "screen"


@dataclass(frozen=True)
class TaskTaken:
    """Whoever recorded this owns the task now."""

    task_id: str


@dataclass(frozen=True)
class TaskClosed:
    """What was done about it, in words."""

    task_id: str
    outcome: str


@dataclass(frozen=True)
class ConsentGiven:
    """A version of a consent was read, understood and signed.

    `sha256` binds the signature to the text that was shown. `answers`: the questions that showed
    understanding: question → every choice in order. `signed_as`: the name that was written.
    `helped_by`: an interpreter or guardian. `covers`: drug, route, area, protocol and the highest
    dose that the text named, empty where it is about no treatment.
    """

    consent: str
    version: str
    sha256: str
    elements: tuple[str, ...]
    answers: Mapping[str, Any]
    signed_as: str
    language: str = "en"
    helped_by: str = ""
    meaning: str = "I have read this, my questions were answered, and I agree."
    covers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConsentWithdrawn:
    """From this moment the consent does not hold."""

    consent: str
    reason: str = ""


@dataclass(frozen=True)
class WishWritten:
    """What the person wants in a session, or hopes for. `topic`: goal, music, eye_mask, touch,
    company, other; the last of a topic counts."""

    topic: str
    text: str


@dataclass(frozen=True)
class PaperGiven:
    """Instructions, a discharge sheet or a letter left the house.

    `to`: person, referrer or escort. `sha256` binds it to the words that were given. `meaning`:
    what whoever recorded this signed with a fresh proof; empty for a paper that nobody signs.
    `session`: of which session it is; empty where it is of none.
    """

    template: str
    version: str
    sha256: str
    to: str
    how: str
    language: str = "en"
    meaning: str = ""
    session: str = ""


@dataclass(frozen=True)
class CheckDone:
    """One of the long-term checks. `domain`: one of knowledge/long-term-checks (bladder, liver,
    cognition, misuse, alcohol, drug_use, ecg, suicide) or other. `result`: normal, abnormal or
    not_known, with what was found."""

    domain: str
    result: str
    found: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EventRecorded:
    """Something that counts for the course. `kind`: hospitalised, suicide_attempt, mania,
    psychosis, other_treatment, stopped_medicine, died, other."""

    kind: str
    words: str = ""


Body = (
    CourseOpened | CourseEnded | ScoreTaken | ContactSet | LanguageChosen | VisitArranged | OptedOut
    | CheckInInvited | CheckInUndelivered | CheckInOpened | ReplyGiven | CheckInFinished
    | CheckInMissed | TaskOpened | TaskTold | TaskTaken | TaskClosed
    | ConsentGiven | ConsentWithdrawn | WishWritten | PaperGiven | CheckDone | EventRecorded
    | Corrected
)  # fmt: skip

Fact = Logged[Body]
