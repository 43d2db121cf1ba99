"""What a member of staff does goes into the journal under their name."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff


def put_on_record(
    stream: str, kind: str, body: Mapping[str, Any], by: Staff, now: datetime, *, origin: str
) -> str:
    """One new fact at the end of a stream; its id.

    `origin`: where it was said, or by what proof.
    """
    entry = journal.Entry(str(uuid.uuid4()), kind, body, now, author_of(by), origin=origin)
    return journal.append(stream, [entry], now)[0].id
