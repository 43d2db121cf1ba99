"""The dialect table says nothing that the research did not."""

import os
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from openketamine.devices.connectors import mllp
from openketamine.devices.connectors.mllp.table import pcd01

CODES = Path(os.environ.get("OPENKETAMINE_SHARED", "../shared")) / "interop" / "codes.yaml"
OURS = Path(mllp.__file__).parent / "pcd01.yaml"


def rows(node):
    """Every {code, refid} in a tree, with its path lost: only the pair counts."""
    if isinstance(node, dict):
        if "code" in node and "refid" in node:
            yield node
        for value in node.values():
            yield from rows(value)
    elif isinstance(node, list):
        for value in node:
            yield from rows(value)


def load(path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


@pytest.mark.skipif(not CODES.is_file(), reason="the shared codes are not here")
def test_every_code_is_one_that_was_verified_and_says_how_surely():
    known = {str(row["code"]): row for row in rows(load(CODES)["mdc"])}
    ours = list(rows(load(OURS)))
    assert len(ours) > 40
    for row in ours:
        assert known[str(row["code"])]["refid"].split(" ")[0] == row["refid"]
        assert known[str(row["code"])]["verified"] == row["verified"] != "BACKGROUND"


def test_codes_that_are_wrong_in_the_wild_are_not_in_the_table():
    assert not {"157985", "158480", "157986", "157976"} & set(pcd01().by_code)
    assert pcd01().kinds["69965"] == "monitor"


def test_no_code_fills_two_signals():
    codes = [row["code"] for row in rows(load(OURS)) if "src" in row]
    assert len(codes) == len(set(codes))
