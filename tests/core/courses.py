"""A course in a few words: sessions by day, scores by day, in the clinic's zone UTC."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from openketamine.core.course import Visit, facts, fold_course
from openketamine.core.log import Author, Fact
from openketamine.core.scoring import instrument
from openketamine.core.treatment import facts as bedside
from openketamine.core.treatment import fold

DAY_0 = date(2026, 6, 1)
NURSE = Author("1", "Nora", "nurse")
IV, IM, ESK, PAIN = "iv-depression", "im-depression", "spravato-trd", "pain-outpatient"


def at(day, hour=12):
    """Noon of a day of the course; day 0 is that of the first session."""
    return datetime.combine(DAY_0, datetime.min.time(), UTC) + timedelta(days=day, hours=hour)


def on(day):
    return DAY_0 + timedelta(days=day)


def fact(body, day, hour=12, name=None):
    return Fact(
        name or f"{type(body).__name__}-{day}-{hour}-{body!r:.40}", at(day, hour), NURSE, body
    )


def scored(name, total, day, hour=9, **more):
    """A score that was taken between sessions."""
    body = facts.ScoreTaken(
        name,
        more.pop("version", instrument(name).version),
        more.pop("answers", ()),
        None if total is None else Decimal(str(total)),
        **more,
    )
    return fact(body, day, hour)


def phq(total, day, hour=9, **more):
    return scored("phq-9", total, day, hour, **more)


def peg(total, day, hour=9):
    return scored("peg", total, day, hour)


def visit(day, protocol=IV, mg=35, scores=(), given=True):
    """A session at noon; `scores`: (instrument, total, hour)."""
    log = [Fact(f"o{day}", at(day, 10), NURSE, bedside.SessionOpened("p", protocol))]
    if given:
        dose = bedside.DoseGiven("im", mg * 1000)
        log.append(Fact(f"g{day}", at(day), NURSE, dose))
    log += [
        Fact(
            f"s{day}-{name}-{hour}",
            at(day, hour),
            NURSE,
            bedside.ScoreRecorded(name, (), Decimal(str(total)), version=instrument(name).version),
        )
        for name, total, hour in scores
    ]
    return Visit(on(day), fold(log))


def course(*told, days=(0,), protocol=IV, **more):
    """Facts, and sessions of one protocol on these days."""
    return fold_course(told, [visit(day, protocol, **more) for day in days])
