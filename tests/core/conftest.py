"""A story of one session, told in minutes after nine, from which a test folds a state."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from openketamine.core.treatment import Author, Fact, State, facts, fold

NINE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NORA = Author("nora", "Nora Lindqvist", "nurse")
WES = Author("wes", "Wes Okafor", "nurse")
PRIYA = Author("priya", "Dr Priya Raman", "prescriber")
READY = (
    "identity", "consent", "allergies", "medicines", "pregnancy", "fasting-solids",
    "fasting-fluids", "escort", "mental-state",
)  # fmt: skip
LEAVING = (
    "as-before", "walks", "no-vomiting", "escort-present", "safety-plan", "instructions",
)  # fmt: skip
CALM = {"systolic": 124, "diastolic": 76, "heart_rate": 70, "spo2": 98, "respiratory_rate": 14}


@dataclass
class Story:
    """Facts of a session. Each method tells one more thing and returns the story."""

    told: list[Fact] = field(default_factory=list)
    nora: Author = NORA
    wes: Author = WES
    priya: Author = PRIYA

    @staticmethod
    def time(minute: float) -> datetime:
        return NINE + timedelta(minutes=minute)

    def at(self, minute: float, body: facts.Body, by: Author = NORA, fact_id: str = "") -> "Story":
        number = max((fact.number for fact in self.told), default=0) + 1
        self.told.append(
            Fact(fact_id or f"fact-{number}", self.time(minute), by, body, None, number)
        )
        return self

    def state(self) -> State:
        return fold(self.told)

    def vitals(self, minute: float, **values: float) -> "Story":
        shown = {signal: Decimal(str(value)) for signal, value in (CALM | values).items()}
        return self.at(minute, facts.ObservationCharted(shown))

    def reading(self, minute: float, doubts=None, **values: float | None) -> "Story":
        said = {s: None if v is None else Decimal(str(v)) for s, v in values.items()}
        moment = self.time(minute)
        return self.at(minute, facts.ReadingTaken("mon-1", moment, moment, said, doubts or {}))

    def answered(self, minute: float, checklist: str, *items: str, answer: str = "yes") -> "Story":
        for item in items:
            self.at(minute, facts.ChecklistAnswered(checklist, item, answer))
        return self

    def opened(self) -> "Story":
        return self.at(0, facts.SessionOpened("p1", "iv-depression", 1, "depression"))

    def prepared(self) -> "Story":
        """Everything done that is needed before a dose of 35 mg over 40 min."""
        self.opened().at(1, facts.ChairAssigned("Chair 1")).answered(2, "pre-dose", *READY)
        self.at(3, facts.ScoreRecorded("phq-9", (1,) * 9, 9, "mild"))
        self.at(3, facts.ScoreRecorded("c-ssrs-screen", (0, 0), None, "no risk found"))
        self.vitals(4, systolic=128, diastolic=78).vitals(10).at(11, self.plan(), PRIYA)
        self.at(12, facts.DrugWithdrawn("t1", "K1", "LOT1", 700, 35000, "wes", "Wes Okafor"))
        return self.at(13, self.verified())

    def infusing(self) -> "Story":
        return self.prepared().at(15, facts.InfusionStarted(52500, 1000, 35000, 70000))

    def finished(self) -> "Story":
        self.infusing().at(55, facts.InfusionStopped())
        return self.at(55, facts.DoseFinished(35000, 35000, "t2"))

    def recovered(self) -> "Story":
        """Everything done that is needed before leaving, at minute 118."""
        scored = facts.RecoveryScored("modified-aldrete", {"activity": 2}, 10)
        awake = facts.ObservationCharted({"moaas": Decimal(5)})
        self.finished().vitals(116).at(117, awake).at(117, scored)
        return self.answered(118, "discharge", *LEAVING)

    @staticmethod
    def plan(dose_ug: int = 35000) -> facts.PlanSigned:
        return facts.PlanSigned(
            drug="ketamine", route="iv", dose_ug=dose_ug, over_s=2400,
            concentration_ug_per_ml=1000, volume_ul=dose_ug, rate_ul_per_h=dose_ug * 3 // 2,
            weight_g=70000, weight_basis="actual", proposal={}, findings=(), knowledge="sha256:0",
        )  # fmt: skip

    @staticmethod
    def verified(**read: object) -> facts.DoseVerified:
        correct = {
            "person_id": "p1", "drug": "ketamine", "dose_ug": 35000,
            "concentration_ug_per_ml": 1000, "volume_ul": 35000, "rate_ul_per_h": 52500,
        }  # fmt: skip
        return facts.DoseVerified("wes", "Wes Okafor", **(correct | read))


@pytest.fixture(scope="session")
def new_story() -> type[Story]:
    return Story


@pytest.fixture
def story() -> Story:
    return Story()
