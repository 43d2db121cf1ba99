"""Forms about stock: what a label says, what somebody measured, who watched."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from openketamine.clinic.pharmacy.commands import STEPS, Label
from openketamine.clinic.pharmacy.models import FORMS, SOLUTION, Vial
from openketamine.clinic.staff.models import Site
from openketamine.knowledge import document

_DAY = forms.DateInput(attrs={"type": "date"})


def _thousandths(amount: Decimal | None, what: str) -> int:
    """mL as µL, mg as µg: whole numbers, or the form says so."""
    whole = (amount or Decimal(0)) * 1000
    if whole != whole.to_integral_value():
        raise forms.ValidationError(f"{what}: at most three places after the point.")
    return int(whole)


class WitnessForm(forms.Form):
    """Another person, here now, with their own secret."""

    witness = forms.CharField(
        label="Second person, username", max_length=150, help_text="Another person, here now."
    )
    witness_password = forms.CharField(
        label="Password of the second person",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class _PerhapsWitnessed(WitnessForm):
    """The second person may be left out, by name and secret together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("witness", "witness_password"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """A second person is a name with a proof, or nobody."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("witness") and not cleaned.get("witness_password"):
            self.add_error("witness_password", "The second person gives their own password.")
        return cleaned


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


class ReceiveForm(_PerhapsWitnessed):
    """The label of a sealed container and its delivery note, as printed."""

    field_order = (
        "drug", "form", "concentration_mg_per_ml", "volume_ml", "unit_mg", "units", "ndc", "lot",
        "expiry", "doses", "beyond_use_days", "site", "cabinet", "supplier", "supplier_address",
        "supplier_dea", "invoice", "containers",
    )  # fmt: skip

    drug = forms.ChoiceField(
        choices=[("ketamine", "ketamine (racemic)"), ("esketamine", "esketamine")]
    )
    form = forms.ChoiceField(
        label="Form", choices=[(one, one.capitalize()) for one in FORMS], initial=SOLUTION,
        required=False,
    )  # fmt: skip
    concentration_mg_per_ml = forms.DecimalField(
        label="Concentration, mg in 1 mL",
        min_value=Decimal("0.001"),
        max_value=1000,
        decimal_places=3,
        required=False,
        help_text="Of a solution.",
    )
    volume_ml = forms.DecimalField(
        label="Volume, mL",
        min_value=Decimal("0.001"),
        max_value=1000,
        decimal_places=3,
        required=False,
        help_text="Of a solution.",
    )
    unit_mg = forms.DecimalField(
        label="In each piece, mg", min_value=Decimal("0.001"), max_value=10_000, decimal_places=3,
        required=False, help_text="Of tablets, capsules, troches, devices.",
    )  # fmt: skip
    units = forms.IntegerField(
        label="Pieces in the pack", min_value=1, max_value=10_000, required=False,
        help_text="Of tablets, capsules, troches, devices.",
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
    expiry = forms.DateField(label="Expires", widget=_DAY)
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
        if not initial_inventory:
            self.fields["without_inventory"] = forms.BooleanField(
                label="There is no initial inventory on record. It is taken today; I receive this "
                "all the same."
            )

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
            concentration_ug_per_ml=_thousandths(said["concentration_mg_per_ml"], "Concentration")
            if solution
            else 0,
            volume_ul=_thousandths(said["volume_ml"], "Volume") if solution else 0,
            unit_ug=0 if solution else _thousandths(said["unit_mg"], "In each piece"),
            units=0 if solution else said["units"],
            doses=said["doses"] or "multiple",
            beyond_use_days=said["beyond_use_days"] or 0,
            **{name: said[name].strip() for name in plain},
        )


class AmountForm(_PerhapsWitnessed):
    """What somebody measured in a container, before a second person where there is one."""

    field_order = ("volume_ml", "pieces", "note")

    volume_ml = forms.DecimalField(
        label="Measured volume, mL", min_value=0, max_value=1000, decimal_places=3
    )
    pieces = forms.IntegerField(label="Pieces counted", min_value=0, max_value=10_000)
    note = forms.CharField(label="Note", max_length=200, required=False)

    def __init__(self, *args: Any, vial: Vial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["volume_ml" if vial.is_pack else "pieces"]

    def stock(self) -> int:
        """Whole microlitres, or pieces."""
        said = self.cleaned_data
        return said["pieces"] if "pieces" in said else _thousandths(said["volume_ml"], "Volume")


CountForm = AmountForm


class ReasonForm(forms.Form):
    """Why a container is kept apart."""

    reason = forms.CharField(label="Why", max_length=200)


class ReleaseForm(WitnessForm):
    """Why it may be used again, before a second person."""

    field_order = ("reason",)
    reason = forms.CharField(label="Why it may be used again", max_length=200)


class PutForm(forms.Form):
    """Another cabinet of this site."""

    cabinet = forms.CharField(label="To which cabinet", max_length=60)


class SendForm(WitnessForm):
    """Another site: one of this house where it has several, else its name."""

    field_order = ("site",)
    site = forms.CharField(label="To which site", max_length=60)

    def __init__(self, *args: Any, vial: Vial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Site.objects.filter(closed_at=None).exclude(pk=vial.kept_at_id)
        if others:
            choices = [("", "Choose a site"), *((one.pk, one.name) for one in others)]
            self.fields["site"] = forms.ChoiceField(label="To which site", choices=choices)


class ArriveForm(WitnessForm):
    """Where it is put at the site that it was sent to."""

    field_order = ("cabinet",)
    cabinet = forms.CharField(label="Into which cabinet", max_length=60)


class SpillForm(WitnessForm):
    """What broke or was spilt, how, and who saw it."""

    field_order = ("volume_ml", "pieces", "reason", "circumstances")
    volume_ml = forms.DecimalField(
        label="Lost in all, mL", min_value=Decimal("0.001"), max_value=1000, decimal_places=3
    )
    pieces = forms.IntegerField(label="Pieces lost", min_value=1, max_value=10_000)
    reason = forms.ChoiceField(
        label="What happened",
        choices=[("", "Choose"), ("spill", "Spilt"), ("breakage", "Broken")],
    )
    circumstances = forms.CharField(label="How it happened", max_length=500)

    def __init__(self, *args: Any, vial: Vial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["volume_ml" if vial.is_pack else "pieces"]

    def stock(self) -> int:
        """Whole microlitres, or pieces."""
        said = self.cleaned_data
        return said["pieces"] if "pieces" in said else _thousandths(said["volume_ml"], "Volume")


class OverfillForm(WitnessForm):
    """More in the vial than its label says."""

    field_order = ("volume_ml",)
    volume_ml = forms.DecimalField(
        label="More than the label says, mL", min_value=Decimal("0.001"), max_value=10,
        decimal_places=3,
    )  # fmt: skip

    def stock(self) -> int:
        """Whole microlitres."""
        return _thousandths(self.cleaned_data["volume_ml"], "Volume")


class SheetForm(forms.Form):
    """Every container of a blind count, without what the book expects of it."""

    def __init__(
        self, *args: Any, vials: Sequence[Vial], names: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.vials = vials
        for vial, name in zip(vials, names, strict=True):
            self.fields[str(vial.pk)] = _counted_field(vial, name)

    def lines(self) -> dict[str, int]:
        """Container → µL or pieces."""
        return {
            str(one.pk): int(self.cleaned_data[str(one.pk)])
            if one.is_pack
            else _thousandths(self.cleaned_data[str(one.pk)], "Volume")
            for one in self.vials
        }


def _counted_field(vial: Vial, name: str) -> forms.Field:
    if vial.is_pack:
        return forms.IntegerField(label=f"{name}: pieces", min_value=0, max_value=10_000)
    return forms.DecimalField(label=f"{name}: mL", min_value=0, max_value=1000, decimal_places=3)


class PurposeForm(forms.Form):
    """Which count is begun."""

    purpose = forms.ChoiceField(
        label="Which count",
        choices=[("shift", "End of a shift"), ("initial", "Initial inventory"),
                 ("biennial", "Biennial inventory")],
    )  # fmt: skip
    moment = forms.ChoiceField(
        label="Taken at",
        choices=[("close", "Close of business"), ("opening", "Opening of business")],
    )


class StepForm(forms.Form):
    """Something was done about a difference."""

    step = forms.ChoiceField(label="What was done")
    words = forms.CharField(label="What was found, or the number of the report", max_length=500)

    def __init__(self, *args: Any, steps: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["step"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = [("", "Choose what was done"), *((one, STEP_WORDS[one]) for one in steps)]


DUE_WORDS = {
    "dea_notified": "Notify the DEA field office in writing",
    "form_106_submitted": "Submit Form 106 electronically",
}
STEP_WORDS = {
    "looked_into": "Looked into",
    "significant": "It is a significant loss",
    "not_significant": "It is not a significant loss",
    "dea_notified": "The DEA field office was notified in writing",
    "form_106_submitted": "Form 106 was submitted electronically",
}
assert set(STEP_WORDS) == set(STEPS)  # noqa: S101  (a step without words cannot be chosen)


class AdjustForm(WitnessForm):
    """The book is brought to what was found, with its cause."""

    field_order = ("cause", "words")
    cause = forms.ChoiceField(label="Cause")
    words = forms.CharField(label="In a sentence", max_length=500)

    def __init__(self, *args: Any, surplus: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        body = document("checklists", "controlled-substance").body
        causes = body["surplus_reasons" if surplus else "loss_reasons"]["allowed"]
        field = self.fields["cause"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        # Nothing is chosen beforehand: a cause is said, not left standing.
        words = [(one, one.replace("_", " ").capitalize()) for one in causes]
        field.choices = [("", "Choose a cause"), *words]


class ExplainForm(forms.Form):
    """There was no difference: why it looked like one."""

    words = forms.CharField(label="Why there is no difference", max_length=500)


class _ChosenForm(WitnessForm):
    """Containers out of those that are on hand."""

    vials = forms.MultipleChoiceField(
        label="Containers", widget=forms.CheckboxSelectMultiple, choices=()
    )
    on = forms.DateField(label="On", widget=_DAY)

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["vials"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  (declared above)
        field.choices = choices


class DestroyForm(_ChosenForm):
    """Inventory that is destroyed here, by two people."""

    field_order = ("vials", "method", "place", "on")
    method = forms.ChoiceField(
        label="Method",
        choices=[("", "Choose a method"), ("chemical_digestion", "Chemical digestion"),
                 ("incineration", "Incineration"),
                 ("other_non_retrievable", "Another non-retrievable method")],
    )  # fmt: skip
    place = forms.CharField(label="Where", max_length=200)


class GiveBackForm(_ChosenForm):
    """Inventory that a reverse distributor takes away."""

    field_order = ("vials", "name", "address", "dea", "on")
    name = forms.CharField(label="Reverse distributor", max_length=120)
    address = forms.CharField(label="Address", max_length=200)
    dea = forms.CharField(label="DEA number", max_length=20)


class RangeForm(forms.Form):
    """From which day to which."""

    since = forms.DateField(label="From", widget=_DAY)
    until = forms.DateField(label="To", widget=_DAY)

    def clean(self) -> dict[str, Any]:
        """A range goes forward."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", "A day not before the first.")
        return cleaned
