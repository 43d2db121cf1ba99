"""What a forecast says, and which requests it refuses, in small tables."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import (
    Bolus,
    ForecastRequest,
    Segment,
    Traits,
    band,
    default_models,
    forecast,
    forecast_as_json,
    forecast_svg,
    foresee,
    model,
    models,
    outlook,
)
from openketamine.core.pharmacology._band import shares
from openketamine.core.pharmacology._disposition import disposition_of
from openketamine.core.pharmacology._model_file import read_model
from openketamine.core.pharmacology._people import individuals, person
from openketamine.knowledge import Document, KnowledgeError, document

USUAL = ForecastRequest(
    drug="ketamine", route="iv", dose=("0.5 mg/kg",), over=("40 min",), at=("0 min",), weight="70"
)
DEFAULTS = ["kamp2020_3c_arterial", "clements1981_2c"]


def test_the_usual_request_answers_as_the_contract_says() -> None:
    answer = forecast_as_json(USUAL)
    assert set(answer) == {"curves", "band", "warnings"}
    kamp, clements = answer["curves"]
    assert (kamp["model"], kamp["site"]) == ("kamp2020_3c_arterial", "arterial")
    assert (clements["model"], clements["site"]) == ("clements1981_2c", "venous")
    assert kamp["sources"] == ["10.1097/ALN.0000000000003577"]
    assert kamp["time_min"] == [float(minute) for minute in range(241)]
    assert kamp["plasma_ng_per_ml"][40] == pytest.approx(253.051835, rel=1e-6)
    assert clements["effect_site_ng_per_ml"] is None
    assert answer["band"]["people"] == 1000
    assert len(answer["band"]["p95"]) == 241


SAME_CURVE = [
    ("35 mg over 40 min", {"dose": ("35 mg",)}),
    ("as a rate for the person", {"dose": ("52.5 mg/h",)}),
    ("as a rate for each kg", {"dose": ("0.75 mg/kg/h",)}),
    (
        "in two halves",
        {"dose": ("0.25 mg/kg",) * 2, "over": ("20 min",), "at": ("0 min", "20 min")},
    ),
    ("weight in pounds", {"weight": "154.3235835 lb"}),
    ("without a start", {"at": ()}),
]


@pytest.mark.parametrize(("change"), [c for _, c in SAME_CURVE], ids=[i for i, _ in SAME_CURVE])
def test_the_same_dose_in_other_words_is_the_same_curve(change) -> None:
    usual, other = foresee(USUAL), foresee(replace(USUAL, **change))
    assert other.curves[0].plasma_ng_per_ml == pytest.approx(usual.curves[0].plasma_ng_per_ml)


def test_a_dose_without_over_is_a_bolus() -> None:
    (curve, _) = foresee(replace(USUAL, over=(), dose=("10 mg",))).curves
    assert curve.plasma_ng_per_ml[0] == pytest.approx(10 / 25 * 1000)


REFUSED = [
    ("a negative mass", {"dose": ("-35 mg",)}, "dose", "not negative"),
    ("no unit", {"dose": ("35",)}, "dose", "a number and a unit"),
    ("a volume", {"dose": ("35 mL",)}, "dose", "a mass"),
    ("no dose", {"dose": ()}, "dose", "an amount"),
    ("a rate without a length", {"dose": ("1 mg/min",), "over": ()}, "over", "how long"),
    ("no weight", {"weight": None}, "weight", "body weight in kg"),
    ("no weight for milligrams either", {"weight": "", "dose": ("35 mg",)}, "weight", "in kg"),
    ("a weight of nothing", {"weight": "0"}, "weight", "more than 0 kg"),
    ("a negative weight", {"weight": "-70"}, "weight", "more than 0 kg"),
    ("a weight in metres", {"weight": "1.8 m"}, "weight", "70 kg"),
    ("an unknown drug", {"drug": "propofol"}, "drug", "one of esketamine, ketamine"),
    ("a route that nobody measured", {"route": "sc"}, "route", "one of im, iv, po, sl, the routes"),
    ("a nasal spray of the racemate", {"route": "in"}, "route", "the routes of ketamine"),
    ("a dose by muscle that lasts", {"route": "im"}, "over", "given at one moment"),
    ("a model from children", {"models": ("hornik2018_2c_paed",)}, "model", "for the simulator"),
    ("an unknown model", {"models": ("kamp",)}, "model", "one of kamp2020_3c_arterial"),
    (
        "a model of another drug",
        {"drug": "esketamine", "models": ("domino_3c",)},
        "model",
        "a model of esketamine by iv",
    ),
    ("a dose after the end", {"at": ("300 min",)}, "at", "from 0 to until"),
    ("a time before the start", {"at": ("-5 min",)}, "at", "from 0 to until"),
    ("a negative length", {"over": ("-40 min",)}, "over", "not negative"),
    (
        "two infusions at once",
        {"dose": ("10 mg",) * 2, "at": ("0 min", "30 min")},
        "at",
        "one runs until 40 min",
    ),
    ("two doses with one start", {"dose": ("10 mg",) * 2}, "at", "one for each of the 2 doses"),
    (
        "two lengths for three doses",
        {"dose": ("1 mg",) * 3, "over": ("1 min",) * 2, "at": ("0 min", "5 min", "9 min")},
        "over",
        "one for each of the 3 doses",
    ),
    ("a step of nothing", {"every": "0 min"}, "every", "more than 0"),
    ("a step beyond the end", {"every": "5 h"}, "every", "not more than until"),
    ("a step too fine", {"every": "0.001 s"}, "every", "fewer than 200,000 points"),
    ("a negative crowd", {"people": -5}, "people", "from 0 to"),
    ("a crowd too small for a percentile", {"people": 10}, "people", "at least 20"),
    ("a negative seed", {"seed": -1}, "seed", "not negative"),
    ("an inhibitor we know nothing of", {"with_inhibitor": "water"}, "with-inhibitor", "ritonavir"),
    ("an age in words", {"age": "forty"}, "age", "number of years"),
    ("an age beyond all people", {"age": "400"}, "age", "from 0 to 130"),
    ("a sex in other words", {"sex": "m"}, "sex", "female or male"),
    ("a height in kilograms", {"height": "70 kg"}, "height", "170 cm"),
    ("an ancestry no model knows", {"ancestry": "finnish"}, "ancestry", "asian or japanese"),
    ("a file that is not there", {"models": ("mine.yaml",)}, "model", "mine.yaml"),
]


@pytest.mark.parametrize(
    ("change", "field", "says"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_it_refuses_in_one_sentence_that_names_the_field(change, field, says) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        foresee(replace(USUAL, **change))
    assert refused.value.field == field
    assert "\n" not in str(refused.value)


WARNED = [
    ("one model", {"models": ("kamp2020_3c_arterial",)}, "One line is not the truth"),
    ("no people", {"people": 0}, "One line is not the truth"),
    ("a model from intensive care", {"models": ("hijazi2003_2c_icu",)}, "Not for outpatients"),
    ("an age", {"age": "40"}, "No model here uses age"),
    ("a child", {"age": "12"}, "for a child they may be far off"),
    ("ten times the dose", {"dose": ("5 mg/kg",)}, "was seen in anaesthesia"),
]


@pytest.mark.hazard("HZ-14")
@pytest.mark.parametrize(("change", "says"), [w[1:] for w in WARNED], ids=[w[0] for w in WARNED])
def test_it_warns(change, says) -> None:
    assert any(says in warning for warning in foresee(replace(USUAL, **change)).warnings)


def test_s_ketamine_has_its_own_models_and_landmarks() -> None:
    answer = foresee(replace(USUAL, drug="esketamine", dose=("20 mg",)))
    assert [curve.site for curve in answer.curves] == ["arterial", "venous"]
    page = answer.as_svg()
    words = re.sub(r"</text>\s*<text[^>]*>", " ", page)
    assert "Esketamine in plasma" in page
    assert "dissociation 71 ng/mL (SIMONS22-PD, read)" in words
    assert "CLEMENTS-GRANT" not in words


def test_the_usual_request_says_which_of_its_numbers_nobody_published() -> None:
    """And nothing else: a warning that always stands there is not read."""
    assert foresee(USUAL).warnings == (
        "Clements 1981: that its blood was venous: from memory, not checked.",
        "Kamp 2020: ke0 of the effect site: worked out here, not published.",
        "Surrogate variability: CL, CL with V1: worked out here, not published.",
    )


def test_a_coarse_answer_says_that_it_steps_over_the_peak() -> None:
    said = " ".join(foresee(replace(USUAL, every="15 min")).warnings)
    assert "lies between two points" in said
    assert "lies between" not in " ".join(foresee(replace(USUAL, every="20 min")).warnings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "35 mg by vein over 40 min, 70 kg"),
        ({"over": (), "weight": "82.5 kg"}, "41.25 mg by vein at once, 82.5 kg"),
        (
            {"at": ("0 min", "3 d", "6 d"), "until": "7 d", "every": "1 h"},
            "3 × 35 mg by vein over 40 min, 3 days apart, 70 kg",
        ),
        (
            {"dose": ("20 mg", "15 mg"), "over": ("20 min", "30 min"), "at": ("0 min", "20 min")},
            "35 mg in 2 parts by vein within 50 min, 70 kg",
        ),
        (
            {"drug": "esketamine", "route": "in", "dose": ("28 mg",), "over": ()}
            | {"at": ("0 min", "5 min", "12 min")},
            "3 × 28 mg by nose, within 12 min, 70 kg",
        ),
    ],
)
def test_the_picture_says_what_is_given_and_to_whom(change, words) -> None:
    answer = foresee(replace(USUAL, people=40, **change))
    assert answer.given == words
    shown = re.sub(r"</text>\s*<text[^>]*>", " ", answer.as_svg()).replace("\u00a0", " ")
    assert f"{answer.drug.capitalize()} {words}" in shown


def test_a_model_has_the_same_line_whichever_comes_first() -> None:
    def lines(models: tuple[str, ...]) -> set[tuple[str, str]]:
        page = foresee(replace(USUAL, people=40, models=models)).as_svg()
        return set(re.findall(r'(class="forecast-curve[^"]+")[^>]*/>\s*<text[^>]*>([^<]+)', page))

    assert lines(tuple(DEFAULTS)) == lines(tuple(reversed(DEFAULTS)))
    assert len(lines(tuple(DEFAULTS))) == 2


def test_a_course_in_words_is_the_same_dose_at_many_starts() -> None:
    course = {"at": ("0 min", "2 d"), "until": "3 d", "every": "20 min", "people": 0}
    once = foresee(replace(USUAL, **course)).curves[0]
    spelt = foresee(replace(USUAL, dose=("35 mg",) * 2, over=("40 min",) * 2, **course | {}))
    assert once.plasma_ng_per_ml == spelt.curves[0].plasma_ng_per_ml


def test_a_single_chosen_model_is_joined_by_another_in_the_band() -> None:
    asked = foresee(replace(USUAL, models=("clements1981_2c",)))
    assert asked.band is not None
    assert asked.band.models == ("clements1981_2c", "kamp2020_3c_arterial")


def test_the_table_for_a_spreadsheet_has_one_row_a_time() -> None:
    rows = list(csv.DictReader(io.StringIO(foresee(USUAL).as_csv())))
    assert len(rows) == 241
    assert float(rows[40]["clements1981_2c_plasma_ng_per_ml"]) == pytest.approx(177.313276)
    assert float(rows[40]["band_p5_ng_per_ml"]) < float(rows[40]["band_p95_ng_per_ml"])


# The picture

PLAN = (Segment(0, 40, 0.875),)
TIMES = tuple(range(121))


def picture(*, now_min: float | None = 25, dark: bool = False, people: int = 200) -> str:
    curves = forecast(PLAN, 70, DEFAULTS, TIMES)
    return forecast_svg(
        curves, band(PLAN, 70, DEFAULTS, TIMES, people, 1), now_min=now_min, dark=dark
    )


@pytest.mark.hazard("HZ-14")
def test_the_picture_never_shows_one_line_as_the_truth() -> None:
    page = picture()
    root = ET.fromstring(page)  # noqa: S314 - our own text
    words = " ".join(node.text or "" for node in root.iter())
    assert 'class="forecast-band"' in page
    assert page.count("<polyline") == 2
    assert "Kamp 2020, arterial" in words
    assert "Clements 1981, venous" in words
    assert "surrogate variability" in words
    assert "one published value" in words
    assert "No level in blood is known to" in words
    with pytest.raises(BadInput, match="never drawn without its band"):
        foresee(replace(USUAL, people=0)).as_svg()


def test_the_picture_speaks_to_a_screen_reader() -> None:
    root = ET.fromstring(picture())  # noqa: S314 - our own text
    assert root.get("role") == "img"
    ids = {node.get("id"): node.text for node in root if node.get("id")}
    for part in root.get("aria-labelledby", "").split():
        assert ids[part]
    assert "highest 253 ng/mL at 40 min" in (ids["forecast-desc"] or "")
    assert "Now is 25 min." in (ids["forecast-desc"] or "")


def test_the_curve_is_drawn_where_the_axis_says() -> None:
    page = picture()
    ticks = re.findall(r'<text x="44.0" y="([\d.]+)" text-anchor="end">([\d,]+)</text>', page)
    height = {int(label): float(y) - 4 for y, label in ticks}
    points = re.findall(r'<polyline points="([^"]+)"', page)[0].split()
    at_40_min = float(points[40].split(",")[1])
    read_off = (height[0] - at_40_min) / (height[0] - height[200]) * 200
    assert read_off == pytest.approx(253, abs=1)


def test_two_pictures_on_a_page_do_not_share_an_id() -> None:
    curves = forecast(PLAN, 70, DEFAULTS, TIMES)
    spread = band(PLAN, 70, DEFAULTS, TIMES, 100, 1)
    plan, live = (forecast_svg(curves, spread, now_min=None, key=key) for key in ("plan", "live"))
    ids = [set(re.findall(r' id="([^"]+)"', page)) for page in (plan, live)]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])


def test_the_picture_passes_a_strict_content_security_policy() -> None:
    assert not re.search(r"style=|<style|<script|\son\w+=|href", picture(dark=True))


def test_the_curves_differ_in_more_than_colour() -> None:
    dashes = [
        re.search(r'dasharray="([^"]+)"', line) for line in re.findall("<polyline.*", picture())
    ]
    assert [dash and dash.group(1) for dash in dashes] == [None, "8 4"]


@pytest.mark.parametrize(("now_min", "drawn"), [(None, False), (25, True), (400, False)])
def test_now_is_drawn_where_it_lies_on_the_chart(now_min, drawn) -> None:
    assert ('class="forecast-now"' in picture(now_min=now_min)) is drawn


def test_landmarks_are_named_with_their_source_and_how_sure_we_are() -> None:
    words = re.sub(r"</text>\s*<text[^>]*>", " ", picture())
    assert "analgesia 100 to 200 ng/mL (CLEMENTS-GRANT, not yet checked)" in words
    assert "dissociation 50 to 200 ng/mL (BOWDLE98, read)" in words
    assert (
        "anaesthesia 1,200 to 2,400 ng/mL (ZAN18, read). What lies above this chart is not drawn."
        in words
    )


@pytest.mark.parametrize("dose_mg", [0, 0.01, 3, 35, 900])
def test_the_picture_is_sound_for_any_dose(dose_mg) -> None:
    plan = (Bolus(0, dose_mg),)
    curves = forecast(plan, 70, DEFAULTS, TIMES)
    page = forecast_svg(curves, band(plan, 70, DEFAULTS, TIMES, 100, 1), now_min=None)
    ET.fromstring(page)  # noqa: S314 - our own text
    assert "nan" not in page


# At the bedside


def test_a_pause_lowers_what_is_seen_and_the_plan_lies_ahead() -> None:
    given = (Segment(0, 10, 0.875), Segment(20, 60, 0.875))  # paused from 10 to 20; end not reached
    seen = outlook(given, (Segment(25, 55, 0.875),), 25, 70, DEFAULTS, people=100)
    kamp = dict(zip(seen.curves[0].time_min, seen.curves[0].plasma_ng_per_ml, strict=True))
    assert kamp[10.0] > kamp[20.0] < kamp[25.0] < kamp[55.0]
    assert seen.curves[0].time_min[-1] == 85
    whole = forecast([Segment(0, 10, 0.875), Segment(20, 55, 0.875)], 70, DEFAULTS, [55.0])
    assert kamp[55.0] == pytest.approx(whole[0].plasma_ng_per_ml[0])


# People


def test_people_differ_as_the_knowledge_file_says() -> None:
    kamp, rng = model("kamp2020_3c_arterial"), np.random.default_rng(1)
    drawn = individuals(kamp, 70, Traits(), 50_000, rng)
    logs = np.log([drawn["CL"], drawn["V1"], drawn["Q3"]])
    # Clearance and central volume correlate by 0.48, Q3 with nothing.
    np.testing.assert_allclose(np.var(logs, axis=1), [0.047, 0.057, 0.026], rtol=0.03)
    found = np.corrcoef(logs)
    assert (found[0, 1], found[0, 2], found[1, 2]) == pytest.approx((0.483, 0, 0), abs=0.02)
    assert np.ptp(drawn["Q2"]) == 0


OWN = [
    ("fanta2015_otto2021_S_venous", "CL", 0.026048),
    ("fanta2015_otto2021_S_venous", "CL_snk", 0.10319),
    ("perezruixo2021_S_hepatoportal", "ka_n", np.log(1 + 0.615**2)),
    ("simons2022_S_arterial", "D2", 0.611),
]


@pytest.mark.parametrize(("name", "parameter", "variance"), OWN)
def test_a_model_that_states_how_people_differ_is_taken_at_its_word(
    name, parameter, variance
) -> None:
    drawn = individuals(model(name), 70, Traits(), 50_000, np.random.default_rng(2))
    assert np.var(np.log(drawn[parameter])) == pytest.approx(variance, rel=0.03)


def test_a_share_that_differs_on_the_logit_stays_a_share() -> None:
    drawn = individuals(
        model("perezruixo2021_S_hepatoportal"), 70, Traits(ancestry="japanese"), 20_000,
        np.random.default_rng(3),
    )["FRn"]  # fmt: skip
    assert drawn.max() <= 1
    assert np.median(drawn) == pytest.approx(0.54 * 1.34, abs=0.01)


def test_a_larger_clearance_means_a_lower_level() -> None:
    kamp = model("kamp2020_3c_arterial")
    typical = person(kamp, 70)
    fast = disposition_of(kamp, typical | {"CL": 2 * typical["CL"]})
    slow = disposition_of(kamp, typical)
    assert fast.clearances[0, 0] == 2 * slow.clearances[0, 0]
    assert fast.volumes == pytest.approx(slow.volumes)


@pytest.mark.parametrize(("people", "count", "each"), [(1000, 2, (500, 500)), (101, 2, (51, 50))])
def test_every_model_gets_its_share_of_the_people(people, count, each) -> None:
    assert shares(people, count) == each


# Models as files


def test_every_model_has_population_site_citation_and_caveats() -> None:
    for entry in models("ketamine", "iv"):
        assert entry.population
        assert entry.site in {"arterial", "venous", "unknown"}
        assert entry.caveats
        assert all(p.status and p.sources for p in entry.parameters)


def test_the_default_pair_is_arterial_and_venous_and_never_from_intensive_care() -> None:
    assert [entry.id for entry in default_models("ketamine", "iv")] == DEFAULTS
    assert [entry.site for entry in default_models("ketamine", "iv")] == ["arterial", "venous"]


def as_document(**changes) -> Document:
    body = {**document("pharmacokinetics", "clements1981_2c").body, **changes}
    today = date(2026, 11, 22)
    return Document("pharmacokinetics", "new", "New", today, today, None, body, Path("new.yaml"))


def test_a_model_of_known_structure_takes_a_file_and_no_python() -> None:
    cited = {"status": "derived", "sources": [{"id": "KAMP20"}], "evidence": "P"}
    amounts = {"V1": (30, "L"), "V2": (60, "L"), "CL": (1.2, "L/min"), "Q2": (40, "L/h")}
    nodes = {
        name: {"value": value, "unit": unit, "weight_exponent": 1, **cited}
        for name, (value, unit) in amounts.items()
    }
    assert read_model(as_document(parameters=nodes)).compartments == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"structure": "transit"}, "expected mammillary"),
        ({"parameters": {"V1": {}, "k10": {}}}, "no set that we know"),
    ],
)
def test_a_model_that_we_cannot_solve_is_refused(changes, says) -> None:
    with pytest.raises(KnowledgeError, match=says):
        read_model(as_document(**changes))


@pytest.mark.parametrize(
    ("value", "unit", "says"), [(0, "L/kg", "more than 0"), (1, "mg", "no volume")]
)
def test_a_parameter_of_a_wrong_kind_is_refused(value, unit, says) -> None:
    nodes = dict(document("pharmacokinetics", "clements1981_2c").body["parameters"])
    nodes["V1"] = {**nodes["V1"], "value": value, "unit": unit}
    with pytest.raises(KnowledgeError, match=says):
        read_model(as_document(parameters=nodes))
