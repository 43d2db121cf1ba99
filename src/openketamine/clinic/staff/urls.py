"""Addresses about people who work here."""

from django.urls import path

from openketamine.clinic.staff import (
    contact_views,
    passkey_views,
    place_views,
    recovery_views,
    state_views,
    views,
)

urlpatterns = [
    path("staff/", views.staff, name="staff"),
    path("staff/me/", contact_views.me, name="me"),
    path("staff/own/", views.own, name="own-credentials"),
    path("staff/rota/", views.week, name="rota"),
    path("staff/rota/plan/", views.plan, name="rota-plan"),
    path("staff/passkey/ask", passkey_views.passkey_ask, name="passkey-ask"),
    path("staff/passkey/word", passkey_views.passkey_word, name="passkey-word"),
    path("staff/site/", views.choose_site, name="site-choose"),
    path("staff/sites/", place_views.site_list, name="sites"),
    path("staff/sites/open/", place_views.site_open, name="site-open"),
    path("staff/sites/at/<slug:site_id>/", place_views.site_page, name="site"),
    path("staff/sites/at/<slug:site_id>/change/", place_views.site_change, name="site-change"),
    path("staff/sites/at/<slug:site_id>/people/", place_views.site_let_go, name="site-let-go"),
    path("staff/sites/at/<slug:site_id>/close/", place_views.site_close, name="site-close"),
    path("staff/sites/at/<slug:site_id>/token/", place_views.site_token, name="site-token"),
    path("staff/state/", state_views.page, name="state"),
    path("staff/state/confirm/", state_views.confirm, name="state-confirm"),
    path("staff/accounts/", views.account_list, name="accounts"),
    path("staff/accounts/ask/", views.account_ask, name="account-ask"),
    path("staff/accounts/recover/", recovery_views.ask, name="recovery-ask"),
    path(
        "staff/accounts/recover/<uuid:asked_id>/", recovery_views.approve, name="recovery-approve"
    ),
    path("staff/accounts/<uuid:asked_id>/", views.account_approve, name="account-approve"),
    path("staff/export/", views.export, name="audit-export"),
    path("staff/access/", views.access_log, name="access-log"),
    path("staff/<uuid:staff_id>/", views.member, name="member"),
    path("staff/<uuid:staff_id>/hand-in/", views.hand_in_for, name="credential-hand-in"),
    path("staff/<uuid:staff_id>/<uuid:credential_id>/", views.check, name="credential-check"),
]
