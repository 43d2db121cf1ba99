"""Addresses about people who work here."""

from django.urls import path

from openketamine.clinic.staff import contact_views, passkey_views, state_views, views

urlpatterns = [
    path("staff/", views.staff, name="staff"),
    path("staff/me/", contact_views.me, name="me"),
    path("staff/own/", views.own, name="own-credentials"),
    path("staff/rota/", views.week, name="rota"),
    path("staff/rota/plan/", views.plan, name="rota-plan"),
    path("staff/passkey/ask", passkey_views.passkey_ask, name="passkey-ask"),
    path("staff/passkey/word", passkey_views.passkey_word, name="passkey-word"),
    path("staff/site/", views.choose_site, name="site-choose"),
    path("staff/state/", state_views.page, name="state"),
    path("staff/state/confirm/", state_views.confirm, name="state-confirm"),
    path("staff/accounts/", views.account_list, name="accounts"),
    path("staff/accounts/ask/", views.account_ask, name="account-ask"),
    path("staff/accounts/<uuid:asked_id>/", views.account_approve, name="account-approve"),
    path("staff/export/", views.export, name="audit-export"),
    path("staff/access/", views.access_log, name="access-log"),
    path("staff/<uuid:staff_id>/", views.member, name="member"),
    path("staff/<uuid:staff_id>/hand-in/", views.hand_in_for, name="credential-hand-in"),
    path("staff/<uuid:staff_id>/<uuid:credential_id>/", views.check, name="credential-check"),
]
