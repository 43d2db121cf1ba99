"""The whole clinic in one process: the live front, with the pages mounted under it.

Pages run as WSGI in threads, because Django's ASGI handler costs five to ten times as much.
"""

from typing import Any, cast

from a2wsgi import WSGIMiddleware

# First the pages, which also set Django up for the live front.
from openketamine.clinic.site.wsgi import application as pages  # isort: skip
from openketamine.clinic.live.app import live_front

# Two libraries, each with its own words for the same two protocols: hence the casts.
application = live_front(cast("Any", WSGIMiddleware(cast("Any", pages), workers=16)))
