"""Forms about stock: what a label says, what somebody measured, who watched."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from openketamine.clinic.pharmacy.commands import STEPS
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff.models import Site
from openketamine.knowledge import document

DAY = forms.DateInput(attrs={"type": "date"})


def thousandths(amount: Decimal | None, what: str) -> int:
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


class PerhapsWitnessed(WitnessForm):
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


class _OfContainer(forms.Form):
    """A volume of a vial, or pieces of a pack: whichever does not apply is not asked."""

    def __init__(self, *args: Any, vial: Vial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["volume_ml" if vial.is_pack else "pieces"]

    def stock(self) -> int:
        """Whole microlitres, or pieces."""
        said = self.cleaned_data
        return said["pieces"] if "pieces" in said else thousandths(said["volume_ml"], "Volume")


class AmountForm(_OfContainer, PerhapsWitnessed):
    """What somebody measured in a container, before a second person where there is one."""

    field_order = ("volume_ml", "pieces", "note")

    volume_ml = forms.DecimalField(
        label="Measured volume, mL", min_value=0, max_value=1000, decimal_places=3
    )
    pieces = forms.IntegerField(label="Pieces counted", min_value=0, max_value=10_000)
    note = forms.CharField(label="Note", max_length=200, required=False)


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


class SpillForm(_OfContainer, WitnessForm):
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


class OverfillForm(WitnessForm):
    """More in the vial than its label says."""

    field_order = ("volume_ml",)
    volume_ml = forms.DecimalField(
        label="More than the label says, mL", min_value=Decimal("0.001"), max_value=10,
        decimal_places=3,
    )  # fmt: skip

    def stock(self) -> int:
        """Whole microlitres."""
        return thousandths(self.cleaned_data["volume_ml"], "Volume")


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
            else thousandths(self.cleaned_data[str(one.pk)], "Volume")
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
    on = forms.DateField(label="On", widget=DAY)

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

    since = forms.DateField(label="From", widget=DAY)
    until = forms.DateField(label="To", widget=DAY)

    def clean(self) -> dict[str, Any]:
        """A range goes forward."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", "A day not before the first.")
        return cleaned
