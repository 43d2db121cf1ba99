"""One course of a person who does not exist: sessions, scores, and what happened after.

Whoever is treated for pain is asked about their mood as well, and some of the others about their
pain: two axes, neither for the other. The second form is sometimes given back empty.
Between sessions they are asked when the clinic's own plan asks them.
Sessions go on for some of those who responded, at the intervals of the protocol itself.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from openketamine.core.course import Cohort, Visit, cohort, fold_course
from openketamine.core.course import facts as course
from openketamine.core.course.check_ins import Planned, is_house_form, planned_check_ins
from openketamine.core.dosing import protocol
from openketamine.core.scoring import score
from openketamine.core.treatment import Body, fold
from openketamine.core.treatment import facts as treatment
from openketamine.simulator._life import PRESCRIBER, Life, Said, SimulatedSession, as_fact, settings
from openketamine.simulator._simulated_dose import Order, Somebody, infusion, order
from openketamine.simulator._simulated_forms import Filled, answers, recorded, taken

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_PHQ9_ITEMS, _PEG_ITEMS = 9, 3
# The cohorts by whose shares the mood of people in pain is drawn, and the pain of people in low
# mood, as if it were their own.
_MOOD, _PAIN = "mcinnes-2022", "orhurhu-2019"
_MOST_SESSIONS = 30
# On whose clock the mornings of check-ins are: nobody said where these people live.
_ZONE = "UTC"


class SimulatedCourse:
    """One course of a person: sessions, scores, what happened after."""

    def __init__(self, life: Life, mix: Mapping[str, Any], first: datetime, who: Somebody) -> None:
        """`mix`: a row of `year.yaml`; `first`: when the first session opens."""
        self.life, self.mix, self.first, self.who = life, mix, first, who
        self.visits: list[Visit] = []
        self.instrument: str = mix["primary"]
        self.axes = [self._axis(self.instrument, mix["response"], *_bounds(self.instrument))]
        if mix["indication"] == "pain":
            low, high = (settings()["phq9_in_pain"][end] for end in ("low", "high"))
            self.axes.append(self._axis("phq-9", _MOOD, low, high))
        elif life.happens(settings()["pain_in_depression_percent"]):
            self.axes.append(self._axis("peg", _PAIN, *_bounds("peg")))
        self.lost_after = self._stops_after()
        # Until when check-ins were asked, and from when what the sessions did is gone again.
        self.asked = first - 2 * _DAY
        self.back = life.until

    def live(self) -> None:
        """From the first day to the end of the year."""
        mix, course_id = self.mix, self.life.name("course", self.first)
        opened = course.CourseOpened(
            course_id, mix["protocol"], mix["indication"], mix["primary"], mix["sessions"]
        )
        self.life.say(self.first - 2 * _DAY, opened)
        given = min(self.lost_after, mix["sessions"])
        days = [self.first + _DAY * mix["every_days"] * place for place in range(given)]
        days = [day for day in days if day + 4 * 60 * _MINUTE < self.life.until]
        for place, day in enumerate(days):
            self._ask(day)
            self._session(place, day, min(place, mix["sessions"]))
        if not days:
            return
        self.back = days[-1] + _DAY * self._days_to_relapse()
        self._events(days[-1])
        if self.lost_after < mix["sessions"] and len(days) == given:
            reason = self.life.one_of(["lost", "wish", "side_effects"], [60, 25, 15])
            self.life.say(days[-1] + 30 * _DAY, course.CourseEnded(course_id, reason))
        if len(days) == mix["sessions"]:
            self._maintained(days)
        self._ask(self.life.until)

    # --- scores -----------------------------------------------------------------------------

    def _axis(self, instrument: str, study: str, low: float, high: float) -> "_Axis":
        start = float(self.life.chance.uniform(low, high))
        return _Axis(instrument, start, self._last_score(instrument, start, study))

    def _last_score(self, instrument: str, start: float, name: str) -> float:
        """Where a whole course leads, by the published shares of this protocol's cohort."""
        study = cohort(name)
        response = float(study.reported("response")[0].value)
        remission = _first(study, "remission")
        worse = _first(study, "worse")
        drawn = float(self.life.chance.uniform(0, 100))
        chance = self.life.chance
        if drawn < remission:
            return float(chance.uniform(0, 4)) if instrument == "phq-9" else start / 5
        if drawn < response:
            return start * float(chance.uniform(0.22, 0.45))
        if drawn >= 100 - worse:
            return start + float(chance.uniform(5, 8))
        partly = self.life.happens(settings()["partial_percent_of_others"])
        return start * float(chance.uniform(0.55, 0.74) if partly else chance.uniform(0.8, 1.1))

    def _score(self, instrument: str, wanted: float, *, exact: bool = False) -> "Filled":
        of_mood = instrument == "phq-9"
        spread = 0 if exact else settings()["scatter"] * (1 if of_mood else 0.3)
        drawn = wanted + float(self.life.chance.normal(0, spread))
        most, items = (27, _PHQ9_ITEMS) if of_mood else (30, _PEG_ITEMS)
        points = round(drawn if of_mood else drawn * 3)
        given = answers(self.life, min(max(points, 0), most), items, most // items)
        return Filled(tuple(given), score(instrument, given))

    def _form(self, axis: "_Axis", wanted: float, *, exact: bool = False) -> "Filled":
        """A form as it came back; one that is beside the first is sometimes empty."""
        if axis is not self.axes[0] and self.life.happens(settings()["second_form_empty_percent"]):
            blank = (None,) * (_PHQ9_ITEMS if axis.instrument == "phq-9" else _PEG_ITEMS)
            return Filled(blank, score(axis.instrument, blank))
        return self._score(axis.instrument, wanted, exact=exact)

    # --- sessions ---------------------------------------------------------------------------

    def _session(self, place: int, day: datetime, done: int) -> None:
        """`place` from 0; `done`: so many sessions show in its scores."""
        life, mix = self.life, self.mix
        own = life.name("session", place, self.first)
        opened = treatment.SessionOpened(
            life.name("person"), mix["protocol"], place + 1, mix["indication"]
        )
        said: list[Said] = [life.fact(day, opened)]
        if not life.happens(settings()["score_missing_in_session_percent"]):
            said += [
                life.fact(
                    day + 5 * _MINUTE,
                    recorded(self._form(one, wanted, exact=not place)),
                )
                for one, wanted in self._levels(done, back=day > self.back)
            ]
        said += self._dose(day + 20 * _MINUTE, said)
        events = list(self._adverse_events(day + 30 * _MINUTE))
        said += [*events, self._peak(day + 50 * _MINUTE, events)]
        left = treatment.Discharged("Escort of a simulated person", "not recorded", True)  # noqa: FBT003
        said.append(life.fact(day + 130 * _MINUTE, left))
        said.append(life.fact(day + 140 * _MINUTE, treatment.SessionClosed()))
        closed = day + 140 * _MINUTE
        life.sessions.append(SimulatedSession(own, mix["protocol"], day, closed, tuple(said)))
        self.visits.append(self._visit(day, said, own))

    def _dose(self, at: datetime, before: list[Said]) -> list[Said]:
        """What was given, without a line in the drug book: no vial of this clinic was opened."""
        life = self.life
        if self.mix["protocol"] == "spravato-trd":
            return [life.fact(at + number * 5 * _MINUTE, _device()) for number in range(2)]
        signed = self._order(at, before) if self.mix.get("by_the_rules") else None
        begun, over = infusion(signed, self.who.weight_kg)
        bodies: tuple[Body, ...] = (*signed.overrides, signed.plan) if signed else ()
        return [
            *(life.fact(at - 5 * _MINUTE, body, PRESCRIBER) for body in bodies),
            life.fact(at, begun),
            life.fact(at + over, treatment.InfusionStopped()),
        ]

    def _order(self, at: datetime, before: list[Said]) -> Order | None:
        """Of all that was on record five minutes before; what is charted later nobody knew."""
        told = [as_fact(one) for one in self.life.said if one.at < at]
        state = fold_course(told, [*self.visits, self._visit(at, before)])
        return order(self.who, self.mix["protocol"], at.date(), state)

    def _visit(self, at: datetime, said: list[Said], session: str = "") -> Visit:
        return Visit(at.date(), fold([as_fact(one) for one in said]), session=session)

    def _adverse_events(self, at: datetime) -> Iterator[Said]:
        """A share of people over a course, made a share of sessions: as if each were a new draw."""
        grades = settings()["adverse_event_grades"]
        for one in cohort(self.mix["events"]).reported("adverse_event"):
            often = 1 - (1 - float(one.value) / 100) ** (1 / self.mix["sessions"])
            if self.life.happens(100 * often):
                grade = self.life.one_of(list(grades), list(grades.values()))
                yield self.life.fact(at, treatment.AdverseEventCharted(one.event, int(grade)))
        study = self.mix.get("severe_hypertension")
        for one in cohort(study).reported("adverse_event") if study else ():
            if self.life.happens(float(one.value)):
                yield self.life.fact(at, treatment.AdverseEventCharted(one.event, 3))

    def _peak(self, at: datetime, events: list[Said]) -> Said:
        """What a nurse wrote down at the peak; how strange and how sick goes with the events."""
        chance, told = self.life.chance, settings()["at_the_peak"]
        values = {
            name: Decimal(int(chance.integers(low, high + 1))) for name, (low, high) in told.items()
        }
        values["dissociation"] = self._rating(events, "dissociation")
        values["nausea"] = self._rating(events, "nausea", "vomiting")
        return self.life.fact(at, treatment.ObservationCharted(values))

    def _rating(self, events: list[Said], *names: str) -> Decimal:
        told = settings()["rating"]
        grade = max((one.body.severity for one in events if one.body.event in names), default=0)
        drawn = float(self.life.chance.uniform(told["low"], told["high"]))
        return Decimal(min(10, round(drawn + told["for_a_grade"] * grade)))

    def _maintained(self, days: list[datetime]) -> None:
        """Sessions that go on, each as soon as the protocol allows it, where it has phases for
        them, until the year is over. What was gone again stays gone."""
        first, plan, done = self.axes[0], protocol(self.mix["protocol"]), len(days)
        goes_on = self.life.happens(settings()["maintained_percent"])
        if not goes_on or first.end > first.start / 2 or len(plan.course) == 1:
            return
        day = days[-1]
        while done < _MOST_SESSIONS:
            phase = plan.phase_of(done, (day - days[0]).days // 7 + 1)
            day += _DAY * max(phase.next_in_days, self.mix["every_days"])
            if day + 4 * 60 * _MINUTE >= self.life.until:
                return
            self._ask(day)
            self._session(done, day, done)
            done += 1

    def _stops_after(self) -> int:
        """After how many sessions this person stays away; beyond the planned ones: never."""
        first, later = (
            float(one.value) / 100 for one in cohort(self.mix["drop_out"]).reported("drop_out")
        )
        planned = int(self.mix["sessions"])
        if self.life.chance.uniform() < first:
            return 1
        each = ((1 - later) / (1 - first)) ** (1 / (planned - 2))
        for number in range(2, planned):
            if self.life.chance.uniform() > each:
                return number
        return planned

    # --- afterwards -------------------------------------------------------------------------

    def _events(self, last: datetime) -> None:
        if self.life.happens(settings()["hospitalised_percent"]):
            later = last + _DAY * float(self.life.chance.uniform(5, 120))
            self.life.say(later, course.EventRecorded("hospitalised"))

    def _levels(self, sessions: int, *, back: bool) -> Iterator[tuple["_Axis", float]]:
        """Where each axis is after so many sessions; half of a course is as good as all of it
        (Phillips 2019: the median responder needed three infusions). `back`: it is gone again."""
        done = min(1.0, 2 * sessions / int(self.mix["sessions"]))
        for one in self.axes:
            reached = one.start + (one.end - one.start) * done
            yield one, one.start * 0.95 if back else reached

    def _ask(self, until: datetime) -> None:
        """Check-ins that the clinic's own plan has since it was asked last and that are over by the
        end of the year: answered, or missed for a reason."""
        state = fold_course([as_fact(one) for one in self.life.said], self.visits)
        for planned in planned_check_ins(state, _ZONE):
            if self.asked <= planned.due_at < until and planned.closes_at < self.life.until:
                self._check_in(planned)
        self.asked = until

    def _days_to_relapse(self) -> float:
        """Drawn from the published curve of responders; beyond its last point it falls on."""
        points = [(0.0, 1.0)] + [
            (float(one.day or 0), float(one.value) / 100)
            for one in cohort(self.mix["kept"]).reported("response_kept")
        ]
        drawn = 1 - float(self.life.chance.uniform())
        for (day, share), (later, less) in itertools.pairwise(points):
            if drawn >= less:
                return day + (later - day) * (share - drawn) / (share - less)
        (day, share), (later, less) = points[-2:]
        return later + (later - day) * math.log(less / drawn) / math.log(share / less)

    def _check_in(self, planned: Planned) -> None:
        """The forms of the house, and those of both axes wherever the plan asks for the first: of
        the others nothing was drawn."""
        life, own, due = self.life, planned.id, planned.due_at
        wanted = (
            list(self._levels(len(self.visits), back=due > self.back))
            if self.instrument in planned.forms
            else []
        )
        forms = (
            *(axis.instrument for axis, _ in wanted),
            *(one for one in planned.forms if is_house_form(one)),
        )
        invited = course.CheckInInvited(
            own, planned.schedule, planned.step.id, due, planned.closes_at, "email",
            instruments=forms or planned.forms,
        )  # fmt: skip
        life.say(due, invited)
        if life.happens(settings()["check_in_missed_percent"]):
            causes = settings()["missed_because"]
            cause = life.one_of(list(causes), list(causes.values()))
            life.say(planned.closes_at, course.CheckInMissed(own, cause))
            return
        at = due + (planned.closes_at - due) * float(life.chance.uniform(0.01, 0.9))
        life.say(at, course.CheckInOpened(own))
        for axis, level in wanted:
            life.say(at + _MINUTE, taken(self._form(axis, level), own))
        life.say(at + _MINUTE, course.CheckInFinished(own))


def _first(study: Cohort, what: str) -> float:
    found = study.reported(what)
    return float(found[0].value) if found else 0.0


def _device() -> treatment.DoseGiven:
    return treatment.DoseGiven(route="nasal", dose_ug=28_000, unit="device", place="each nostril")


def _bounds(instrument: str) -> tuple[float, float]:
    """Between which a first score lies."""
    if instrument == "peg":
        low, high = (settings()["peg_tenths"][end] / 10 for end in ("low", "high"))
    else:
        low, high = settings()["phq9"]["low"], settings()["phq9"]["high"]
    return low, high


@dataclass(frozen=True)
class _Axis:
    """What one instrument says of a person: where it begins, and where a whole course leads."""

    instrument: str
    start: float
    end: float
