"""`device,person,number,time,word=value,…` to readings: the smallest connector there can be."""

from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from openketamine.core.findings import BadInput
from openketamine.devices.connector import Reading, Unmapped, doubt_the_future


def decode(raw: bytes, *, received_at: datetime, zone: tzinfo) -> list[Reading]:
    """The one reading of a line. Raises BadInput where it is no such line."""
    try:
        device, person, number, time, *said = raw.decode("utf-8").strip().split(",")
        measured_at = datetime.fromisoformat(time)
    except ValueError as error:
        raise BadInput("line", "device,person,number,time,word=value") from error
    naive = measured_at.tzinfo is None
    if naive:
        measured_at = measured_at.replace(tzinfo=zone)
    values, unmapped = _sort(said)
    reading = Reading(
        key=f"{device}|{number}",
        device_id=device,
        device_kind="monitor",
        mrn=person or None,
        measured_at=measured_at,
        received_at=received_at,
        values=values,
        doubts=doubt_the_future(values, measured_at, received_at),
        unmapped=tuple(unmapped),
        remarks=(f"times without zone were read as {zone}",) if naive else (),
    )
    return [reading]


def _sort(said: list[str]) -> tuple[dict[str, Decimal | None], list[Unmapped]]:
    values: dict[str, Decimal | None] = {}
    unmapped = []
    for part in said:
        word, _, text = part.partition("=")
        signal, number = _signals().get(word), _number(text)
        if signal and signal not in values and (number is not None or not text):
            values[signal] = number
        else:
            unmapped.append(Unmapped(word, word, text, ""))
    return values, unmapped


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 9 else None


@cache
def _signals() -> dict[str, str]:
    yaml = YAML(typ="safe", pure=True)
    table = yaml.load((Path(__file__).parent / "columns.yaml").read_text(encoding="utf-8"))
    return dict(table["signals"])
