"""Counting: one container by whoever stands there, or a whole cabinet by two people, each blind."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._cases import difference_now
from openketamine.clinic.pharmacy._entries import hold, new_id, post, site_of
from openketamine.clinic.pharmacy._entries import note as write_note
from openketamine.clinic.pharmacy._people import checked_actor, checked_witness
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Count, count_differs

PURPOSES = ("shift", "initial", "biennial")
MOMENTS = ("opening", "close")


def count(
    vial: Vial,
    volume_ul: int,
    by: Staff,
    now: datetime,
    *,
    witness: Proof | None = None,
    note: str = "",
    units: int = 0,
) -> str:
    """Somebody measured what is in a container; the id of the count.

    It changes no balance: a difference is a discrepancy that stays until somebody answers for it.
    Who received a container does not count it alone.
    """
    checked_actor(by, "vials.count")
    watching = checked_witness(witness, by, now, "stock.witness") if witness else None
    if volume_ul < 0 or units < 0:
        raise BadInput("volume_ul", "a volume of 0 or more", volume_ul)
    with transaction.atomic():
        hold(str(vial.pk))
        return _write(vial, {"volume_ul": volume_ul, "units": units}, by, watching, now, note)


def begin_sheet(
    vials: Sequence[Vial],
    lines: Mapping[str, int],
    by: Staff,
    now: datetime,
    *,
    purpose: str = "shift",
    moment: str = "close",
) -> str:
    """The first of two blind counts: container → µL or pieces, all of them; the id of the sheet.

    Nobody sees it before the second person has counted for themselves.
    """
    checked_actor(by, "vials.count")
    if purpose not in PURPOSES or moment not in MOMENTS:
        raise BadInput("purpose", f"one of {', '.join(PURPOSES)}; {' or '.join(MOMENTS)}", purpose)
    asked = [str(vial.pk) for vial in vials]
    counted = _complete(asked, lines)
    with transaction.atomic():
        hold()
        body = {"purpose": purpose, "moment": moment, "vials": asked, "lines": counted}
        return write_note("count_first", body, by, now)


def finish_sheet(sheet_id: str, lines: Mapping[str, int], by: Staff, now: datetime) -> list[str]:
    """The second of two blind counts. Where both agree, the count is in the book, by both; the ids
    of the containers on which they do not agree, which are to be counted again."""
    checked_actor(by, "vials.count")
    with transaction.atomic():
        hold()
        sheet = queries.sheet(sheet_id)
        if sheet is None or sheet.done:
            raise BadInput("sheet", "a count that waits for its second person", sheet_id)
        if sheet.first_id == str(by.pk):
            raise BadInput("by", "another person than the one who counted first")
        counted = _complete(sheet.vials, lines)
        apart = [one for one in sheet.vials if _apart(one, sheet.first_lines, counted)]
        body = {"sheet": sheet_id, "lines": counted, "apart": apart}
        write_note("count_second", body, by, now)
        first = Staff.objects.get(pk=sheet.first_id)
        for one in sheet.vials:
            if one not in apart:
                vial = queries.vial(one)
                found = _found(vial, counted[one])
                _write(vial, found, first, by, now, sheet.purpose, document=sheet_id)
        if not apart and sheet.purpose != "shift":
            _take_inventory(sheet, counted, first, by, now)
        return apart


def _take_inventory(
    sheet: "queries.Sheet", counted: Mapping[str, int], first: Staff, second: Staff, now: datetime
) -> None:
    """The inventory that the law asks for: every line, who counted, who verified, which hour."""
    rows = [_line(queries.vial(one), amount) for one, amount in counted.items()]
    body = {
        "purpose": sheet.purpose,
        "moment": sheet.moment,
        "on": timezone.localdate(now).isoformat(),
        "sheet": sheet.id,
        "rows": rows,
        "counter": first.display_name,
        "verifier": second.display_name,
    }
    write_note("inventory_taken", body, second, now)


def _line(vial: Vial, amount: int) -> dict[str, Any]:
    return {
        "vial": str(vial.pk),
        "name": vial.drug,
        "form": vial.form,
        "strength_ug": vial.unit_ug or vial.concentration_ug_per_ml,
        "per_container": vial.units or vial.volume_ul,
        "containers": 1,
        "counted": amount,
        "counted_in": "piece" if vial.is_pack else "uL",
        "estimated": False,
        "lot": vial.lot,
    }


def _write(
    vial: Vial, found: Mapping[str, Any], by: Staff, watching: Staff | None, now: datetime,
    words: str = "", document: str = "",
) -> str:  # fmt: skip
    entry = Count(
        id=new_id(),
        at=timezone.localtime(now),
        container=str(vial.pk),
        by=str(by.pk),
        witness=str(watching.pk) if watching else "",
        note=words,
        document=document,
        **found,
    )
    post(entry, by, watching, now)
    _open_case(entry, by, now)
    return entry.id


def _open_case(entry: Count, by: Staff, now: datetime) -> None:
    """A count that differs from the book is a case from this moment on: its clock runs."""
    difference = difference_now(entry.container, entry.id)
    if difference is not None:
        body = {"case": entry.id, "difference": difference}
        write_note("difference_found", body, by, now, site=site_of(entry.container))


def _complete(asked: Sequence[str], lines: Mapping[str, int]) -> dict[str, int]:
    """Every container of the sheet was counted; what is missing is not nothing."""
    missing = [one for one in asked if one not in lines]
    if missing:
        raise BadInput("lines", f"a count of every container; {len(missing)} are missing")
    if any(isinstance(lines[one], bool) or lines[one] < 0 for one in asked):
        raise BadInput("lines", "amounts of 0 or more")
    return {one: int(lines[one]) for one in asked}


def _apart(one: str, first: Mapping[str, int], second: Mapping[str, int]) -> bool:
    return count_differs(second[one], first[one], pieces=queries.vial(one).is_pack)


def _found(vial: Vial, amount: int) -> dict[str, int]:
    return {"volume_ul": 0, "units": amount} if vial.is_pack else {"volume_ul": amount, "units": 0}
