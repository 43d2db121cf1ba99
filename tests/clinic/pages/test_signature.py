"""A signature covers the facts that stood before it; what came or changed since shows."""

from datetime import UTC, datetime, timedelta

import pytest

from openketamine.clinic.reports.signature import MEANING, digest, last_signature
from openketamine.core.treatment import Author, Fact, NoteCharted, ReportSigned, SessionClosed

NORA = Author("n", "Nora Lindqvist", "nurse")
PRIYA = Author("p", "Dr Priya Raman", "prescriber")
START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def facts(*bodies):
    return [
        Fact(
            f"f{n}",
            START + timedelta(minutes=n),
            PRIYA if isinstance(b, ReportSigned) else NORA,
            b,
            number=n,
        )
        for n, b in enumerate(bodies, 1)
    ]


NOTES = (NoteCharted("calm"), NoteCharted("awake"))


def signed(*before, then=()):
    """A record, its signature, and what came after."""
    return facts(*before, ReportSigned(digest(facts(*before)), MEANING), *then)


def test_a_report_that_nobody_signed_has_no_signature():
    assert last_signature(facts(*NOTES)) is None


def test_a_signature_names_who_signed_and_holds():
    found = last_signature(signed(*NOTES))
    assert (found.by, found.holds, found.added_since) == ("Dr Priya Raman", True, 0)


def test_closing_the_session_afterwards_is_no_addition():
    assert last_signature(signed(*NOTES, then=[SessionClosed()])).added_since == 0


@pytest.mark.hazard("HZ-13")
def test_a_fact_added_afterwards_is_counted_and_the_signature_still_holds():
    found = last_signature(signed(*NOTES, then=[NoteCharted("late entry")]))
    assert (found.holds, found.added_since) == (True, 1)


@pytest.mark.hazard("HZ-13")
def test_a_fact_that_was_changed_breaks_the_signature():
    record = signed(*NOTES)
    record[0] = facts(NoteCharted("restless"))[0]
    assert not last_signature(record).holds


@pytest.mark.hazard("HZ-13")
def test_a_fact_that_was_taken_out_breaks_the_signature():
    assert not last_signature(signed(*NOTES)[1:]).holds


def test_a_fact_written_while_somebody_signs_is_an_addition_and_no_break():
    read = facts(*NOTES)
    record = facts(*NOTES, NoteCharted("meanwhile"), ReportSigned(digest(read), MEANING))
    found = last_signature(record)
    assert (found.holds, found.added_since) == (True, 1)


def test_a_second_signature_covers_what_was_added():
    first = signed(*NOTES, then=[NoteCharted("late entry")])
    again = facts(*(fact.body for fact in first), ReportSigned(digest(first), MEANING))
    assert last_signature(again).added_since == 0
