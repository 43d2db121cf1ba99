"""People who work here: what they show, when they work, their accounts; who looked at what."""

import csv
import io
from datetime import datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.journal.export import streams_of_the_house, write_export
from openketamine.clinic.journal.models import Access
from openketamine.clinic.staff import accounts, credentials, recovery, rota, sites
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.bulk import many_read
from openketamine.clinic.staff.faults import done
from openketamine.clinic.staff.forms import (
    AccessForm,
    ApproveForm,
    AskForm,
    CardForm,
    CheckForm,
    RecoverForm,
    ShiftForm,
    SiteForm,
)
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import ROLES, can
from openketamine.clinic.staff.screen import own_proof, signed_in
from openketamine.clinic.staff.standing import standing, warnings
from openketamine.clinic.staff.turns import in_turn
from openketamine.clinic.staff.whose import looks_here

_MOST_ROWS = 500


@require_GET
@allowed("staff.read")
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody with how their certificates stand, and what ends soon."""
    now = clock.now()
    people = Staff.colleagues.filter(is_active=True).order_by("display_name")
    found = [standing(one, now) for one in people]
    lacking = sum(any(line.needed and line.card is None for line in one.lines) for one in found)
    context = {
        "people": found,
        "warnings": warnings(found),
        "roles": ROLES,
        "many_read": many_read(now),
        "lacking": 0 if settings.OPENKETAMINE_CREDENTIALS == "required" else lacking,
    }
    return render(request, "staff/staff.html", context)


@require_GET
@allowed("staff.read")
def member(request: HttpRequest, staff_id: UUID) -> HttpResponse:
    """One person's certificates."""
    return _member_page(request, _find(staff_id))


@require_POST
@allowed("credentials.check")
def hand_in_for(request: HttpRequest, staff_id: UUID) -> HttpResponse:
    """Copied off a card by who keeps them."""
    return _hand_in(request, _find(staff_id))


@require_POST
@allowed("credentials.check")
def check(request: HttpRequest, staff_id: UUID, credential_id: UUID) -> HttpResponse:
    """Held against who issued it, or withdrawn. Never one's own."""
    whose, form, now = _find(staff_id), CheckForm(request.POST), clock.now()

    def act() -> None:
        said = form.cleaned_data
        run = credentials.check if said["what"] == "check" else credentials.withdraw
        run(whose, str(credential_id), said["words"], signed_in(request), now)

    if done(form, act):
        return redirect("member", whose.pk)
    messages.error(request, faults(form))
    return _member_page(request, whose, status=400)


@allowed("credentials.own")
def own(request: HttpRequest) -> HttpResponse:
    """The own certificates; a new one is handed in here."""
    who = signed_in(request)
    return _hand_in(request, who) if request.method == "POST" else _member_page(request, who)


@require_GET
@allowed("rota.read")
def week(request: HttpRequest) -> HttpResponse:
    """Who works when in the next seven days, and what is lacking."""
    return _week_page(request)


@require_POST
@allowed("rota.plan")
def plan(request: HttpRequest) -> HttpResponse:
    """Somebody works then, or does not after all."""
    form, now = ShiftForm(request.POST), clock.now()

    def act() -> None:
        said = form.cleaned_data
        run = rota.plan if said["works"] == "yes" else rota.unplan
        run(said["person"], said["day"], said["shift"], signed_in(request), now)

    if done(form, act):
        return redirect("rota")
    return _week_page(request, form, status=400)


@require_POST
@allowed("site.read")
def choose_site(request: HttpRequest) -> HttpResponse:
    """Where somebody who works at several sites is now; nothing chosen: at all of them."""
    form, own = SiteForm(request.POST), sites.sites_of(request.user) or frozenset()
    wanted = form.cleaned_data["site"] if form.is_valid() else ""
    request.session[sites.CHOSEN] = wanted if wanted in own else ""
    return redirect("home")


@require_GET
@allowed("account.read")
def account_list(request: HttpRequest) -> HttpResponse:
    """Every account, and what waits for a second person."""
    return accounts_page(request)


@require_POST
@allowed("account.ask")
def account_ask(request: HttpRequest) -> HttpResponse:
    """Ask for a change, or close an account at once."""
    form, now = AskForm(request.POST), clock.now()

    def act() -> None:
        said = form.cleaned_data
        if said["what"] == "close":
            accounts.close(said["person"], said["reason"], signed_in(request), now)
        else:
            asked = (said["person"], said["role"], said["ends"], said["reason"])
            accounts.ask(*asked, signed_in(request), now, form.chosen_sites())

    if done(form, act):
        return redirect("accounts")
    return accounts_page(request, form, status=400)


@require_POST
@allowed("account.approve")
def account_approve(request: HttpRequest, asked_id: UUID) -> HttpResponse:
    """The second person, with their own secret."""
    form, now = ApproveForm(request.POST), clock.now()

    def act() -> None:
        proof = own_proof(request, form.cleaned_data, now)
        run = accounts.approve if form.cleaned_data["verdict"] == "approve" else accounts.decline
        run(str(asked_id), proof, now)

    if done(form, act):
        return redirect("accounts")
    messages.error(request, faults(form))
    return accounts_page(request, status=400)


