"""A research export holds nobody: searched for everything that the clinic knows of each person."""

import hashlib
import io
import json
import re
import zipfile
from argparse import Namespace
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from random import SystemRandom

import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from tests.clinic.conftest import PASSWORD

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.outcomes.commands import record
from openketamine.clinic.patients.models import Person
from openketamine.clinic.results import commands, fhir, parquet
from openketamine.clinic.results.commands import Wanted
from openketamine.clinic.results.deidentified import Known, deidentified, small_cells
from openketamine.clinic.results.numbers import Asked
from openketamine.clinic.results.queries import report
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.proofs import Proof
from openketamine.core import course, treatment
from openketamine.core.course import Visit, fold_course
from openketamine.core.findings import BadInput
from openketamine.operations._simulated_year import fill

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
CHANCE = SystemRandom()
BY = treatment.Author("t", "Nora Lindqvist", "nurse")
START = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def visit(at, *said):
    """A session by vein at a moment, with what was charted in it."""
    bodies = [
        treatment.SessionOpened("p", "iv-depression"),
        treatment.InfusionStarted(52_500, 1000, 35_000, 70_000),
        *said,
    ]
    facts = [treatment.Fact(f"{at}-{n}", at, BY, body) for n, body in enumerate(bodies)]
    stop = treatment.InfusionStopped()
    facts.append(treatment.Fact(f"{at}-s", at + timedelta(minutes=40), BY, stop))
    return Visit(at.date(), treatment.fold(facts))


def known(born=date(1980, 5, 1), *said, days=(0, 3)):
    """Somebody with two sessions."""
    opened = course.facts.CourseOpened("c", "iv-depression", "depression", "phq-9", 6)
    facts = [course.Fact("o", START - timedelta(days=2), BY, opened)]
    visits = [visit(START + timedelta(days=day), *(said if not day else ())) for day in days]
    return Known(born, "female", fold_course(facts, visits))


def nobody(person, dates="years"):
    """As they would leave."""
    (one,) = deidentified([person], dates, CHANCE)
    return one


# --- one person -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "age", "or_more"),
    [
        (date(1980, 3, 4), 46, False),
        (date(1980, 3, 5), 45, False),
        (date(1936, 3, 5), 89, False),
        (date(1936, 3, 4), 90, True),
        (date(1920, 1, 1), 90, True),
        (None, None, False),
    ],
)
def test_an_age_over_89_is_one_group(born, age, or_more):
    one = nobody(known(born))
    assert (one.age, one.age_is_or_more) == (age, or_more)


def test_of_dates_only_the_year_of_the_first_session_and_days_since_it():
    one = nobody(known())
    assert (one.first_year, one.first_day) == (2026, None)
    assert [dose.day for dose in one.doses] == [0, 3]
    assert [dose.dose_mg for dose in one.doses] == [35.0, 35.0]


@pytest.mark.hazard("HZ-25")
def test_a_year_that_turns_does_not_give_the_first_day_away():
    one = nobody(known(days=(0, 320)))
    said = json.dumps(fhir.bundle(one))
    assert "2027" not in said
    assert '"effectiveDateTime": "2026"' in said


def test_moved_days_keep_their_distance():
    one = nobody(known(), "shifted")
    assert 1 <= (START.date() - one.first_day).days <= 365
    moved = [
        date.fromisoformat(each["resource"]["effectiveDateTime"])
        for each in fhir.bundle(one)["entry"]
        if each["resource"]["resourceType"] == "MedicationAdministration"
    ]
    assert (moved[1] - moved[0]).days == 3
    assert moved[0] == one.first_day


@pytest.mark.hazard("HZ-25")
def test_free_words_of_an_event_leave_the_house_as_other():
    said = treatment.AdverseEventCharted("fell over Mr Holt's dog", 1)
    also = treatment.AdverseEventCharted("headache", 2)
    assert nobody(known(None, said, also)).doses[0].events == (("other", 1), ("headache", 2))


def test_an_id_is_drawn_and_not_worked_out():
    person = known()
    drawn = {deidentified([person], "years", CHANCE)[0].id for _ in range(20)}
    assert len(drawn) == 20


