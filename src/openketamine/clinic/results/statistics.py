"""Proportions, tests between them and survival, each with the name of its method.

The arithmetic is that of statsmodels, scipy and lifelines; here is what was asked of them, and what
they may not answer. They take seconds to load, so they are loaded where they are first used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

LEVEL = 0.95
WILSON = "Wilson score interval, 95 %"
GREENWOOD = "Kaplan–Meier; log(−log) interval by Greenwood's variance, 95 %"
FISHER, FISHER_ONE_SIDED = "Fisher's exact test, two-sided", "Fisher's exact test, one-sided"
CHI_SQUARE = "chi-square test without continuity correction"
# Below this an expected count is too small for the chi-square distribution (Cochran's rule).
_SMALLEST_EXPECTED = 5
_A_HALF = 0.5 + 1e-9


def missing_libraries() -> tuple[str, ...]:
    """Those of the extra `results` that are not installed here."""
    return tuple(
        name for name in ("lifelines", "statsmodels", "pyarrow") if find_spec(name) is None
    )


@dataclass(frozen=True)
class Proportion:
    """So many of so many. `share`, `low` and `high` from 0 to 1; None where nobody was counted."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None
    method: str = WILSON

    @property
    def percent(self) -> float | None:
        """The share as a percentage."""
        return None if self.share is None else 100 * self.share

    @property
    def limits(self) -> tuple[float, float] | None:
        """The interval as percentages."""
        return None if self.low is None or self.high is None else (100 * self.low, 100 * self.high)


def proportion(count: int, of: int) -> Proportion:
    """`count` of `of` with an interval that stays inside 0 to 1. Raises ValueError beyond that."""
    if not 0 <= count <= of:
        raise ValueError(f"a proportion: expected 0 to {of}, got {count}")
    if of == 0:
        return Proportion(0, 0, None, None, None)
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, of, alpha=1 - LEVEL, method="wilson")
    share = count / of
    # The last bit of a float may lie on the wrong side of nobody or everybody.
    return Proportion(
        count, of, share, max(0.0, min(float(low), share)), min(1.0, max(float(high), share))
    )


@dataclass(frozen=True)
class Tested:
    """One test by name. `p`: how often chance alone does as much. `note`: when not to use it."""

    name: str
    p: float
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two proportions and every test that we know of them, never one as if it were the other.

    `difference`: first minus second, with its interval by Newcombe's score method.
    """

    first: Proportion
    second: Proportion
    tests: tuple[Tested, ...]
    difference: float
    low: float
    high: float
    difference_method: str = "Newcombe's score interval of a difference, 95 %"

    def p(self, name: str) -> float:
        """The value of one test by its name."""
        return next(one.p for one in self.tests if one.name == name)


def compare(first: Proportion, second: Proportion) -> Comparison | None:
    """Two groups of people who were treated apart; None where one of them is empty.

    The one-sided test asks whether the first is larger.
    """
    if not first.of or not second.of:
        return None
    from scipy.stats import fisher_exact
    from statsmodels.stats.proportion import confint_proportions_2indep

    table = [[one.count, one.of - one.count] for one in (first, second)]
    low, high = confint_proportions_2indep(
        first.count, first.of, second.count, second.of, method="newcomb", alpha=1 - LEVEL
    )
    tests = (
        Tested(FISHER, float(fisher_exact(table).pvalue)),
        Tested(FISHER_ONE_SIDED, float(fisher_exact(table, "greater").pvalue)),
        *_chi_square(table),
    )
    gap = first.count / first.of - second.count / second.of
    return Comparison(first, second, tests, gap, float(low), float(high))


def _chi_square(table: list[list[int]]) -> tuple[Tested, ...]:
    """Nothing where a row or a column is empty: then there is no such test."""
    if 0 in map(sum, (*table, *zip(*table, strict=True))):
        return ()
    from statsmodels.stats.contingency_tables import Table2x2

    asked = Table2x2(table, shift_zeros=False)
    small = bool((asked.fittedvalues < _SMALLEST_EXPECTED).any())
    note = f"An expected count is below {_SMALLEST_EXPECTED}: do not use it." if small else ""
    return (Tested(CHI_SQUARE, float(asked.test_nominal_association().pvalue), note),)


@dataclass(frozen=True)
class Step:
    """One day on which somebody left or had the event. `share`: still without it after this day.

    `low` and `high` are None before the first event and after the last person: no variance there.
    """

    day: int
    at_risk: int
    events: int
    left: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Survival:
    """Time without the event. `median` None where more than half were without it to the end."""

    people: int
    events: int
    steps: tuple[Step, ...]
    median: int | None
    median_low: int | None
    median_high: int | None
    method: str = GREENWOOD

    def at(self, day: int) -> Step | None:
        """What the curve says on a day; None before its first step and after nobody was left."""
        before = [one for one in self.steps if one.day <= day]
        return before[-1] if before and day <= self.steps[-1].day else None

    def at_risk(self, day: int) -> int:
        """How many were still watched, and without the event, just before this day."""
        gone = sum(one.events + one.left for one in self.steps if one.day < day)
        return self.people - gone


def survival(days: Sequence[int], ended: Sequence[bool]) -> Survival:
    """Kaplan–Meier. `days` each person was watched; `ended`: by the event, or watched no longer."""
    if not days:
        return Survival(0, 0, (), None, None, None)
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter(alpha=1 - LEVEL).fit(list(days), list(ended))
    steps = tuple(_steps(fitted))
    return Survival(
        people=len(days),
        events=sum(ended),
        steps=steps,
        median=_half(steps, "share"),
        median_low=_half(steps, "low"),
        median_high=_half(steps, "high"),
    )


def _half(steps: Sequence[Step], line: str) -> int | None:
    """The first day on which a line is at one half or below; None where it never is.

    The library multiplies floats: three of six gone is 0.5000000000000001 there, and its own median
    is then the day of the next relapse.
    """
    values = ((one.day, getattr(one, line)) for one in steps)
    return next((day for day, value in values if value is not None and value <= _A_HALF), None)


def _steps(fitted: object) -> list[Step]:
    """Rows of a fitted curve, out of its tables."""
    events, shares, limits = (
        getattr(fitted, name)
        for name in ("event_table", "survival_function_", "confidence_interval_")
    )
    return [
        _step(day, row, float(shares.loc[day].iloc[0]), limits.loc[day])
        for day, row in events.iterrows()
        if row["removed"] or day == 0
    ]


def _step(day: float, row: Mapping[str, float], share: float, limits: Sequence[float]) -> Step:
    low, high = sorted(map(float, limits))
    known = 0 < share < 1
    return Step(
        day=int(day),
        at_risk=int(row["at_risk"]),
        events=int(row["observed"]),
        left=int(row["censored"]),
        share=share,
        low=low if known else None,
        high=high if known else None,
    )
