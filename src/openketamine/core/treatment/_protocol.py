"""What the protocol of a session sets itself, where it is one that we know."""

from openketamine.core.dosing import Protocol, protocol, protocols
from openketamine.core.treatment._state import State


def protocol_of(state: State) -> Protocol | None:
    """The protocol of the session; None before it is opened, or where the id is not known here."""
    known = state.opened is not None and state.opened.protocol_id in protocols()
    return protocol(state.opened.protocol_id) if state.opened and known else None
