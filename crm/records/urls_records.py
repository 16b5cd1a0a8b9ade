"""Addresses of lists and records, in the namespace ``records``; the same for all four kinds."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.records import views_board, views_lists, views_pages, views_records, views_referrals
from crm.records.lists.offered import COMPANIES, CONTACTS, DEALS, LEADS
from crm.records.lists.spec import ListSpec
from crm.records.views_bulk import bulk_page

PAGES = {
    "lead": views_pages.lead,
    "company": views_pages.company,
    "contact": views_pages.contact,
    "deal": views_pages.deal,
}
SHAPES = {"deals": {views_board.BOARD: views_board.board}}


def _of(spec: ListSpec) -> list[URLPattern]:
    many, one = spec.key, spec.holder
    return [
        path(f"{many}/", views_lists.list_page(spec, SHAPES.get(many)), name=many),
        path(f"{many}/filters", views_lists.filters_page(spec), name=f"{many}-filters"),
        path(f"{many}/columns", views_lists.columns_page(spec), name=f"{many}-columns"),
        path(f"{many}/keep", views_lists.keep_view_page(spec), name=f"{many}-keep"),
        path(f"{many}/bulk", bulk_page(spec), name=f"{many}-bulk"),
        path(f"{many}/pick", views_records.pick_page(spec), name=f"pick-{one}"),
        path(f"{many}/<uuid:record_id>", PAGES[one], name=one),
        path(f"{many}/<uuid:record_id>/timeline", views_records.timeline_page(spec), name=f"{one}-timeline"),
        path(f"{many}/<uuid:record_id>/facts/<str:key>", views_records.fact_page(spec), name=f"{one}-fact"),
        path(f"{many}/<uuid:record_id>/acts/<str:key>", views_records.act_page(spec), name=f"{one}-act"),
        path(f"{many}/<uuid:record_id>/parts/<str:key>", views_records.part_page(spec), name=f"{one}-part"),
    ]


urlpatterns = [
    *_of(LEADS),
    *_of(COMPANIES),
    *_of(CONTACTS),
    *_of(DEALS),
    path("companies/new", views_records.new_page(COMPANIES, views_pages.make_company), name="company-new"),
    path("contacts/new", views_records.new_page(CONTACTS, views_pages.make_contact), name="contact-new"),
    path("deals/new", views_records.new_page(DEALS, views_pages.make_deal), name="deal-new"),
    path("contacts/<uuid:record_id>/consent", views_pages.consent, name="contact-consent"),
    path("contacts/<uuid:record_id>/referrals", views_referrals.referrals, name="referrals"),
    path("contacts/<uuid:record_id>/referrals/new", views_referrals.new_referral, name="new-referral"),
    path("contacts/<uuid:record_id>/referrals/<uuid:link_id>", views_referrals.referral, name="referral"),
    path("deals/<uuid:record_id>/move", views_board.move, name="deal-move"),
    path("views/<uuid:view_id>/delete", views_lists.delete_view, name="delete-view"),
    path("undo/<str:word>", views_lists.take_back, name="undo"),
]
