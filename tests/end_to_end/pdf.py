"""As much of PDF as a test needs: how many pages there are."""

import re
import zlib


def pages_of(raw: bytes) -> int:
    """The number of page objects, in the clear or in compressed object streams."""
    found = [raw]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b", part)) for part in found)
