"""``/contacts``: people at companies, how they are reached, what they allow. ``/consents``: what they ever allowed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from typing_extensions import override

from accounts.api.fields import HOURS
from crm.core.api.fields import Choice, Instant, Text
from crm.core.api.filters import ChoiceFilter, FlagFilter, RowFilters, TextFilter
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Retrieves
from crm.core.api.routers import command
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads import normal
from leads.api import fields
from leads.api.companies import ReachWrite
from leads.api.duplicates import MERGE_GIVES, MERGE_TAKES, Merges
from leads.api.filters import CustomFiltered, LinkFilter, RecordFilters
from leads.api.parts import Acts
from leads.models import Company, Consent, Contact, Email, Phone
from leads.policies import VIEW_CONTACTS, WRITE_CONTACTS
from leads.services import contacts


@extend_schema_field(HOURS)
class Windows(serializers.Field[Any, Any, Any, Any]):
    """Preferred hours on the contact's own clock; empty is any. Its service reads them."""

    @override
    def to_internal_value(self, data: Any) -> Any:
        return data

    @override
    def to_representation(self, value: Any) -> Any:
        return value


class ContactRead(fields.RecordRead):
    """A person to talk to."""

    name = serializers.CharField(read_only=True)
    level = fields.WordOrNull(Contact.Level.choices)
    contact_windows = Windows(read_only=True)
    company = fields.to(Company, "company_id")
    phones = fields.Phones(source="phone_rows")
    emails = fields.Emails(source="email_rows")
    consents = fields.Consents(source="consent_rows")
    custom = fields.ContactCustom(read_only=True)
    merged_into = fields.to(Contact, "merged_into_id")

    class Meta:
        model = Contact
        fields = (
            "id",
            "first_name",
            "last_name",
            "name",
            "job_title",
            "level",
            "company",
            "phones",
            "emails",
            "language",
            "time_zone",
            "contact_windows",
            "do_not_contact",
            "do_not_contact_reason",
            "do_not_contact_at",
            "consents",
            "notes",
            "external_source",
            "external_id",
            "custom",
            "merged_into",
            *fields.STAMPS,
        )


class ContactChange(ReachWrite):
    """A changed contact. ``phones`` and ``emails`` are whole lists. Do-not-contact and consent have verbs of their own."""

    example = {"job_title": "Head of purchasing", "level": "decision_maker"}

    first_name = Text(max_length=100, required=False, allow_blank=True)
    last_name = Text(max_length=100, required=False, allow_blank=True)
    job_title = Text(max_length=160, required=False, allow_blank=True)
    level = Choice(choices=Contact.Level.choices, required=False, allow_null=True)
    company = fields.LinkTo(allow_null=True)
    language = Text(max_length=12, required=False, allow_blank=True)
    time_zone = Text(max_length=64, required=False, allow_blank=True, help_text="IANA name, such as Asia/Jakarta.")
    contact_windows = Windows(required=False)
    notes = Text(max_length=20_000, multiline=True, required=False, allow_blank=True)
    external_source = Text(max_length=60, required=False, allow_blank=True)
    external_id = Text(max_length=200, required=False, allow_blank=True)
    custom = fields.ContactCustom(required=False)


class ContactCreate(CreateSerializer, ContactChange):
    """A new contact: a name, a phone number or an e-mail address at least."""

    example = {
        "first_name": "Inès",
        "last_name": "Moreau",
        "emails": [{"address": "ines@moreau.example"}],
        "phones": [{"number": "+33 6 12 00 00 00", "kind": "mobile"}],
    }


class Forbid(WriteSerializer):
    """Why nobody may call or write any more."""

    example = {"reason": "Asked us on the phone"}

    reason = Text(max_length=200, required=False, allow_blank=True)


class ConsentWrite(WriteSerializer):
    """What a contact allowed or refused."""

    example = {"channel": "email", "state": "given", "proof": "Ticked the box on the trade-show form"}

    channel = Choice(choices=Consent.Channel.choices)
    state = Choice(choices=Consent.State.choices)
    proof = Text(max_length=500, required=False, allow_blank=True)
    at = Instant(required=False, help_text="When they said so; now, if it is left out.")


