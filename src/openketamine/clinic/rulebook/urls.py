"""Addresses of the rules. They stand before those of the library, which take any kind and name."""

from django.urls import path

from openketamine.clinic.rulebook import limit_page, views

_RULE = "knowledge/rules/<str:rule_id>"
_LIMIT = f"{_RULE}/limits/<str:limit>"

urlpatterns = [
    path("knowledge/rules/", views.index, name="rules"),
    path("knowledge/decisions/", views.since, name="decisions"),
    path(f"{_RULE}/", views.rule, name="rule"),
    path(f"{_RULE}/uses/", views.rule_uses, name="rule-uses"),
    path(f"{_RULE}/review/", views.review, name="rule-review"),
    path(f"{_LIMIT}/", limit_page.tighten, name="rule-limit"),
    path(f"{_LIMIT}/return/", limit_page.give_back, name="rule-limit-return"),
]
