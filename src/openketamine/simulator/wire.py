"""PCD-01 messages as a bedside monitor sends them, and the answers it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

START, END = b"\x0b", b"\x1c\r"
_PROFILE = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
_ESCAPES = str.maketrans(
    {"\r": " ", "\n": " ", "\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\"}
)


@dataclass(frozen=True)
class Bedside:
    """Which device speaks, and of whom; `chair` and names are what a nurse typed into it."""

    device_id: str
    mrn: str
    family: str = "TEST"
    given: str = "PATIENT"
    chair: str = "CHAIR1"
    application: str = "KETMON"


@dataclass(frozen=True)
class Acknowledged:
    """What came back: MSA-1, MSA-2, and the words of the first ERR."""

    code: str
    control_id: str
    says: str = ""


@cache
def layout() -> Mapping[str, Any]:
    """The rows of the virtual monitor, from monitor.yaml."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    text = (Path(__file__).parent / "monitor.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.load(text)
    return loaded


def monitor_message(
    bedside: Bedside, values: Mapping[str, str | None], *, at: datetime, control_id: str
) -> bytes:
    """One ORU^R01. `values`: signal → the digits to send, None where the monitor has no number now.

    Signals that are not named are not connected, and have no row.
    """
    when = at.strftime("%Y%m%d%H%M%S%z")
    safe = {name: escaped(text) for name, text in vars(bedside).items()}
    sender = f"{safe['application']}^{safe['device_id']}^EUI-64"
    order = f"{control_id}^{safe['application']}^{safe['device_id']}^EUI-64"
    lines = [
        (
            f"MSH|^~\\&|{sender}|CLINIC|KETPLAT|CLINIC|{when}||ORU^R01^ORU_R01|{control_id}|P|2.6"
            f"|||NE|AL||UNICODE UTF-8|||{_PROFILE}"
        ),
        f"PID|||{safe['mrn']}^^^CLINIC^MR||{safe['family']}^{safe['given']}^^^^^L",
        f"PV1||O|INF^ROOM1^{safe['chair']}",
        f"OBR|1|{order}|{order}|182777000^monitoring of patient^SCT|||{when}",
        *_rows(safe, values, when),
    ]
    return ("\r".join(lines) + "\r").encode("utf-8")


def read_acknowledgement(payload: bytes) -> Acknowledged | None:
    """The MSA of an answer, None where it has none."""
    found: dict[str, list[str]] = {}
    for line in payload.decode("utf-8", errors="replace").split("\r"):
        fields = line.split("|")
        found.setdefault(fields[0], fields)
    msa, err = found.get("MSA", []), found.get("ERR", [])
    if len(msa) < 3:
        return None
    return Acknowledged(msa[1], msa[2], err[8] if len(err) > 8 else "")


def _rows(safe: Mapping[str, str], values: Mapping[str, str | None], when: str) -> list[str]:
    """Containers are named only where something stands in them."""
    mds, units = layout()["mds"], layout()["units"]
    device = f"{safe['device_id']}^{safe['application']}"
    mds_code = f"{mds['code']}^{mds['refid']}^MDC"
    lines = [f"OBX|1||{mds_code}|{mds['place']}|||||||X|||||||{device}"]
    for row in layout()["rows"]:
        number = len(lines) + 1
        if "container" in row:
            if "systolic" in values:
                code = f"{row['container']}^{row['refid']}^MDC"
                lines.append(f"OBX|{number}||{code}|{row['place']}|||||||X")
        elif row["signal"] in values:
            value, unit = values[row["signal"]], units[row["unit"]]
            lines.append(
                f"OBX|{number}|NM|{row['code']}^{row['refid']}^MDC|{row['place']}|{value or ''}"
                f"|{unit['code']}^{unit['refid']}^MDC|||||{'R' if value else 'X'}|||{when}"
            )
    return lines


def escaped(text: str) -> str:
    """A text that may stand in a component."""
    return text.translate(_ESCAPES)
