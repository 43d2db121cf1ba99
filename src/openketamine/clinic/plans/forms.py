"""What a prescriber may ask for instead of the protocol's own dose."""

from decimal import Decimal
from typing import Any

from django import forms

from openketamine.core.dosing import Protocol


class WishForm(forms.Form):
    """Another dose, or another time; the limits of the protocol hold all the same.

    By weight or as a whole, as the protocol counts; a time only where it is infused.
    """

    use_required_attribute = False

    wish_dose = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_value=Decimal(1000),
        decimal_places=3,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    wish_over = forms.IntegerField(
        label="Over, in min",
        required=False,
        min_value=1,
        max_value=24 * 60,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, plan: Protocol, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.per_kg = plan.per_kg
        bounds, dose = plan.recommended, self.fields["wish_dose"]
        most = (bounds.dose_ug_per_kg if plan.per_kg else None) or bounds.total_ug
        dose.label = "Dose in mg/kg" if plan.per_kg else "Dose in mg"
        dose.help_text = f"The protocol gives at most {most.words}."
        if plan.form != "infusion":
            del self.fields["wish_over"]
        elif bounds.shortest_s is not None:
            self.fields["wish_over"].help_text = f"Not under {bounds.shortest_s.words}."


def wish_fields(form: WishForm) -> dict[str, int]:
    """The wish in µg/kg, or in µg, and seconds; empty where nothing readable was wished."""
    if not form.is_valid():
        return {}
    said = form.cleaned_data
    wish = {}
    if said["wish_dose"]:
        name = "dose_ug_per_kg" if form.per_kg else "dose_ug"
        wish[name] = int(said["wish_dose"] * 1000)
    if said.get("wish_over"):
        wish["over_s"] = said["wish_over"] * 60
    return wish
