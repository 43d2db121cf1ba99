"""The time zone that this machine keeps, by its name."""

import os
from pathlib import Path
from zoneinfo import available_timezones

_LINK = Path("/etc/localtime")


def machine_zone() -> str:
    """The IANA name out of TZ or of where /etc/localtime leads; UTC where neither says one."""
    led_to = str(_LINK.resolve()).partition("zoneinfo/")[2] if _LINK.is_symlink() else ""
    for name in (os.environ.get("TZ", ""), led_to):
        if name in available_timezones():
            return name
    return "UTC"
