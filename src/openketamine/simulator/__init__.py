"""Virtual patients and virtual monitors, for teaching, demonstration and tests: never for care."""

from openketamine.simulator.patient import Scenario, scenario, vitals
from openketamine.simulator.replay import Replayed, replay_csv
from openketamine.simulator.ward import Ward, WardSettings

__all__ = ["Replayed", "Scenario", "Ward", "WardSettings", "replay_csv", "scenario", "vitals"]
