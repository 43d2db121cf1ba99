"""Foresee: drug level over time."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openketamine.cli._common import DONE, add_verb
from openketamine.core.findings import BadInput


def add_foresee(verbs: Any) -> None:
    """The verb of this group."""
    example = (
        'openketamine forecast --drug ketamine --route iv --dose "0.5 mg/kg" '
        '--over "40 min" --weight 70 --json'
    )
    says = "drug level over time, by published models, with a band"
    verb = add_verb(verbs, "forecast", _forecast, says, example)
    verb.add_argument("--drug", required=True, help="ketamine or esketamine")
    verb.add_argument("--route", required=True, help="iv, im, in, po or sl")
    verb.add_argument("--dose", required=True, action="append", help="0.5 mg/kg; may be repeated")
    verb.add_argument("--over", action="append", default=[], help="40 min; without it, at once")
    verb.add_argument("--at", action="append", default=[], help="0 min; may be repeated")
    verb.add_argument("--weight", help="body weight in kg, or with a unit")
    verb.add_argument("--age", help="years")
    verb.add_argument("--sex", help="female or male")
    verb.add_argument("--height", help="cm")
    verb.add_argument("--ancestry", help="asian, japanese or other; one nasal model differs by it")
    verb.add_argument(
        "--model",
        action="append",
        default=[],
        help="a model id, or your own model's YAML file; may be repeated",
    )
    verb.add_argument("--simulator", action="store_true", help="let models of children in")
    verb.add_argument("--every", default="1 min", help="spacing of the answer")
    verb.add_argument("--until", default="4 h", help="end of the answer")
    verb.add_argument("--people", type=int, default=1000, help="people in the band; 0 for none")
    verb.add_argument("--seed", type=int, default=1, help="makes the band repeatable")
    verb.add_argument("--measured", action="store_true", help="add the scatter of a sample")
    verb.add_argument("--with-inhibitor", help="a medicine that changes the level")
    verb.add_argument("--csv", metavar="FILE", help="write the table, one row a time")
    verb.add_argument("--arrow", metavar="FILE", help="the same as an Arrow file, with its sources")
    verb.add_argument("--plot", metavar="FILE.svg", help="draw curves and band")


def _forecast(options: argparse.Namespace) -> int:
    from openketamine.core.pharmacology import ForecastRequest, foresee

    files = {"plot": options.plot, "csv": options.csv, "arrow": options.arrow}
    _check_files({f"--{name}": path for name, path in files.items() if path})
    if options.arrow:
        from openketamine.pharmacology import need_arrow

        need_arrow()
    answer = foresee(
        ForecastRequest(
            drug=options.drug,
            route=options.route,
            dose=tuple(options.dose),
            weight=options.weight,
            over=tuple(options.over),
            at=tuple(options.at),
            models=tuple(options.model),
            every=options.every,
            until=options.until,
            people=options.people,
            seed=options.seed,
            age=options.age,
            sex=options.sex,
            height=options.height,
            with_inhibitor=options.with_inhibitor,
            ancestry=options.ancestry,
            simulator=options.simulator,
            measured=options.measured,
        )
    )
    # Everything is made before anything is written: a refusal leaves no half of an answer.
    texts = {
        path: make()
        for path, make in ((options.plot, answer.as_svg), (options.csv, answer.as_csv))
        if path
    }
    for path, text in texts.items():
        Path(path).write_text(text, encoding="utf-8")
    if options.arrow:
        from openketamine.pharmacology import write_arrow

        write_arrow(answer, options.arrow)
    if options.json or not any(files.values()):
        print(json.dumps(answer.as_json(), ensure_ascii=False, allow_nan=False))
    return DONE


def _check_files(files: Mapping[str, str]) -> None:
    """Each file can be made, and no two are one, before a long answer is worked out."""
    for option, path in files.items():
        if "\0" in path or Path(path).is_dir() or not Path(path).resolve().parent.is_dir():
            raise BadInput(option, "a file in a folder that exists", path)
    if len({Path(path).resolve() for path in files.values()}) < len(files):
        raise BadInput(" and ".join(files), "a file each", next(iter(files.values())))