def test_who_had_no_session_is_not_in_it():
    assert deidentified([Known(None, "female", fold_course([]))], "years", CHANCE) == []


def test_small_groups_are_named_with_their_size():
    people = deidentified(
        [known() for _ in range(11)] + [known(date(1930, 1, 1)) for _ in range(10)],
        "years",
        CHANCE,
    )
    assert small_cells(people) == (("iv-depression, female, 90s", 10),)


def test_a_session_in_fhir_has_its_code_dose_and_person():
    one = nobody(known())
    given = fhir.bundle(one)["entry"][2]["resource"]
    assert given["status"] == "completed"
    assert given["medicationCodeableConcept"]["coding"][0]["code"] == "6130"
    assert given["dosage"]["dose"] == {
        "value": 35.0, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg",
    }  # fmt: skip
    assert given["subject"] == {"reference": f"Patient/{one.id}"}
    assert given["extension"][0]["valueInteger"] == 0


def test_a_score_in_fhir_has_the_loinc_of_its_total_and_a_missing_one_says_so():
    said = [
        course.facts.CourseOpened("c", "iv-depression", "depression", "phq-9"),
        course.facts.ScoreTaken("phq-9", "2 weeks", (1,) * 9, 9),
        course.facts.ScoreTaken("phq-9", "2 weeks", (None,) * 9, None),
    ]
    facts = [course.Fact(f"{number}", START, BY, body) for number, body in enumerate(said)]
    one = nobody(Known(None, "male", fold_course(facts, [visit(START)])))
    scores = [e["resource"] for e in fhir.bundle(one)["entry"] if "-s" in e["resource"]["id"]]
    assert scores[0]["code"]["coding"][0] == {"system": "http://loinc.org", "code": "44261-6"}
    assert scores[0]["valueQuantity"]["value"] == 9
    assert "valueQuantity" not in scores[1]
    assert scores[1]["dataAbsentReason"]["coding"][0]["code"] == "unknown"


# --- the whole clinic -------------------------------------------------------------------------


def wanted(**changed):
    """An export of everybody."""
    said = {"forms": ("parquet", "fhir"), "dates": "years", "purpose": "University of N, study 7"}
    return Wanted(**{"asked": Asked(), **said, **changed})


@pytest.fixture
def clinic(cast):
    fill(12, 5, NOW)
    for place, one in enumerate(Person.objects.order_by("pk")):
        record(one, course.facts.ContactSet("text", *contact_of(place)), cast.fran, NOW)
    return cast


def contact_of(place):
    """How one of these people is reached: texts, telephone, and whom else the clinic may call."""
    numbers = [f"+1520555{number + place:04}" for number in (100, 120, 140)]
    return numbers[0], "en", "", "21:00", "08:00", numbers[1], f"Relative-{place}", numbers[2]


def identifying():
    """Everything that the clinic knows and that may not leave: names, numbers, days, ids."""
    for one in Person.objects.all():
        yield from (one.mrn, one.family, str(one.pk), one.birth_date.isoformat())
    for place in range(Person.objects.count()):
        address, *_, telephone, name, other = contact_of(place)
        yield from (address, telephone, name, other)
    yield from (str(pk) for pk in Session.objects.values_list("pk", flat=True))
    for at, pk, name in Fact.objects.values_list("at", "pk", "by_name"):
        yield from (at.date().isoformat(), str(pk), name)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-25")
def test_nothing_that_names_anybody_leaves(clinic):
    made = commands.export_by(wanted(), clinic.miriam, NOW)
    told = dict(made.manifest)
    assert told.pop("made") == NOW.date().isoformat()  # the day of the export itself
    tables = {
        name: pq.read_table(io.BytesIO(content)).to_pylist()
        for name, content in made.files.items()
        if name.endswith(".parquet")
    }
    told.pop("export")
    texts = [json.dumps(told), json.dumps(tables, default=str)]
    texts.append(made.files["bundles.ndjson"].decode())
    everything = "\n".join(texts)
    found = {one for one in identifying() if one in everything}
    assert found == set()
    assert len(tables["people.parquet"]) == made.manifest["people"] > 8


