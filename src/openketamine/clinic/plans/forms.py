"""What a prescriber may ask for instead of the protocol's own dose."""

from decimal import Decimal

from django import forms


class WishForm(forms.Form):
    """Another dose by weight, or another time; the limits of the protocol hold all the same."""

    use_required_attribute = False

    wish_dose = forms.DecimalField(
        label="Dose in mg/kg",
        required=False,
        min_value=Decimal("0.01"),
        max_value=Decimal(10),
        decimal_places=3,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )
    wish_over = forms.IntegerField(
        label="Over, in min",
        required=False,
        min_value=1,
        max_value=24 * 60,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def wish_fields(form: WishForm) -> dict[str, int]:
    """The wish in µg/kg and seconds; empty where nothing, or nothing readable, was wished."""
    if not form.is_valid():
        return {}
    said = form.cleaned_data
    wish = {}
    if said["wish_dose"]:
        wish["dose_ug_per_kg"] = int(said["wish_dose"] * 1000)
    if said["wish_over"]:
        wish["over_s"] = said["wish_over"] * 60
    return wish
