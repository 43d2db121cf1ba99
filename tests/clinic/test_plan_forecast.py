"""What a plan page and a console say of levels, for every route that a plan may have."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from openketamine.clinic.plans.forecast import expected_levels, level_so_far
from openketamine.core.pharmacology import known_medicines
from openketamine.core.screening._ingredients import ingredients
from openketamine.knowledge import document

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def fields(route, drug="ketamine", mg=35, over_min=0, weight_kg=70, units=None):
    return {
        "drug": drug, "route": route, "dose_ug": mg * 1000, "over_s": over_min * 60,
        "weight_g": weight_kg * 1000, "proposal": {"units": units},
    }  # fmt: skip


def words(expected):
    lines = re.findall(r"<text[^>]*>([^<]*)</text>", expected.picture)
    return " ".join([*lines, *expected.notes]).replace("\u00a0", " ")


DRAWN = [
    ("a vein", fields("iv", over_min=40), ["Kamp 2020, arterial", "Clements 1981, venous"]),
    ("a muscle", fields("im"), ["by muscle", "from memory", "Clements 1981, venous"]),
    ("by mouth", fields("oral", mg=105), ["by mouth", "of six people", "analgesia 40 ng/mL"]),
    ("the tongue", fields("sublingual", mg=75), ["under the tongue", "of eight people"]),
    (
        "three devices",
        fields("nasal", "esketamine", 84, 10, 0, 3),
        ["3 × 28 mg by nose, 5 min apart", "One model only", "ancestry, which is not known"],
    ),
    (
        "S by vein",
        fields("iv", "esketamine-injection", 20, 40),
        ["Kamp 2020, arterial", "Fanta 2015", "SIMONS22-PD"],
    ),
]  # fmt: skip


@pytest.mark.hazard("HZ-14")
@pytest.mark.parametrize(("plan", "said"), [d[1:] for d in DRAWN], ids=[d[0] for d in DRAWN])
def test_a_plan_is_a_band_with_its_doubts_whatever_the_route(plan, said):
    expected = expected_levels(plan, 40, ())
    assert 'class="forecast-band"' in expected.picture
    assert not expected.why_not
    for part in (*said, "No level in blood is known to foretell"):
        assert part in words(expected)


def rows_of(html):
    """Cells of each row of the table twin."""
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[hd][^>]*>([^<]*)", row) for row in rows][1:]


@pytest.mark.hazard("HZ-14")
def test_every_picture_of_a_level_has_the_same_numbers_as_a_table():
    expected = expected_levels(fields("iv", over_min=40), 40, ())
    rows = rows_of(expected.table)
    assert [row[0] for row in rows[:5]] == ["0 min", "10 min", "20 min", "30 min", "40 min"]
    assert len(rows[4]) == 4, "time, the band, and each of two models"
    low, high = (int(part) for part in rows[4][1].split(" to "))
    assert low < int(rows[4][2]) < high
    assert "253 ng/mL at 40 min" in level_so_far(state(RUNNING), START + timedelta(minutes=30))
    live = rows_of(level_so_far(state(RUNNING), START + timedelta(minutes=30)))
    assert [live[4][0], live[4][2]] == ["40 min", "253"]
    assert "not measured" in expected.table


REFUSED = [
    ("under the skin", fields("sc"), "Abuhelwa 2022"),
    ("a compounded spray", fields("nasal", mg=30), "differs fourfold"),
    ("S under the skin", fields("sc", "esketamine"), "no uptake"),
    ("no weight", fields("iv", over_min=40, weight_kg=0), "body weight"),
    ("a drug without a model", fields("iv", "arketamine", over_min=40), "no published model"),
]


@pytest.mark.hazard("HZ-14")
@pytest.mark.parametrize(("plan", "why"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_where_nothing_can_be_drawn_it_says_why(plan, why):
    expected = expected_levels(plan, 40, ())
    assert not expected.picture
    assert why in expected.why_not


MEDICINES = [
    ("a figure by this route", "oral", {"clarithromycin"}, "2.6 times as high", True),
    ("a figure by another only", "iv", {"clarithromycin"}, "by vein is not known", False),
    ("no figure", "oral", {"ritonavir"}, "is not known", False),
    ("two figures", "oral", {"clarithromycin", "rifampin"}, "together was not measured", False),
    ("nothing on file", "oral", {"sertraline"}, "", False),
]


@pytest.mark.parametrize(
    ("route", "taken", "says", "changes"), [m[1:] for m in MEDICINES], ids=[m[0] for m in MEDICINES]
)
def test_what_the_person_takes_is_drawn_in_or_said_to_be_unknown(route, taken, says, changes):
    plan = fields(route, mg=105, over_min=40 if route == "iv" else 0)
    alone, together = expected_levels(plan, 40, ()), expected_levels(plan, 40, taken)
    assert (together.picture != alone.picture) == changes
    assert says in " ".join(together.medicines)
    assert bool(together.medicines) == bool(says)


def test_every_medicine_with_a_figure_is_found_on_a_persons_list():
    body = document("pharmacokinetics/interactions", "fold_changes").body
    named = {name for entry in body["medicines"] for name in entry["ingredients"]}
    assert named <= set(ingredients())
    assert len(known_medicines()) == len(body["medicines"])


def state(infusion=None, doses=None, **plan):
    return {"infusion": infusion, "doses": doses, "plan": fields("iv", over_min=40) | plan}


def at(minutes):
    return (START + timedelta(minutes=minutes)).isoformat()


RUNNING = {
    "started_at": at(0),
    "running": True,
    "segments": [{"start": at(0), "end": None, "rate_ug_per_h": 52_500}],
}
SLOWED = RUNNING | {
    "segments": [
        {"start": at(0), "end": at(10), "rate_ug_per_h": 52_500},
        {"start": at(10), "end": None, "rate_ug_per_h": 20_000},
    ]
}


def line_of(picture):
    """Heights of the first model's curve."""
    points = re.search(r'<polyline points="([^"]+)"', picture).group(1).split()
    return [float(point.split(",")[1]) for point in points]


def test_a_lower_rate_draws_a_lower_level_from_there_on():
    now = START + timedelta(minutes=30)
    usual, slowed = (level_so_far(state(one), now) for one in (RUNNING, SLOWED))
    assert "now, 30 min" in usual
    assert 'class="forecast-now"' in slowed
    assert line_of(usual) != line_of(slowed)
    assert "253 ng/mL at 40 min" in usual


def test_devices_are_drawn_as_they_were_given_without_those_to_come():
    given = [{"at": at(0), "dose_ug": 28_000}, {"at": at(5), "dose_ug": 28_000}]
    doses = {"started_at": at(0), "given": given}
    plan = {"drug": "esketamine", "route": "nasal", "dose_ug": 84_000, "weight_g": 0}
    drawn = level_so_far(state(doses=doses, **plan), START + timedelta(minutes=7))
    assert "now, 7 min" in drawn
    one_more = doses | {"given": [*given, {"at": at(10), "dose_ug": 28_000}]}
    later = level_so_far(state(doses=one_more, **plan), START + timedelta(minutes=12))
    assert line_of(later) != line_of(drawn)


def test_an_injection_under_the_skin_has_a_sentence_and_no_picture():
    doses = {"started_at": at(0), "given": [{"at": at(0), "dose_ug": 35_000}]}
    said = level_so_far(state(doses=doses, route="sc"), START + timedelta(minutes=7))
    assert "No level is drawn" in said
    assert "<svg" not in said


def test_before_anything_is_given_there_is_nothing():
    assert level_so_far(state(), START) == ""
