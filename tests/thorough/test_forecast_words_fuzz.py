"""The `forecast` verb against words that nobody should type: one sentence, never a traceback."""

import contextlib
import io
import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from openketamine import cli
from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import Dose, forecast, model_from_file
from openketamine.knowledge._reader import ROOT

NASTY = st.sampled_from(
    ["", " ", "nan", "NaN mg", "inf", "-inf kg", "1e400", "-1 mg", "0", "0 mg", "35", "35 mg", "²",
     "٣ mg", "½ mg/kg", "1,5 mg", "--", "-", "0.5mg/kg", "0.5 mg/kg/h", "9" * 400,
     "9" * 400 + " mg",
     "0.5 mg/kg\n", "35 mL", "1 wk", "40 min", "-40 min", "1e6 min", "0.000001 s", "70 kg", "70 lb",
     "mg", "µg", "35 ug/kg/min", "null", "None", "../..", "/", "a.yaml", ".yaml", "\x00", "🙂"]
)  # fmt: skip
WORD = NASTY | st.text(max_size=12)
DOSE = st.sampled_from(["35 mg", "0.5 mg/kg", "0.5 mg/kg/h", "28 mg", "0 mg"]) | WORD
TIME = st.sampled_from(["0 min", "5 min", "40 min", "1 h", "1 d"]) | WORD
OPTIONS = {
    "--drug": st.sampled_from(["ketamine", "esketamine"]) | WORD,
    "--route": st.sampled_from(["iv", "im", "in", "po", "sl", "sc"]) | WORD,
    "--dose": DOSE,
    "--over": TIME,
    "--at": TIME,
    "--weight": st.sampled_from(["70", "70 kg", "0.1", "0", "-70"]) | WORD,
    "--age": st.sampled_from(["40", "-1", "131"]) | WORD,
    "--sex": st.sampled_from(["male", "female"]) | WORD,
    "--height": st.sampled_from(["170", "1.7 m"]) | WORD,
    "--ancestry": st.sampled_from(["asian", "other"]) | WORD,
    "--model": st.sampled_from(
        ["kamp2020_3c_arterial", "perezruixo2021_S_hepatoportal", "flint2017_S_2c_picu"]
    )
    | WORD,
    "--every": st.sampled_from(["10 min", "30 min", "1 h"]) | WORD,
    "--until": st.sampled_from(["4 h", "2 d"]) | WORD,
    "--people": st.sampled_from(["0", "1", "40", "-1", "100001", "1.5"]),
    "--seed": st.sampled_from(["0", "1", "-1", "1e3"]),
    "--with-inhibitor": st.sampled_from(["clarithromycin", "ritonavir"]) | WORD,
    "--plot": st.sampled_from(["/nowhere/at/all.svg", "/"]),
    "--csv": st.sampled_from(["/nowhere/at/all.csv", ".", "\x00"]),
}
USUAL = {
    "--drug": "ketamine", "--route": "iv", "--dose": "35 mg", "--weight": "70",
    "--every": "30 min", "--people": "0",
}  # fmt: skip


@st.composite
def arguments(draw):
    """A request that would be answered, with some of its words left out, changed or doubled."""
    changed = draw(st.lists(st.sampled_from(sorted(OPTIONS)), max_size=4))
    left_out = draw(st.sets(st.sampled_from(sorted(USUAL)), max_size=1))
    words = [word for pair in USUAL.items() if pair[0] not in left_out for word in pair]
    for option in changed:
        words += [option, draw(OPTIONS[option])]
    return words + draw(st.sampled_from([[], ["--simulator"], ["--measured"], ["--json"]]))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arguments())
@example([*sum(USUAL.items(), ()), "--weight", "nan"])
@example([*sum(USUAL.items(), ()), "--age", "²"])
@example([*sum(USUAL.items(), ()), "--dose", "9" * 400 + " mg"])
@example([*sum(USUAL.items(), ()), "--until", "9" * 30 + " min"])
@example([*sum(USUAL.items(), ()), "--model", "\x00.yaml"])
def test_any_words_are_answered_or_refused_in_one_sentence(words) -> None:
    said, refused = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(refused):
        try:
            status = cli.main(["forecast", *words])
        except SystemExit as left:
            status = left.code
    assert status in (0, 2), (status, refused.getvalue())
    if status == 0:
        answer = json.loads(said.getvalue(), parse_constant=_no_constant)
        assert all(level >= 0 for curve in answer["curves"] for level in curve["plasma_ng_per_ml"])
    elif "usage:" not in said.getvalue():  # someone typed --help
        assert said.getvalue() == ""
        assert refused.getvalue().strip().count("\n") == 0
        assert "Traceback" not in refused.getvalue()


PLACES = [
    ("drugs",), ("routes",), ("structure",), ("rank",), ("reference_weight_kg",), ("paper",),
    ("paper", "doi"), ("parameters",), ("parameters", "V1"), ("parameters", "V1", "value"),
    ("parameters", "V1", "unit"), ("parameters", "V1", "sources"), ("absorption",),
    ("absorption", "sl"), ("absorption", "sl", "paths"), ("absorption", "sl", "parameters", "D1"),
    ("metabolites",), ("variability",), ("variability", "effects", "CL", "scale"),
    ("variability", "correlations"), ("residual_error",), ("effect_site",), ("caveats",), ("id",),
]  # fmt: skip
INSTEAD = st.sampled_from([None, 5, -1.5, "x", [], {}, [1], {"value": 1}, True, "left out", 1e308])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(PLACES), instead=INSTEAD)
def test_a_model_file_of_any_shape_is_used_or_refused(tmp_path, place, instead) -> None:
    path = tmp_path / "simons2022_S_arterial.yaml"
    yaml = YAML(typ="safe")
    ours = ROOT / "pharmacokinetics" / path.name
    body = yaml.load(ours.read_text(encoding="utf-8"))
    node = body
    for step in place[:-1]:
        node = node[step]
    if instead == "left out":
        del node[place[-1]]
    else:
        node[place[-1]] = instead
    yaml.dump(body, path)
    with contextlib.suppress(BadInput):  # any other error is a fault of ours
        forecast([Dose(0, 50, "sl")], 70, [model_from_file(str(path))], [0.0, 40.0])


def test_a_model_file_that_nobody_touched_is_used(tmp_path) -> None:
    path = tmp_path / "simons2022_S_arterial.yaml"
    path.write_bytes((ROOT / "pharmacokinetics" / path.name).read_bytes())
    assert forecast([Dose(0, 50, "sl")], 70, [model_from_file(str(path))], [40.0])


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
