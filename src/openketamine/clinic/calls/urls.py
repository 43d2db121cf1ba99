"""Addresses of calls and walls."""

from django.urls import path

from openketamine.clinic.calls import views

urlpatterns = [
    path("calls/mine", views.mine, name="calls-mine"),
    path("duty/", views.on_duty, name="duty"),
    path("responses/", views.response_times, name="responses"),
    path("walls/", views.wall_list, name="walls"),
    path("walls/<uuid:wall_id>/end/", views.wall_end, name="wall-end"),
    path("wall/", views.wall, name="wall"),
    path("wall/tiles", views.wall_tiles, name="wall-tiles"),
]
