"""Whatever is answered: bounds hold, worse answers never score better, what is missing is no 0."""

import contextlib
import io
import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine import cli
from openketamine.core.scoring import change, instrument, instruments, score
from openketamine.core.scoring._change import _scores, span

NAMES = instruments()
JUDGED = [name for name in NAMES if instrument(name).triage or instrument(name).criteria]
COUNTED = [name for name in NAMES if name not in JUDGED]


@st.composite
def answered(draw, names=NAMES, missing=True):
    name = draw(st.sampled_from(names))
    known = instrument(name)
    gaps = [None] if missing else []
    return name, [draw(st.sampled_from([*item.answers, *gaps])) for item in known.items]


def exact_scores(name, answers):
    found = score(name, answers)
    whole = {"total": found.exact} if "total" in _scores(instrument(name)) else {}
    return whole | {part.id: part.exact for part in found.subscores}


@examples(300)
@given(answered())
def test_every_score_lies_in_its_range_and_is_plain_json(case):
    name, answers = case
    found = score(name, answers)
    json.dumps(found.as_json(), allow_nan=False)
    known = instrument(name)
    for of, value in exact_scores(name, answers).items():
        part = _scores(known)[of]
        # The range of a domain with a T-score is that of the T-scores; its raw sum is counted here.
        low, high = (Fraction(4), Fraction(20)) if part.t_scores else span(known, part)
        assert value is None or low <= value <= high
    assert (found.total is None) or found.valid


@examples(300)
@given(answered(COUNTED, missing=False), st.data())
def test_a_worse_answer_never_scores_better(case, data):
    name, answers = case
    known = instrument(name)
    item = data.draw(st.sampled_from(known.items))
    place = known.items.index(item)
    worse = [one for one in item.answers if item.points(one) >= item.points(answers[place])]
    changed = [*answers]
    changed[place] = data.draw(st.sampled_from(worse))
    before, now = exact_scores(name, answers), exact_scores(name, changed)
    assert all(before[of] <= now[of] for of in before)


@pytest.mark.hazard("HZ-09")
@examples(300)
@given(answered(COUNTED, missing=False), st.data())
def test_an_answer_that_is_missing_is_never_read_as_0(case, data):
    name, answers = case
    known = instrument(name)
    asked = [i for i, item in enumerate(known.items) if not item.optional]
    gone = data.draw(st.sets(st.sampled_from(asked), min_size=1))
    gaps = [None if i in gone else one for i, one in enumerate(answers)]
    found = score(name, gaps)
    numbers = {known.items[i].number for i in gone}
    spared = {n for part in known.parts for pair in part.either for n in pair}
    assert numbers - spared <= set(found.missing) | {
        n for part in known.parts if part.rule == "max" for n in part.items
    }
    if found.total is not None and found.missing:
        ceiling = any(part.rule == "max" for part in known.parts)
        assert found.pro_rated or ceiling
    if known.total and len(gone) > known.total.most_missing:
        assert (found.total, found.band, found.valid) == (None, None, False)


@pytest.mark.hazard("HZ-09")
@examples(200)
@given(answered(JUDGED))
def test_what_was_not_asked_neither_clears_nor_proves_a_level(case):
    name, answers = case
    said = score(name, answers).band
    filled = {
        score(name, [one if one is not None else fill for one in answers]).band for fill in (0, 1)
    }
    if said in ("no risk found", "criteria not met"):
        assert said in filled
    if said in ("research criteria met", "clinical criteria met"):
        assert filled == {said}


@examples(200)
@given(answered(COUNTED, missing=False), answered(COUNTED, missing=False))
def test_a_change_turned_round_has_the_other_sign(first, second):
    name, answers = first
    known = instrument(name)
    other = [item.answers[len(second[1]) % len(item.answers)] for item in known.items]
    for of in _scores(known):
        there = change(name, score(name, answers), score(name, other), of=of)
        back = change(name, score(name, other), score(name, answers), of=of)
        if there.points is not None:
            assert abs(there.points + back.points) <= Fraction(1, 10)
        json.dumps(there.as_json(), allow_nan=False)
        assert there.verdict in ("response", "partial", "none", "worsening", "not evaluable")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@examples(300)
@given(st.sampled_from([*NAMES, "", "phq-99"]), ANYTHING, ANYTHING)
def test_whatever_is_handed_in_is_scored_or_refused_in_one_sentence(name, answers, before):
    status, said, complaint = run(
        "score", name, "--answers", json.dumps(answers), "--baseline", json.dumps(before), "--json"
    )
    assert status in (0, 2)
    if status == 0:
        assert json.loads(said)["instrument"] == name
    else:
        assert (said, complaint.count("\n")) == ("", 1)
        assert complaint.startswith("openketamine")


JUNK = ["", "[", "{", "nul", "[1,]", "[1e999]", '{"1": 1, "x": 2}', "[" * 5000, "9" * 5000, "\x00"]


@pytest.mark.parametrize("text", JUNK)
@pytest.mark.parametrize("option", ["--answers", "--baseline"])
def test_junk_is_refused_in_one_sentence(option, text):
    given = {"--answers": "[1,1,1]", "--baseline": "3"} | {option: text}
    words = [word for pair in given.items() for word in pair]
    status, said, complaint = run("score", "peg", *words)
    assert (status, said, complaint.count("\n")) == (2, "", 1)


def run(*words):
    said, complaint = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
        try:
            status = cli.main(list(words))
        except SystemExit as left:
            status = left.code
    return status, said.getvalue(), complaint.getvalue()