@pytest.mark.django_db
def test_both_forms_hold_the_same(clinic):
    made = commands.export_by(wanted(), clinic.miriam, NOW)
    sessions = pq.read_table(io.BytesIO(made.files["sessions.parquet"])).to_pylist()
    bundles = [json.loads(line) for line in made.files["bundles.ndjson"].splitlines()]
    given = [
        (e["resource"]["subject"]["reference"].partition("/")[2], e["resource"]["dosage"]["dose"])
        for bundle in bundles
        for e in bundle["entry"]
        if e["resource"]["resourceType"] == "MedicationAdministration"
    ]
    assert sorted((who, dose["value"]) for who, dose in given) == sorted(
        (row["person"], row["dose_mg"]) for row in sessions
    )
    assert len(sessions) == made.manifest["sessions"]
    assert made.files.keys() == {*made.manifest["files"], "manifest.json"}
    assert set(parquet.COLUMNS["sessions"]) == set(sessions[0])


@pytest.mark.django_db
@pytest.mark.hazard("HZ-24")
def test_mood_and_pain_can_be_counted_again_from_what_left(clinic):
    """Whoever receives the tables finds the director's four numbers in them."""
    fill(60, 5, NOW)
    made = commands.export_by(wanted(), clinic.miriam, NOW)
    rows = pq.read_table(io.BytesIO(made.files["scores.parquet"])).to_pylist()
    rows = [row for row in rows if row["total"] is not None]
    counted = Counter()
    for person in {row["person"] for row in rows}:
        own = [row for row in rows if row["person"] == person]
        mood, pain = improved(own, "phq-9", 50, least=10), improved(own, "peg", 30)
        if mood is not None and pain is not None:
            counted[mood, pain] += 1
    found = report(Asked(), NOW.date()).axes
    names = {"both": (1, 1), "mood only": (1, 0), "pain only": (0, 1), "neither": (0, 0)}
    assert {name: found.cell(name).share.count for name in names} == {
        name: counted[pair] for name, pair in names.items()
    }
    assert sum(counted.values()) > 10
    before = [
        extension["valueBoolean"]
        for line in made.files["bundles.ndjson"].splitlines()
        for entry in json.loads(line)["entry"]
        if entry["resource"]["resourceType"] == "Observation"
        and "valueQuantity" in entry["resource"]
        for extension in entry["resource"]["extension"]
        if extension["url"].endswith("before-first-dose")
    ]
    assert Counter(before) == Counter(row["before"] for row in rows)


def improved(rows, instrument, percent, least=1):
    """Whether the last score is so much better than the last one before the drug; None: unknown."""
    own = [row for row in rows if row["instrument"] == instrument]
    first = [row["total"] for row in own if row["before"]]
    after = [row["total"] for row in own if not row["before"]]
    if not first or not after or first[-1] < least:
        return None
    return 100 * (first[-1] - after[-1]) >= percent * first[-1] - 1e-9


@pytest.mark.django_db
@pytest.mark.hazard("HZ-25")
@pytest.mark.parametrize("dates", ["years", "shifted"])
def test_a_choice_of_one_day_gives_that_day_away_to_nobody(clinic, dates):
    """Everybody in it began on that day: the manifest would undo what the tables leave out."""
    day = next(one.given[0].on for one in report(Asked(), NOW.date()).treated)
    first = date.fromisoformat(day)
    made = commands.export_by(
        wanted(asked=Asked(since=first, until=first), dates=dates), clinic.miriam, NOW
    )
    assert made.manifest["asked"] == {"protocol": "", "since": day[:4], "until": day[:4]}
    assert day.encode() not in made.files["manifest.json"]
    (fact,) = journal.facts(commands.STREAM)
    assert (fact.body["asked"]["since"], fact.body["asked"]["until"]) == (day, day)