@require_GET
@allowed("audit.read")
def access_log(request: HttpRequest) -> HttpResponse:
    """Who read what and who was refused, as a page or as a file."""
    form = AccessForm(request.GET)
    rows = _accesses(form) if form.is_valid() else Access.objects.none()
    if request.GET.get("as") == "csv":
        return _as_csv(rows)
    context = {
        "form": form,
        "rows": rows[:_MOST_ROWS],
        "count": rows.count(),
        "most": _MOST_ROWS,
        "many_read": many_read(clock.now()),
        "many": settings.OPENKETAMINE_MANY_RECORDS,
    }
    return render(request, "staff/access.html", context)


@require_GET
@allowed("audit.read")
@in_turn
def export(request: HttpRequest) -> HttpResponse:
    """The journal of the house as files, with the program that verifies them anywhere."""
    if (own := sites.sites_of(request.user)) is not None and own != sites.all_of_the_house():
        why = (
            "The journal of the house is of all its sites. Ask somebody who works at each of them."
        )
        return render(request, "403.html", {"why": why}, status=403)
    now = clock.now()
    made = io.BytesIO()
    fingerprint = write_export(made, streams_of_the_house(), now)
    record_access(request.user, None, f"audit.export · heads {fingerprint}", now)
    made.seek(0)
    # A FileResponse is one in all but its type.
    answer: Any = FileResponse(made, as_attachment=True, filename="journal.zip")
    answer.headers["X-Heads-SHA256"] = fingerprint
    return cast("HttpResponse", answer)


def _accesses(form: AccessForm) -> Any:
    rows = looks_here(Access.objects.order_by("-at", "-id"))
    since, until = form.days()
    if since:
        rows = rows.filter(at__gte=timezone.make_aware(datetime.combine(since, time(0))))
    if until:
        after = datetime.combine(until + timedelta(days=1), time(0))
        rows = rows.filter(at__lt=timezone.make_aware(after))
    if form.cleaned_data["who"]:
        rows = rows.filter(by_name__icontains=form.cleaned_data["who"])
    return rows.filter(refused=True) if form.cleaned_data["refused"] else rows


def _as_csv(rows: Any) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="access.csv"'
    lines = csv.writer(answer)
    lines.writerow(["at", "by", "role", "what", "person", "refused", "source"])
    for one in rows.iterator(chunk_size=2000):
        whose = one.person_id or ""
        cells = (one.by_name, one.by_role, one.what, whose, one.refused, one.source)
        lines.writerow([one.at.isoformat(), *(_cell(cell) for cell in cells)])
    return answer


def _cell(value: object) -> str:
    """A cell that a spreadsheet takes for text: one that begins with = runs there."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _hand_in(request: HttpRequest, whose: Staff) -> HttpResponse:
    form, now = CardForm(request.POST, request.FILES), clock.now()
    if done(form, lambda: credentials.record(whose, form.card(), signed_in(request), now)):
        messages.success(request, "It is on record. Somebody else checks it with who issued it.")
        is_own = whose.pk == signed_in(request).pk and not can(request.user, "staff.read")
        return redirect("own-credentials") if is_own else redirect("member", whose.pk)
    return _member_page(request, whose, form, status=400)


def _member_page(
    request: HttpRequest, whose: Staff, form: CardForm | None = None, status: int = 200
) -> HttpResponse:
    who = signed_in(request)
    is_own = whose.pk == who.pk
    keeps = can(who, "credentials.check").ok
    context = {
        "whose": whose,
        "role": ROLES[whose.role],
        "standing": standing(whose, clock.now()),
        "held": credentials.held(whose),
        "types": credentials.types(),
        "form": (form or CardForm()) if keeps or is_own else None,
        "post_to": "" if is_own and not keeps else f"/staff/{whose.pk}/hand-in/",
        "check_form": CheckForm() if keeps and not is_own else None,
        "is_own": is_own,
    }
    return render(request, "staff/member.html", context, status=status)


def _week_page(
    request: HttpRequest, form: ShiftForm | None = None, status: int = 200
) -> HttpResponse:
    shown = (form or ShiftForm()) if can(request.user, "rota.plan") else None
    context = {"shifts": rota.week(clock.now()), "form": shown}
    return render(request, "staff/rota.html", context, status=status)


def accounts_page(
    request: HttpRequest,
    form: AskForm | None = None,
    status: int = 200,
    recover_form: RecoverForm | None = None,
) -> HttpResponse:
    """Every account, what waits for a second person, and the forms that this reader may use."""
    people = Staff.colleagues.order_by("-is_active", "display_name")
    names = {str(one.pk): one.display_name for one in people}
    asked = [
        {"asked": one, "whose": names.get(one.staff_id, ""), "role": ROLES.get(one.role, one.role)}
        for one in accounts.waiting()
    ]
    asks = can(request.user, "account.ask").ok
    context = {
        "people": [(one, ROLES[one.role]) for one in people],
        "asked": asked,
        "recoveries": [
            (one, names[one.staff_id]) for one in recovery.waiting() if one.staff_id in names
        ],
        "form": (form or AskForm()) if asks else None,
        "recover_form": (recover_form or RecoverForm()) if asks else None,
        "approve_form": ApproveForm() if can(request.user, "account.approve") else None,
    }
    return render(request, "staff/accounts.html", context, status=status)


def faults(form: Form) -> str:
    """What is wrong with a form, in one line."""
    return " ".join(str(errors[0]) for errors in form.errors.values())


def _find(staff_id: UUID) -> Staff:
    found = Staff.objects.filter(pk=staff_id).first()
    if found is None:
        raise Http404("Nobody of that id works here.")
    return found
