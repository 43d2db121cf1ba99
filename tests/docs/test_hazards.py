"""Every hazard names a test, and every hazard mark names a hazard."""

import pytest
import write_reference


@pytest.mark.parametrize("hazard", sorted(write_reference.hazards()))
def test_every_hazard_is_held_by_a_test(hazard: str) -> None:
    assert write_reference.hazard_marks().get(hazard), f"{hazard} has no test marked with it"


def test_every_mark_names_a_hazard() -> None:
    assert set(write_reference.hazard_marks()) <= set(write_reference.hazards())
