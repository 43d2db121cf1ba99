"""A member of staff as the author of a fact."""

from openketamine.clinic.staff.models import Staff
from openketamine.core.treatment import Author


def author_of(user: Staff) -> Author:
    """Who they are and the role that they act in, as it goes into the journal."""
    return Author(id=str(user.pk), name=user.display_name, role=user.role)
