"""What was wrong with what somebody filled in, said beside the field that it is about."""

from collections.abc import Callable

from django.forms import BaseForm

from openketamine.core.findings import BadInput


def sentence(error: BadInput) -> str:
    """What is wrong, for a place beside the field that it is about."""
    said = str(error).removeprefix(f"{error.field}: ")
    return f"{said[:1].upper()}{said[1:]}."


def put_beside(form: BaseForm, error: BadInput) -> None:
    """Into the form, at the field where it has one of that name."""
    form.add_error(error.field if error.field in form.fields else None, sentence(error))


def done(form: BaseForm, act: Callable[[], object]) -> bool:
    """Whether the form was right and the act was done; what was wrong stands in the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except BadInput as error:
        put_beside(form, error)
        return False
    return True
