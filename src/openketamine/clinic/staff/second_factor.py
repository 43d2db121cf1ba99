"""Where the clinic says so, nobody works without a second factor: first it is set up."""

from collections.abc import Callable
from http import HTTPStatus

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

_SET_UP = "/account/"
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def ask_for_second_factor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: to the page that sets one up, whoever has none and whatever they asked for."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.OPENKETAMINE_SECOND_FACTOR != "required" or not request.user.is_authenticated:
            return get_response(request)
        if request.path.startswith((_SET_UP, settings.STATIC_URL)) or _has_one(request):
            return get_response(request)
        if "application/json" in (request.content_type or ""):
            said = {"error": "First set up your second factor."}
            return JsonResponse(said, status=HTTPStatus.FORBIDDEN)
        return redirect("mfa_index")

    return answer


def has_second_factor(user: object) -> bool:
    """Whether this person has an authenticator app or a key; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=_FACTORS).exists())


def any_passkey() -> bool:
    """Whether anybody in this house has a key: else no form need offer it."""
    return bool(Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists())


def _has_one(request: HttpRequest) -> bool:
    """Looked up once for each sign-in: a factor that is taken away asks for a new proof anyway."""
    if not request.session.get("second_factor") and has_second_factor(request.user):
        request.session["second_factor"] = True
    return bool(request.session.get("second_factor"))
