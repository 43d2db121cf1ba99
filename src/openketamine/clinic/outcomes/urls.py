"""Addresses of the course and of tasks."""

from django.urls import path

from openketamine.clinic.outcomes import views

urlpatterns = [
    path("people/<uuid:person_id>/course/", views.course, name="course"),
    path("people/<uuid:person_id>/course/open/", views.open_course, name="course-open"),
    path("people/<uuid:person_id>/course/end/", views.end_course, name="course-end"),
    path("people/<uuid:person_id>/course/check/", views.check_done, name="course-check"),
    path("people/<uuid:person_id>/course/event/", views.event, name="course-event"),
    path(
        "people/<uuid:person_id>/course/facts/<uuid:fact_id>/strike/",
        views.strike,
        name="course-strike",
    ),
    path("people/<uuid:person_id>/course/score/<slug:name>/", views.score, name="course-score"),
    path("tasks/", views.task_list, name="tasks"),
    path("tasks/<uuid:task_id>/take/", views.task_take, name="task-take"),
    path("tasks/<uuid:task_id>/close/", views.task_close, name="task-close"),
]
