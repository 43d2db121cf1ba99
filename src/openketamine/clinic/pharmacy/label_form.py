"""The form of a delivery: what a label and its delivery note say."""

from decimal import Decimal
from typing import Any

from django import forms

from openketamine.clinic.pharmacy.commands import Label
from openketamine.clinic.pharmacy.forms import DAY, PerhapsWitnessed, thousandths
from openketamine.clinic.pharmacy.models import FORMS, SOLUTION

_SOLUTION_ONLY = "Of a solution."
_PIECES_ONLY = "Of tablets, capsules, troches, devices."


def _amount(label: str, most: int, only: str) -> forms.DecimalField:
    """What is printed on some containers and not on others."""
    return forms.DecimalField(
        label=label, min_value=Decimal("0.001"), max_value=most, decimal_places=3, required=False,
        help_text=only,
    )  # fmt: skip


_CHOSEN_OR_NEEDED = (
    "form", "doses", "containers", "concentration_mg_per_ml", "volume_ml", "unit_mg", "units",
)  # fmt: skip
_GROUPS = {
    "On the container": (
        "drug", "form", "concentration_mg_per_ml", "volume_ml", "unit_mg", "units", "ndc", "lot",
        "expiry", "doses", "beyond_use_days", "containers",
    ),
    "On the delivery note": ("supplier", "supplier_address", "supplier_dea", "invoice"),
    "Where it goes": ("site", "cabinet"),
    "Who held label against note": ("witness", "witness_password", "without_inventory"),
}  # fmt: skip


class ScanForm(forms.Form):
    """What a scanner types: it ends with Enter, which sends this form and receives nothing."""

    scan = forms.CharField(
        label="Scan the code on vial or carton",
        max_length=200,
        strip=False,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="It fills in NDC, lot and expiry. Or type the label below.",
    )


MOST_AT_ONCE = 200


class ReceiveForm(PerhapsWitnessed):
    """The label of a sealed container and its delivery note, as printed."""

    drug = forms.ChoiceField(
        choices=[("ketamine", "ketamine (racemic)"), ("esketamine", "esketamine")]
    )
    form = forms.ChoiceField(
        label="Form", choices=[(one, one.capitalize()) for one in FORMS], initial=SOLUTION,
        required=False,
    )  # fmt: skip
    concentration_mg_per_ml = _amount("Concentration, mg in 1 mL", 1000, _SOLUTION_ONLY)
    volume_ml = _amount("Volume, mL", 1000, _SOLUTION_ONLY)
    unit_mg = _amount("In each piece, mg", 10_000, _PIECES_ONLY)
    units = forms.IntegerField(
        label="Pieces in the pack", min_value=1, max_value=10_000, required=False,
        help_text=_PIECES_ONLY,
    )  # fmt: skip
    doses = forms.ChoiceField(
        label="Doses",
        choices=[("multiple", "Several doses"), ("single", "One dose, for one person")],
        initial="multiple",
        required=False,
    )
    beyond_use_days = forms.IntegerField(
        label="Good for, days once opened", min_value=0, max_value=365, required=False,
        help_text="Only where the label says; else 28 days (USP <797>, background).",
    )  # fmt: skip
    ndc = forms.CharField(label="NDC, as printed", max_length=20)
    lot = forms.CharField(label="Lot", max_length=40)
    expiry = forms.DateField(label="Expires", widget=DAY)
    supplier = forms.CharField(label="Supplier", max_length=120)
    supplier_address = forms.CharField(label="Supplier's address", max_length=200, required=False)
    supplier_dea = forms.CharField(label="Supplier's DEA number", max_length=20, required=False)
    invoice = forms.CharField(label="Invoice", max_length=60, required=False)
    site = forms.CharField(label="Site", max_length=60, required=False)
    cabinet = forms.CharField(label="Cabinet", max_length=60, required=False)
    containers = forms.IntegerField(
        label="How many of these", min_value=1, max_value=MOST_AT_ONCE, initial=1, required=False,
        help_text="Each becomes a container of its own, with its own book.",
    )  # fmt: skip

    def __init__(self, *args: Any, initial_inventory: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _CHOSEN_OR_NEEDED:
            # Something is chosen already, or the other form needs it: nothing to leave out.
            self.fields[name].either = True  # type: ignore[attr-defined]
        if not initial_inventory:
            self.fields["without_inventory"] = forms.BooleanField(
                label="There is no initial inventory on record. It is taken today; I receive this "
                "all the same."
            )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as they are read: off the container, the delivery note, the cabinet."""
        return [
            (title, [self[name] for name in names if name in self.fields])
            for title, names in _GROUPS.items()
        ]

    def clean(self) -> dict[str, Any]:
        """A solution has a strength and a volume, all else a mass and a number."""
        cleaned = super().clean()
        cleaned["form"] = cleaned.get("form") or SOLUTION
        solution = cleaned["form"] == SOLUTION
        needed = ("concentration_mg_per_ml", "volume_ml") if solution else ("unit_mg", "units")
        for name in needed:
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, "This field is required.")
        return cleaned

    def label(self) -> Label:
        """The label, in whole micrograms, microlitres and pieces."""
        said = self.cleaned_data
        solution = said["form"] == SOLUTION
        plain = ("ndc", "lot", "supplier", "supplier_address", "supplier_dea", "invoice", "site",
                 "cabinet")  # fmt: skip
        return Label(
            drug=said["drug"],
            form=said["form"],
            expiry=said["expiry"],
            concentration_ug_per_ml=thousandths(said["concentration_mg_per_ml"], "Concentration")
            if solution
            else 0,
            volume_ul=thousandths(said["volume_ml"], "Volume") if solution else 0,
            unit_ug=0 if solution else thousandths(said["unit_mg"], "In each piece"),
            units=0 if solution else said["units"],
            doses=said["doses"] or "multiple",
            beyond_use_days=said["beyond_use_days"] or 0,
            **{name: said[name].strip() for name in plain},
        )