class ContactFilters(RecordFilters):
    """Narrow the list of contacts."""

    company = LinkFilter(Company, field_name="company_id", label="At this company.")
    level = ChoiceFilter(choices=Contact.Level.choices, label="The rung on the ladder to the decision.")
    email = TextFilter(method="at_email", label="With this e-mail address, however it is capitalised.")
    phone = TextFilter(method="at_phone", label="With this number, in international form (+33…).")
    do_not_contact = FlagFilter(label="Whether nobody may call or write.")
    merged = FlagFilter(field_name="merged_into", lookup_expr="isnull", exclude=True, label="Merged into another.")

    def at_email(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        emails = Email.objects.visible_to(self.request.user).filter(contact=OuterRef("pk"))
        return rows.filter(Exists(emails.filter(key=normal.email_key(value))))

    def at_phone(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        read = normal.phone_number(value)
        phones = Phone.objects.visible_to(self.request.user).filter(contact=OuterRef("pk"))
        return rows.filter(Exists(phones.filter(number=read.number))) if read else rows.none()


class Contacts(CustomFiltered, Acts, Lists, Retrieves, Creates, Changes, Merges):
    """People at companies: how they are reached, where they stand on the ladder to the decision, what they allow."""

    noun = "a contact"
    holder = "contact"
    id_name = "contact_id"
    acts = {
        "list": VIEW_CONTACTS,
        "retrieve": VIEW_CONTACTS,
        "create": WRITE_CONTACTS,
        "change": WRITE_CONTACTS,
        "forbid": WRITE_CONTACTS,
        "allow": WRITE_CONTACTS,
        "consents": WRITE_CONTACTS,
        "merge": WRITE_CONTACTS,
        "unmerge": WRITE_CONTACTS,
    }
    reader = ContactRead
    takes = {
        "create": ContactCreate,
        "change": ContactChange,
        "forbid": Forbid,
        "consents": ConsentWrite,
        **MERGE_TAKES,
    }
    gives = MERGE_GIVES
    merged_model = Contact
    filterset_class = ContactFilters
    orders = keyed({"name": "name_key", "created_at": "created_at", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        rows = Contact.objects.visible_to(self.person).defer("search_words")
        if self.action == "list" and "merged" not in self.request.query_params:
            rows = rows.filter(merged_into=None)
        return rows.annotate(
            phone_rows=fields.phones_of(self.person, "contact"),
            email_rows=fields.emails_of(self.person, "contact"),
            consent_rows=fields.consents_of(self.person),
        )

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return contacts.create_contact(actor=self.person, contact_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return contacts.change_contact(
            actor=self.person, contact_id=row_id, changes=changes, expected_version=expected_version
        )

    @command()
    def forbid(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Do not contact: nobody calls or writes to this person any more, on no channel."""
        return self.act_on(contacts.forbid_contact, **self.values())

    @command()
    def allow(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take "do not contact" back: the person asked for it."""
        return self.act_on(contacts.allow_contact)

    @command()
    def consents(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Record a consent or a refusal. The newest of a channel holds; answers the contact."""
        return self.act_on(contacts.record_consent, guarded=False, **self.values())


class ConsentRead(fields.RecordRead):
    """What a contact said on a channel, once."""

    contact = fields.to(Contact, "contact_id")

    class Meta:
        model = Consent
        fields = ("id", "contact", "channel", "state", "proof", "at", *fields.STAMPS)


class ConsentFilters(RowFilters):
    """Narrow the list of consents."""

    contact = LinkFilter(Contact, field_name="contact_id", label="Of this contact.")
    channel = ChoiceFilter(choices=Consent.Channel.choices, label="On this channel.")
    state = ChoiceFilter(choices=Consent.State.choices, label="Given or refused.")


class ConsentHistory(Lists):
    """All consents and refusals ever recorded, with their proof. They are recorded under a contact."""

    noun = "a consent"
    acts = {"list": VIEW_CONTACTS}
    reader = ConsentRead
    filterset_class = ConsentFilters
    orders = keyed({"at": "at", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return Consent.objects.visible_to(self.person)
