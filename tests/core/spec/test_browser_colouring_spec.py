"""The browser colours a number at once by the same examples that the knowledge files give.

Run as a program, this file writes what `node --test tests/console` reads.
"""

import json
from decimal import Decimal
from pathlib import Path

from openketamine.core.monitoring import PRIORITIES, limits_for
from openketamine.knowledge import documents

EXAMPLES = Path(__file__).parents[2] / "console" / "alarm-examples.json"
PROTOCOL = "pain-outpatient"
USUAL = {"systolic": 100, "diastolic": 70}


def levels():
    """Signal, YAML of the level, of each of its bounds."""
    for one in documents("alarms"):
        for family in one.body.get("families", ()):
            for level in family["levels"]:
                if not level.get("with_symptoms") and PROTOCOL in level.get(
                    "protocols", [PROTOCOL]
                ):
                    for bound in level["any_of"]:
                        yield family["signal"], level, bound


def number(bound, example, usual):
    """The number on the screen that this example of a bound means."""
    if not bound.get("against"):
        return example
    percent = bound["against"] == "baseline_percent"
    return usual + (usual * example / 100 if percent else example)


def worst(signal, value, usual):
    """What core says of one number: the strictest priority of any level that it crosses."""
    base = None if usual is None else Decimal(usual)
    crossed = {
        level.priority
        for level in limits_for(PROTOCOL).of_signal[signal]
        if not level.with_symptoms and level.bound_met(Decimal(str(value)), base)
    }
    return next((one for one in PRIORITIES if one in crossed), "")


def examples():
    """Every example of every bound, and each number again where no baseline is known."""
    found = []
    for signal, level, bound in levels():
        for kind in ("met", "not_met"):
            for example in bound["examples"][kind]:
                usual = USUAL.get(signal) if bound.get("against") else None
                value = number(bound, example, usual)
                for base in (usual, None) if usual else (None,):
                    found.append(
                        {"rule": level["rule"], "example": kind, "signal": signal, "value": value,
                         "baseline": base, "priority": worst(signal, value, base)}
                    )  # fmt: skip
    return found


def written():
    bounds = limits_for(PROTOCOL).on_screen()
    lines = ",\n".join(f"    {json.dumps(one)}" for one in examples())
    return f'{{\n  "bounds": {json.dumps(bounds)},\n  "examples": [\n{lines}\n  ]\n}}\n'


def test_the_examples_that_the_browser_is_held_to_are_those_of_the_knowledge():
    assert EXAMPLES.read_text() == written(), "run this file as a program and look at what changed"


def test_each_level_has_an_example_that_is_coloured_and_one_that_is_not():
    for kind, signal, level, bound in ((k, *one) for one in levels() for k in ("met", "not_met")):
        own = [one for one in examples() if (one["rule"], one["example"]) == (level["rule"], kind)]
        assert own, (signal, level["rule"], bound)
    coloured = {one["rule"] for one in examples() if one["example"] == "met" and one["priority"]}
    assert coloured == {level["rule"] for _, level, _ in levels()}


if __name__ == "__main__":
    EXAMPLES.write_text(written())
