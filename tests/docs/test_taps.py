"""The page of taps names only acts that a browser test counts."""

from pathlib import Path

from tests.end_to_end.taps import documented

TESTS = Path(__file__).parents[1] / "end_to_end"


def test_every_act_of_the_page_is_counted_by_a_test():
    told = "".join(path.read_text() for path in TESTS.glob("test_*.py"))
    assert [act for act in documented() if f'"{act}"' not in told] == []


def test_what_is_charted_all_the_time_takes_two_taps():
    often = ("sedation", "dissociation", "nausea", "distress", "pause", "stop for good")
    assert {documented()[act] for act in often} == {2}
