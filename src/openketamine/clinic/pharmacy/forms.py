"""Forms about vials: what the label says, and what somebody measured."""

from decimal import Decimal
from typing import Any

from django import forms

from openketamine.clinic.pharmacy.commands import Label


def _thousandths(amount: Decimal, what: str) -> int:
    """mL as µL, mg as µg: whole numbers, or the form says so."""
    whole = amount * 1000
    if whole != whole.to_integral_value():
        raise forms.ValidationError(f"{what}: at most three places after the point.")
    return int(whole)


class ReceiveForm(forms.Form):
    """The label of a sealed vial and its delivery note, as printed."""

    drug = forms.ChoiceField(
        choices=[("ketamine", "ketamine (racemic)"), ("esketamine", "esketamine")]
    )
    concentration_mg_per_ml = forms.DecimalField(
        label="Concentration, mg in 1 mL",
        min_value=Decimal("0.001"),
        max_value=1000,
        decimal_places=3,
    )
    volume_ml = forms.DecimalField(
        label="Volume, mL", min_value=Decimal("0.001"), max_value=1000, decimal_places=3
    )
    ndc = forms.CharField(label="NDC, as printed", max_length=20)
    lot = forms.CharField(label="Lot", max_length=40)
    expiry = forms.DateField(label="Expires", widget=forms.DateInput(attrs={"type": "date"}))
    supplier = forms.CharField(label="Supplier", max_length=120)

    def label(self) -> Label:
        """The label, in whole micrograms and microlitres."""
        said = self.cleaned_data
        return Label(
            drug=said["drug"],
            ndc=said["ndc"].strip(),
            lot=said["lot"].strip(),
            expiry=said["expiry"],
            concentration_ug_per_ml=_thousandths(said["concentration_mg_per_ml"], "Concentration"),
            volume_ul=_thousandths(said["volume_ml"], "Volume"),
            supplier=said["supplier"].strip(),
        )


class CountForm(forms.Form):
    """What somebody measured in a vial, before a witness where there is one."""

    volume_ml = forms.DecimalField(
        label="Measured volume, mL", min_value=0, max_value=1000, decimal_places=3
    )
    note = forms.CharField(label="Note", max_length=200, required=False)
    witness = forms.CharField(
        label="Witness, username",
        max_length=150,
        required=False,
        help_text="Another person, here now.",
    )
    witness_password = forms.CharField(
        label="Password of the witness",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def volume_ul(self) -> int:
        """The volume in whole microlitres."""
        return _thousandths(self.cleaned_data["volume_ml"], "Volume")

    def clean(self) -> dict[str, Any]:
        """A witness is a name with a proof, or nobody."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("witness") and not cleaned.get("witness_password"):
            self.add_error("witness_password", "The witness gives their own password.")
        return cleaned
