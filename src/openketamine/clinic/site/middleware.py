"""Headers that every answer carries."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)

_SIGN_OUT = "/account/logout/"
# Addresses that open without a password. A page there asks for its style sheet, and would name
# itself doing so: whoever writes down such requests (a proxy does) would write down the key. Its
# forms must still say where they come from, so that "no-referrer" would break them.
_AT_HOME, _ONLY_WHICH_HOUSE = "/c/", "strict-origin"
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def programs_speak_tls(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A person who types an address is led to TLS; a program that speaks without it is told so.

    Led on, it would send its next secret in the clear too, and nobody would ever see the mistake.
    Pages end with a slash, what programs ask for does not.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if plain and not request.path.endswith("/"):
            return JsonResponse({"error": "Only over TLS."}, status=HTTPStatus.FORBIDDEN)
        return get_response(request)

    return answer


def security_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """No inline script or style, no framing; and no page with a person on it in a shared cache."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path.startswith(_AT_HOME):
            response.headers.setdefault("Referrer-Policy", _ONLY_WHICH_HOUSE)
        if request.path == _SIGN_OUT and request.method == "POST":
            # Not "storage": what was charted without a link waits there until it is sent.
            response.headers["Clear-Site-Data"] = '"cache"'
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer
