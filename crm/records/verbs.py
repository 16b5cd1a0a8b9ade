"""What can be done with a record, by a button on its page or for many rows of a list at once; and the way back from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.models import User
from crm.core import policy
from crm.core.models import BaseModel
from crm.records import undo
from crm.records.facts import Fact, FactForm, as_json, fact_of, save
from crm.records.forms import (
    AssignForm,
    DisqualifyForm,
    ForbidForm,
    LoseForm,
    QualifyForm,
    ReaderForm,
    WinForm,
)
from crm.records.lists.offered import HOLDERS
from crm.records.lists.spec import ListSpec
from crm.records.undo import Step
from leads import policies as acts
from leads.models import Contact, Deal, Lead, SavedView
from leads.services import contacts, deals, views
from leads.services import leads as services

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Verb:
    """``run`` carries it out on one record and answers the step that takes it back, or None where nothing does.

    ``done`` is said with ``%(name)s``; ``form`` asks what is needed first; ``offered`` says whether it makes sense now.
    """

    key: str
    label: Text
    done: Text
    act: str
    run: Callable[[User, Any, Any], Step | None]
    icon: str = ""
    letter: str = ""
    form: type[ReaderForm] | None = None
    offered: Callable[[Any], bool] = lambda _record: True
    for_many: bool = False
    is_next: Callable[[Any], bool] = lambda _record: False


def _back(name: str, record: BaseModel, **facts: Any) -> Step:
    return Step(name, str(record.pk), record.version, facts)


# --- Leads ----------------------------------------------------------------------------------------------------------------------


def _attempt(actor: User, lead: Lead, form: Any) -> None:
    services.attempt_lead(actor=actor, lead_id=lead.pk)


def _connect(actor: User, lead: Lead, form: Any) -> None:
    services.connect_lead(actor=actor, lead_id=lead.pk)


def _qualify(actor: User, lead: Lead, form: QualifyForm) -> Step | None:
    deal = form.deal()
    was = lead.status
    done = services.qualify_lead(actor=actor, lead_id=lead.pk, deal=deal)
    return _back("lead.reopen", done, status=was) if deal is None else None


def _disqualify(actor: User, lead: Lead, form: DisqualifyForm) -> Step:
    given, was = form.cleaned_data, lead.status
    done = services.disqualify_lead(actor=actor, lead_id=lead.pk, reason_id=given["reason"].pk, note=given["note"])
    return _back("lead.reopen", done, status=was)


def _reopen(actor: User, lead: Lead, form: Any) -> None:
    services.reopen_lead(actor=actor, lead_id=lead.pk)


def _assign(actor: User, lead: Lead, form: AssignForm) -> Step:
    owner, was = form.cleaned_data["owner"], lead.owner_id
    done = services.assign_lead(actor=actor, lead_id=lead.pk, owner_id=owner.pk if owner else None)
    return _back("lead.assign", done, owner=str(was) if was else None)


@undo.step("lead.reopen")
def _reopened(*, actor: User, pk: UUID, version: int, status: str) -> None:
    services.reopen_lead(actor=actor, lead_id=pk, status=status, expected_version=version)


@undo.step("lead.assign")
def _assigned_back(*, actor: User, pk: UUID, version: int, owner: str | None) -> None:
    services.assign_lead(actor=actor, lead_id=pk, owner_id=UUID(owner) if owner else None, expected_version=version)


LEAD = (
    Verb(
        key="attempt",
        label=gettext_lazy("Tried to reach"),
        done=gettext_lazy("%(name)s: tried to reach."),
        act=acts.WRITE_LEADS,
        run=_attempt,
        icon="phone",
        letter="a",
        offered=lambda lead: lead.status == Lead.Status.NEW,
        is_next=lambda lead: lead.status == Lead.Status.NEW,
    ),
    Verb(
        key="connect",
        label=gettext_lazy("Spoke with them"),
        done=gettext_lazy("%(name)s: connected."),
        act=acts.WRITE_LEADS,
        run=_connect,
        icon="message",
        letter="c",
        offered=lambda lead: lead.status in (Lead.Status.NEW, Lead.Status.ATTEMPTING),
        is_next=lambda lead: lead.status == Lead.Status.ATTEMPTING,
    ),
    Verb(
        key="qualify",
        label=gettext_lazy("Qualify"),
        done=gettext_lazy("%(name)s: qualified."),
        act=acts.WRITE_LEADS,
        run=_qualify,
        form=QualifyForm,
        icon="ok",
        letter="q",
        offered=lambda lead: lead.is_open,
        is_next=lambda lead: lead.status == Lead.Status.CONNECTED,
    ),
    Verb(
        key="disqualify",
        label=gettext_lazy("Disqualify"),
        done=gettext_lazy("%(name)s: disqualified."),
        act=acts.WRITE_LEADS,
        run=_disqualify,
        form=DisqualifyForm,
        icon="close",
        letter="d",
        offered=lambda lead: lead.is_open,
        for_many=True,
    ),
    Verb(
        key="reopen",
        label=gettext_lazy("Reopen"),
        done=gettext_lazy("%(name)s: open again."),
        act=acts.WRITE_LEADS,
        run=_reopen,
        icon="refresh",
        letter="o",
        offered=lambda lead: not lead.is_open,
    ),
    Verb(
        key="assign",
        label=gettext_lazy("Assign"),
        done=gettext_lazy("%(name)s: assigned."),
        act=acts.ASSIGN_LEADS,
        run=_assign,
        form=AssignForm,
        icon="person",
        letter="s",
        for_many=True,
    ),
)

# --- Deals ----------------------------------------------------------------------------------------------------------------------


def _win(actor: User, deal: Deal, form: WinForm) -> Step:
    given = form.cleaned_data
    day: date | None = given["closed_on"]
    reason = given["reason"].pk if given["reason"] else None
    return _back("deal.reopen", deals.win_deal(actor=actor, deal_id=deal.pk, reason_id=reason, closed_on=day))


def _lose(actor: User, deal: Deal, form: LoseForm) -> Step:
    given = form.cleaned_data
    done = deals.lose_deal(actor=actor, deal_id=deal.pk, reason_id=given["reason"].pk, competitor=given["competitor"])
    return _back("deal.reopen", done)


def _reopen_deal(actor: User, deal: Deal, form: Any) -> None:
    deals.reopen_deal(actor=actor, deal_id=deal.pk)


@undo.step("deal.reopen")
def _deal_reopened(*, actor: User, pk: UUID, version: int) -> None:
    deals.reopen_deal(actor=actor, deal_id=pk, expected_version=version)


@undo.step("deal.move")
def _deal_moved_back(*, actor: User, pk: UUID, version: int, stage: str) -> None:
    deals.move_deal(actor=actor, deal_id=pk, stage_id=UUID(stage), expected_version=version)


DEAL = (
    Verb(
        key="win",
        label=gettext_lazy("Won"),
        done=gettext_lazy("%(name)s: won."),
        act=acts.WRITE_DEALS,
        run=_win,
        form=WinForm,
        icon="ok",
        letter="w",
        offered=lambda deal: deal.is_open,
    ),
    Verb(
        key="lose",
        label=gettext_lazy("Lost"),
        done=gettext_lazy("%(name)s: lost."),
        act=acts.WRITE_DEALS,
        run=_lose,
        form=LoseForm,
        icon="close",
        letter="l",
        offered=lambda deal: deal.is_open,
        for_many=True,
    ),
    Verb(
        key="reopen",
        label=gettext_lazy("Reopen"),
        done=gettext_lazy("%(name)s: open again."),
        act=acts.WRITE_DEALS,
        run=_reopen_deal,
        icon="refresh",
        letter="o",
        offered=lambda deal: not deal.is_open,
    ),
)

# --- Contacts -------------------------------------------------------------------------------------------------------------------


def _forbid(actor: User, contact: Contact, form: ForbidForm) -> Step:
    done = contacts.forbid_contact(actor=actor, contact_id=contact.pk, reason=form.cleaned_data["reason"])
    return _back("contact.allow", done)


def _allow(actor: User, contact: Contact, form: Any) -> Step:
    was = contact.do_not_contact_reason
    return _back("contact.forbid", contacts.allow_contact(actor=actor, contact_id=contact.pk), reason=was)


@undo.step("contact.allow")
def _allowed(*, actor: User, pk: UUID, version: int) -> None:
    contacts.allow_contact(actor=actor, contact_id=pk, expected_version=version)


@undo.step("contact.forbid")
def _forbidden(*, actor: User, pk: UUID, version: int, reason: str) -> None:
    contacts.forbid_contact(actor=actor, contact_id=pk, reason=reason, expected_version=version)


CONTACT = (
    Verb(
        key="forbid",
        label=gettext_lazy("Do not contact"),
        done=gettext_lazy("%(name)s: nobody contacts them any more."),
        act=acts.WRITE_CONTACTS,
        run=_forbid,
        form=ForbidForm,
        icon="lock",
        letter="x",
        offered=lambda contact: not contact.do_not_contact,
        for_many=True,
    ),
    Verb(
        key="allow",
        label=gettext_lazy("May be contacted again"),
        done=gettext_lazy("%(name)s: may be contacted again."),
        act=acts.WRITE_CONTACTS,
        run=_allow,
        icon="ok",
        offered=lambda contact: contact.do_not_contact,
    ),
)

VERBS: dict[str, tuple[Verb, ...]] = {"lead": LEAD, "deal": DEAL, "contact": CONTACT, "company": ()}

# --- For many: a fact changed, a view filled ---------------------------------------------------------------------------------------


@undo.step("fact.change")
def _changed_back(*, actor: User, pk: UUID, version: int, holder: str, changes: dict[str, Any]) -> None:
    model = HOLDERS[holder].model
    record = policy.get_visible(model._default_manager.all(), actor, pk=pk)
    own = {name: value for name, value in changes.items() if name != "custom"}
    typed = {name: _typed(model, name, value) for name, value in own.items()}
    if "custom" in changes:
        typed["custom"] = changes["custom"]
    save(record, actor=actor, changes=typed, expected_version=version)


def _typed(model: Any, name: str, value: Any) -> Any:
    """A kept JSON value as the service wants it: links by id, all else as the column reads it."""
    field = model._meta.get_field(name)
    if value is None or field.is_relation:
        return UUID(value) if value else None
    return field.to_python(value)


def set_verb(spec: ListSpec, fact: Fact) -> Verb:
    """Changing one fact of many records."""

    def run(actor: User, record: Any, form: FactForm) -> Step:
        given = form.values()
        before: dict[str, Any] = {name: as_json(getattr(record, name)) for name in given if name != "custom"}
        if "custom" in given:
            before["custom"] = {key: (record.custom or {}).get(key) for key in given["custom"]}
        done = save(record, actor=actor, changes=given, expected_version=None)
        return _back("fact.change", done, holder=spec.holder, changes=before)

    return Verb(
        key=f"set:{fact.key}",
        label=fact.label,
        done=gettext_lazy("%(name)s changed."),
        act=spec.write_act,
        run=run,
        for_many=True,
    )


@undo.step("view.take_from")
def _taken_from(*, actor: User, pk: UUID, version: int, ids: list[str]) -> None:
    views.take_from_view(actor=actor, view_id=pk, ids=[UUID(key) for key in ids])


class PutForm(ReaderForm):
    """Into which of one's own views; or a new one."""

    name = forms.CharField(label=gettext_lazy("Or a new view"), max_length=80, required=False)

    def __init__(self, data: Any = None, *, of: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        rows = SavedView.objects.filter(owner=self.reader, of=of)
        self.fields["view"] = forms.ModelChoiceField(rows, label=_("View"), required=False)
        self.order_fields(["view", "name"])
        self.of = of

    @override
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("view") and not cleaned.get("name"):
            self.add_error("name", _("Choose a view, or name a new one."))
        return cleaned

    def put(self, ids: list[UUID]) -> tuple[SavedView, list[Step]]:
        """Carry it out; a new view is made first."""
        view = self.cleaned_data["view"] or views.create_view(
            actor=self.reader, of=self.of, name=self.cleaned_data["name"]
        )
        new = views.put_in_view(actor=self.reader, view_id=view.pk, ids=ids)
        back = Step("view.take_from", str(view.pk), 0, {"ids": [str(key) for key in new]})
        return view, [back] if new else []


def verbs_of(spec: ListSpec, reader: User) -> dict[str, Any]:
    """What the bar under a selection offers."""
    offered = [verb for verb in VERBS[spec.holder] if verb.for_many and policy.may(reader, verb.act)]
    own = [f"custom.{found.key}" for found in spec.own_fields() if found.kind != "link" and not found.is_unique]
    writes = policy.may(reader, spec.write_act)
    keys = [*spec.bulk_facts, *own] if writes else []
    return {"verbs": offered, "facts": [fact_of(spec.holder, key, reader) for key in keys]}


def verb_of(spec: ListSpec, key: str, reader: User) -> Verb | None:
    """A verb for many by its key; ``set:<fact>`` for facts that may be changed so."""
    if key.startswith("set:"):
        name = key.removeprefix("set:")
        known = name in spec.bulk_facts or name.startswith("custom.")
        return set_verb(spec, fact_of(spec.holder, name, reader)) if known else None
    return next((verb for verb in VERBS[spec.holder] if verb.key == key and verb.for_many), None)