@pytest.mark.django_db
def test_each_export_is_on_record_with_its_hash_before_it_leaves(clinic):
    proof = Proof(clinic.miriam, NOW, "password")
    made = commands.export(wanted(), proof, NOW)
    (fact,) = journal.facts(commands.STREAM)
    assert fact.by.name == "Dr Miriam Adeyemi"
    assert fact.body["purpose"] == "University of N, study 7"
    assert fact.body["people"] == made.manifest["people"]
    manifest = made.files["manifest.json"]
    assert fact.body["sha256"] == hashlib.sha256(manifest).hexdigest()
    for name, digest in made.manifest["files"].items():
        assert hashlib.sha256(made.files[name]).hexdigest() == digest


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"purpose": "  "}, "purpose"),
        ({"forms": ()}, "forms"),
        ({"dates": "all"}, "dates"),
        ({"asked": Asked(protocol="phantom-limb")}, "protocol"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_leaves(clinic, changed, field):
    with pytest.raises(BadInput, match=field):
        commands.export_by(wanted(**changed), clinic.miriam, NOW)
    assert journal.facts(commands.STREAM) == []


@pytest.mark.django_db
def test_only_a_director_who_proved_it_just_now(clinic):
    old = Proof(clinic.miriam, NOW - timedelta(minutes=3), "password")
    for proof in (old, Proof(clinic.priya, NOW, "password")):
        with pytest.raises(BadInput, match="password"):
            commands.export(wanted(), proof, NOW)
    assert journal.facts(commands.STREAM) == []


@pytest.mark.django_db
def test_the_page_gives_a_zip_and_lists_it_after(clinic, client):
    client.force_login(clinic.miriam)
    said = {"forms_wanted": ["parquet"], "dates": "years", "purpose": "Study 7"}
    wrong = client.post("/results/export/", said | {"password": "no"})
    assert wrong.status_code == HTTPStatus.BAD_REQUEST
    assert journal.facts(commands.STREAM) == []
    answer = client.post("/results/export/", said | {"password": PASSWORD})
    assert answer["Content-Type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert "manifest.json" in names
    assert "bundles.ndjson" not in names
    assert "Study 7" in client.get("/results/export/").content.decode()


@pytest.mark.django_db
def test_who_exports_from_a_choice_exports_that_choice_and_no_more(clinic, client):
    """The button of a page that shows some people must not hand out everybody."""
    client.force_login(clinic.miriam)
    chosen = {"protocol": "iv-depression", "since": "2026-03-01", "until": "2026-10-31"}
    page = client.get("/results/", chosen).content.decode()
    link = re.search(r'href="(/results/export/[^"]*)"', page)[1].replace("&amp;", "&")
    form = client.get(link).context["form"]
    begun = {name: str(form[name].value()) for name in chosen}
    assert begun == chosen
    said = begun | {"forms_wanted": ["parquet"], "dates": "years", "purpose": "Study 9"}
    answer = client.post("/results/export/", said | {"password": PASSWORD})
    folder = zipfile.ZipFile(io.BytesIO(answer.content))
    people = pq.read_table(io.BytesIO(folder.read("people.parquet"))).num_rows
    asked = Asked("iv-depression", date(2026, 3, 1), date(2026, 10, 31))
    found = report(asked, timezone.localdate())
    assert 0 < people == len(found.treated) < Person.objects.count()
    sessions = pq.read_table(io.BytesIO(folder.read("sessions.parquet"))).num_rows
    check_ins = pq.read_table(io.BytesIO(folder.read("check_ins.parquet"))).num_rows
    assert sessions == found.sessions.share.count
    assert check_ins == found.check_ins[0].share.of > 0
    told = client.get("/results/export/").content.decode()
    assert "first session from 01-Mar-2026, first session to 31-Oct-2026" in told
    assert "Parquet tables; Year of the first session" in told


@pytest.mark.django_db
def test_the_command_line_exports_as_the_system_and_puts_it_on_record(clinic):
    from openketamine.operations._errands import export_for_research

    options = Namespace(
        protocol="", since=None, until=None, form="parquet", dates="shifted", purpose="Study 8"
    )
    files, told = export_for_research(options)
    assert told["safe_harbour"] is False
    assert "bundles.ndjson" not in files
    (fact,) = journal.facts(commands.STREAM)
    assert (fact.body["purpose"], fact.body["dates"]) == ("Study 8", "shifted")
    assert fact.body["people"] == told["people"]
