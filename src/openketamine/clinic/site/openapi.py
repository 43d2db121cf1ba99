"""Every address of the clinic as an OpenAPI 3.1 document, made from the table of addresses itself.

So it cannot be out of date: what it says of an address is what Django knows of it (path, arguments,
methods), which task of the table of roles guards it, and which answers there are here at all. What
a form or a command takes is said by the page or the command, not here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import (
    IntConverter,
    PathConverter,
    SlugConverter,
    StringConverter,
    UUIDConverter,
)
from django.views.decorators.http import require_GET

from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.roles import ROLES, TASKS

_ARGUMENTS: Mapping[type, dict[str, Any]] = {
    UUIDConverter: {"type": "string", "format": "uuid"},
    SlugConverter: {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    IntConverter: {"type": "integer", "minimum": 0},
    PathConverter: {"type": "string", "minLength": 1},
    StringConverter: {"type": "string", "pattern": "^[^/]+$"},
}
_ANSWERS: Mapping[str, str] = {
    "200": "done, or the page",
    "302": "done, or please sign in: the page to go on with is in Location",
    "400": "one sentence on what was wrong, beside the field that it is about",
    "401": "nobody is signed in",
    "403": "the role, a certificate or the site does not allow it: every reason",
    "404": "there is no such thing",
    "405": "not with this method",
    "409": "the id stands for something else already, or something was added that was not seen",
    "429": "two files are being made already: again in a minute",
    "422": "a clinical no, complete, with its findings and their sources",
}
_SAFE, _WRITING = ("GET", "HEAD"), ("POST",)


@require_GET
@allowed("knowledge.read")
def openapi(_request: HttpRequest) -> JsonResponse:
    """The document, for a program that speaks to this clinic."""
    return JsonResponse(document())


def document() -> dict[str, Any]:
    """The document itself."""
    paths: dict[str, Any] = {}
    for pattern, path in addresses():
        paths[path] = {
            method.lower(): _operation(pattern, path, method)
            for method in methods(pattern.callback)
            if method != "HEAD"
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenKetamine, the clinic",
            "version": "1",
            "description": "Sign-in is a session cookie; what writes carries X-CSRFToken.",
        },
        "paths": paths,
    }


def addresses(
    resolver: URLResolver | None = None, before: str = "/"
) -> Iterator[tuple[URLPattern, str]]:
    """Every address of our own (sign-in is allauth's), as OpenAPI writes one."""
    for one in (resolver or get_resolver()).url_patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one, path)
        elif not path.startswith("/account/"):
            for name, converter in one.pattern.converters.items():
                written = next(f"<{word}:{name}>" for word in _words(converter, path, name))
                path = path.replace(written, f"{{{name}}}")
            yield one, path


def methods(view: Callable[..., Any] | None) -> tuple[str, ...]:
    """What a view says that it takes (`require_POST`); both where it says nothing."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            if isinstance(cell.cell_contents, (list, tuple)) and set(cell.cell_contents) <= {
                *_SAFE,
                *_WRITING,
            }:
                return tuple(cell.cell_contents)
        view = getattr(view, "__wrapped__", None)
    return ("GET", "POST")


def _words(converter: object, path: str, name: str) -> Iterator[str]:
    for word in ("uuid", "slug", "int", "path", "str"):
        if f"<{word}:{name}>" in path:
            yield word
    if f"<{name}>" in path:
        raise ValueError(f"{path}: {name} has no kind ({type(converter).__name__})")


def _operation(pattern: URLPattern, path: str, method: str) -> dict[str, Any]:
    view = pattern.callback
    task = getattr(view, "openketamine_task", "")
    made: dict[str, Any] = {
        "operationId": f"{method.lower()}-{pattern.name}",
        "summary": " ".join((view.__doc__ or "").split("\n\n")[0].split()),
        "tags": [path.strip("/").partition("/")[0] or "board"],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _ARGUMENTS[type(converter)]}
            for name, converter in pattern.pattern.converters.items()
        ],
        "responses": {code: {"description": words} for code, words in _ANSWERS.items()},
    }
    if task:
        made["x-task"] = task
        made["x-roles"] = [role for role in ROLES if role in TASKS[task]]
    if method == "POST":
        # A page is sent its form, everything else JSON.
        kind = "application/x-www-form-urlencoded" if path.endswith("/") else "application/json"
        made["requestBody"] = {"content": {kind: {"schema": {"type": "object"}}}}
    return made
