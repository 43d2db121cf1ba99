"""Addresses of check-ins. What a person at home opens begins with `c/` and names nobody."""

from django.urls import path

from openketamine.clinic.checkins import check_in_views, link_views, own_views, replies, staff_views

urlpatterns = [
    path("c/text-answers/", replies.answered, name="text-answers"),
    path("c/<str:token>/", link_views.begin, name="link"),
    path("c/<str:token>/stop/", own_views.opt_out_by_token, name="link-stop"),
    path("c/l/<uuid:link_id>/", link_views.language, name="link-language"),
    path("c/i/<uuid:link_id>/", check_in_views.check_in, name="check-in"),
    path("c/i/<uuid:link_id>/pause/", check_in_views.pause, name="check-in-pause"),
    path("c/i/<uuid:link_id>/stop/", own_views.opt_out, name="opt-out"),
    path("c/o/<uuid:link_id>/", own_views.own, name="own"),
    path("check-ins/missing/", staff_views.missing, name="check-ins-missing"),
    path("people/<uuid:person_id>/check-ins/", staff_views.person, name="person-check-ins"),
    path("people/<uuid:person_id>/check-ins/contact/", staff_views.contact, name="person-contact"),
    path("people/<uuid:person_id>/check-ins/visit/", staff_views.visit, name="person-visit"),
    path("people/<uuid:person_id>/check-ins/send/", staff_views.send_now, name="person-send-now"),
]
