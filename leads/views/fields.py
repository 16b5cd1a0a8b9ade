"""The organisation's own fields."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Motion, User
from accounts.views.answers import back_to
from crm.core import formats, policy
from crm.core.doors import page
from leads.forms.settings import FieldForm, NewFieldForm
from leads.models import CustomField
from leads.policies import MANAGE_SALES_SETTINGS, VIEW_SALES_SETTINGS
from leads.services import custom as services
from leads.views.catalogue import Catalogue, FormPage, Row, Section, order_answer, put_in_order

HOLDERS = ("lead", "company", "contact", "deal")


@page(act=VIEW_SALES_SETTINGS)
def fields(request: HttpRequest) -> HttpResponse:
    """What the organisation notes beside what Tandem knows."""
    return Catalogue(
        title=_("Own fields"),
        intro=_("What you note beside what Tandem knows: in pages, lists, filters, files and the API at once."),
        sections=[_section(request, holder) for holder in HOLDERS],
        add_url=reverse("sales:new_field") if _may(request) else "",
        add_label=_("New field"),
    ).answer(request)


def _section(request: HttpRequest, holder: str) -> Section:
    may = _may(request)
    rows = list(CustomField.objects.visible_to(_actor(request)).filter(holder=holder))
    return Section(
        key=holder,
        title=CustomField.Holder(holder).label,
        columns=[_("Name"), _("Kind"), _("Rules")],
        rows=[_row(field, may) for field in rows if field.is_active],
        put_away=[_row(field, may) for field in rows if not field.is_active],
        empty=_("No field of your own."),
        order_url=reverse("sales:order_fields", args=[holder]) if may else "",
        add_url=f"{reverse('sales:new_field')}?holder={holder}" if may else "",
        add_label=_("Add one"),
    )


def _row(field: CustomField, may: bool) -> Row:
    motions = [str(Motion(motion).label) for motion in field.motions]
    rules = [
        *([_("required")] if field.is_required else []),
        *([_("unique")] if field.is_unique else []),
        *(
            [_("default %(value)s") % {"value": services.shown(field, field.default)}]
            if field.default is not None
            else []
        ),
        *([_("only %(motions)s") % {"motions": ", ".join(motions)}] if motions else []),
    ]
    return Row(
        id=field.pk,
        name=field.label,
        note=field.key,
        url=reverse("sales:field", args=[field.pk]) if may else "",
        again=reverse("sales:use_field_again", args=[field.pk]) if may else "",
        cells=((_("Kind"), field.get_kind_display()), (_("Rules"), ", ".join(rules))),
    )


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def order_fields(request: HttpRequest, holder: str) -> HttpResponse:
    if holder not in HOLDERS:
        raise Http404
    present = [row.id for row in _section(request, holder).rows]
    put_in_order(request, present, lambda pk, to: services.move(actor=_actor(request), field_id=pk, to=to))
    if request.htmx:  # type: ignore[attr-defined]
        return order_answer(request, _section(request, holder))
    return redirect("sales:fields")


@page(act=MANAGE_SALES_SETTINGS)
def new_field(request: HttpRequest) -> HttpResponse:
    form = NewFieldForm(request.POST or None, initial={"holder": request.GET.get("holder", "lead")})
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: services.define_field(actor=_actor(request), **form.values()))
        if made:
            return back_to(request, "sales:fields", _("%(name)s made.") % {"name": made.label})
    title, save = _("New field"), _("Add the field")
    return FormPage(title, form, _("Own fields"), reverse("sales:fields"), save).answer(request)


@page(act=MANAGE_SALES_SETTINGS)
def field(request: HttpRequest, field_id: UUID) -> HttpResponse:
    """One field; its kind, key and holder stand."""
    row: CustomField = policy.get_visible(CustomField.objects.all(), _actor(request), pk=field_id)
    form = FieldForm(request.POST or None, record=row)
    if request.method == "POST" and form.is_valid():
        values, version = form.values(), form.expected_version
        write = partial(services.change_field, actor=_actor(request), field_id=row.pk)
        if form.carry_out(lambda: write(changes=values, expected_version=version)):
            return back_to(request, "sales:fields", _("%(name)s saved.") % {"name": values["label"]})
    use = {"put_away": "sales:put_field_away"} if row.is_active else {"again": "sales:use_field_again"}
    urls: Any = {name: reverse(view, args=[row.pk]) for name, view in use.items()}
    facts = [
        (_("On"), row.get_holder_display()),
        (_("Kind"), row.get_kind_display()),
        (_("Key"), row.key),
        (_("Records with a value"), formats.number(services.used_by(row))),
    ]
    back = reverse("sales:fields")
    return FormPage(row.label, form, _("Own fields"), back, _("Save"), facts=facts, **urls).answer(request)


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def put_field_away(request: HttpRequest, field_id: UUID) -> HttpResponse:
    row = services.put_away_field(actor=_actor(request), field_id=field_id)
    undo = reverse("sales:use_field_again", args=[row.pk])
    return back_to(request, "sales:fields", _("%(name)s put away.") % {"name": row.label}, undo=undo)


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def use_field_again(request: HttpRequest, field_id: UUID) -> HttpResponse:
    row = services.use_field_again(actor=_actor(request), field_id=field_id)
    return back_to(request, "sales:fields", _("%(name)s is in use again.") % {"name": row.label})


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _may(request: HttpRequest) -> bool:
    return policy.may(_actor(request), MANAGE_SALES_SETTINGS)
