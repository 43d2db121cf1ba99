"""A forecast as files: the Arrow table, what travels with it, and files that cannot be written."""

import importlib.util
import json

import numpy as np
import pytest

from openketamine import cli
from openketamine import pharmacology as pk
from openketamine.core.findings import BadInput

WORDS = [
    "forecast", "--drug", "esketamine", "--route", "sl", "--dose", "50 mg", "--weight", "70",
    "--every", "10 min", "--people", "100",
]  # fmt: skip


def asked(**changes: object) -> pk.Foresight:
    usual = {"drug": "esketamine", "route": "sl", "dose": ("50 mg",), "weight": "70"}
    return pk.foresee(pk.ForecastRequest(**{**usual, "every": "10 min", "people": 100, **changes}))


def test_the_arrow_table_holds_what_the_csv_holds() -> None:
    answer = asked()
    table = pk.as_arrow(answer)
    assert table.column_names == list(answer.as_columns())
    assert "simons2022_S_arterial_S-norketamine_ng_per_ml" in table.column_names
    for name, column in answer.as_columns().items():
        np.testing.assert_array_equal(table[name], column)


@pytest.mark.hazard("HZ-14")
def test_doubts_and_sources_travel_with_the_numbers() -> None:
    answer = asked(route="po", with_inhibitor="clarithromycin")
    about = json.loads(pk.as_arrow(answer).schema.metadata[b"openketamine"])
    assert about["given"] == "50 mg by mouth, 70 kg"
    assert tuple(about["warnings"]) == answer.warnings
    assert about["interaction"]["auc_fold"] == 2.6
    (curve,) = about["curves"]
    assert curve["sources"] == ["10.1007/s40262-020-00953-4"]
    assert curve["statuses"]["Fgut"] == "verified_code"
    assert about["band"]["people"] == 100
    assert "plasma_ng_per_ml" not in curve


def test_a_study_is_a_table_too() -> None:
    plan = pk.schedule([pk.Segment(0, 40, 0.875)], step_min=10, points=5)
    found = pk.study("clements1981_2c", plan, 70, 100, 1)
    table = pk.as_arrow(found)
    assert table.column_names == [
        "time_min", "plasma_p5_ng_per_ml", "plasma_p50_ng_per_ml", "plasma_p95_ng_per_ml",
    ]  # fmt: skip
    np.testing.assert_array_equal(table["plasma_p50_ng_per_ml"], found.plasma[1])
    about = json.loads(table.schema.metadata[b"openketamine"])
    assert about["sources"] == ["10.1093/bja/53.1.27"]
    assert about["differences"] == "surrogate variability"


def test_the_shell_writes_every_form_at_once(tmp_path) -> None:
    from pyarrow import feather

    names = ("a.arrow", "a.csv", "a.svg")
    files = [word for name in names for word in (f"--{_option(name)}", str(tmp_path / name))]
    assert cli.main([*WORDS, *files]) == 0
    table = feather.read_table(tmp_path / "a.arrow")
    assert table.num_rows == len((tmp_path / "a.csv").read_text().splitlines()) - 1
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


def _option(name: str) -> str:
    return {"arrow": "arrow", "csv": "csv", "svg": "plot"}[name.rpartition(".")[2]]


def test_without_the_library_one_sentence_says_what_to_install(
    monkeypatch, tmp_path, capsys
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyarrow" else real(name)
    )
    with pytest.raises(BadInput, match=r"pip install 'openketamine\[research\]'"):
        pk.as_arrow(asked())
    csv, arrow = str(tmp_path / "a.csv"), str(tmp_path / "a.arrow")
    assert cli.main([*WORDS, "--csv", csv, "--arrow", arrow]) == 2
    assert "arrow: expected the library pyarrow" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_stops_before_anything_is(tmp_path, capsys) -> None:
    good, bad = str(tmp_path / "a.csv"), str(tmp_path / "none" / "a.arrow")
    assert cli.main([*WORDS, "--csv", good, "--arrow", bad]) == 2
    assert "--arrow: expected a file in a folder that exists" in capsys.readouterr().err
    assert cli.main([*WORDS, "--csv", good, "--plot", good]) == 2
    assert cli.main([*WORDS, "--people", "0", "--csv", good, "--plot", f"{good}.svg"]) == 2
    assert list(tmp_path.iterdir()) == []
