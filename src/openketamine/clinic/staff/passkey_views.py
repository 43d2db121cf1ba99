"""The two steps of a passkey at a form that asks for a secret."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.staff import passkeys
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.screen import signed_in, source_of
from openketamine.core.findings import BadInput


@require_POST
@allowed("passkey.read")
def passkey_ask(request: HttpRequest) -> JsonResponse:
    """What to show to the key of who is named; nobody named: of who is signed in."""
    return _answer(lambda: passkeys.ask(_username(request, _said(request))))


@require_POST
@allowed("passkey.read")
def passkey_word(request: HttpRequest) -> JsonResponse:
    """What the key said, for a word that is good once, at this screen, for two minutes."""
    return _answer(lambda: {"word": _word(request)})


def _word(request: HttpRequest) -> str:
    said = _said(request)
    credential = said.get("credential")
    if not isinstance(credential, Mapping):
        raise BadInput("credential", "what the key said")
    username, source = _username(request, said), source_of(request)
    return passkeys.word_for(username, credential, source, clock.now())


def _answer(make: Callable[[], dict[str, Any]]) -> JsonResponse:
    try:
        return JsonResponse(make())
    except BadInput as error:
        return JsonResponse({"error": str(error), "field": error.field}, status=400)


def _username(request: HttpRequest, said: Mapping[str, Any]) -> str:
    named = said.get("username")
    return named if isinstance(named, str) and named else signed_in(request).username


def _said(request: HttpRequest) -> Mapping[str, Any]:
    try:
        said = json.loads(request.body)
    except ValueError:
        raise BadInput("body", "JSON") from None
    if not isinstance(said, dict):
        raise BadInput("body", "an object", said)
    return said
