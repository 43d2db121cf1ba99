"""Addresses of stock."""

from django.urls import path

from openketamine.clinic.pharmacy import count_views, packet_views, stock_views, views

urlpatterns = [
    path("vials/", views.vials, name="vials"),
    path("vials/receive/", views.receive, name="vial-receive"),
    path("vials/<uuid:vial_id>/", views.vial, name="vial"),
    path("vials/<uuid:vial_id>/count/", views.count, name="vial-count"),
    *(
        path(f"vials/<uuid:vial_id>/{name}/", view, name=f"vial-{name}")
        for name, view in views.ACT_VIEWS.items()
    ),
    path("stock/counts/", count_views.counts, name="counts"),
    path("stock/counts/new/", count_views.count_new, name="count-new"),
    path("stock/counts/<uuid:sheet_id>/", count_views.count_second, name="count-second"),
    path("stock/differences/", stock_views.differences, name="differences"),
    path("stock/differences/<uuid:case_id>/", stock_views.difference, name="difference"),
    path("stock/sign/<uuid:entry_id>/", stock_views.countersign, name="countersign"),
    path("stock/arrive/<uuid:fact_id>/", stock_views.arrive, name="arrive"),
    path("stock/dispose/", stock_views.dispose, name="dispose"),
    path("stock/packet/", packet_views.packet, name="packet"),
    path("stock/packet/<slug:file_kind>/", packet_views.packet_file, name="packet-file"),
    path("stock/patterns/", packet_views.patterns, name="patterns"),
]
