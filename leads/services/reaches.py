"""Phones and e-mail addresses of contacts and companies: read into normal forms, kept as a whole list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from leads import normal
from leads.models import Company, Contact, Email, Phone

Holder = Company | Contact
ReachT = TypeVar("ReachT", Phone, Email)
MOST = 20


def read_phones(given: Iterable[str | Mapping[str, Any]], country: str = "") -> list[Phone]:
    """Numbers as written (or ``{"number", "kind", "extension", "is_bad"}``) as unsaved rows, each once, in order.

    ``country`` is the plan for numbers without their own. Raises ``Invalid`` (field ``phones``).
    """
    phones: dict[tuple[str, str], Phone] = {}
    for entry in given:
        said = {"number": entry} if isinstance(entry, str) else dict(entry)
        if not str(said.get("number") or "").strip():
            continue
        read = normal.phone_number(str(said["number"]), country)
        if read is None:
            raise Invalid(
                _("“%(number)s” is not a phone number.") % {"number": said["number"]}, field="phones", code="bad_phone"
            )
        phone = Phone(
            number=read.number,
            extension=str(said.get("extension") or read.extension)[:10],
            kind=said.get("kind") or Phone.Kind.WORK,
            is_bad=bool(said.get("is_bad")),
        )
        if phone.kind not in Phone.Kind.values:
            raise Invalid(_("Choose from: %(choices)s.") % {"choices": ", ".join(Phone.Kind.values)}, field="phones")
        phones.setdefault((phone.number, phone.extension), phone)
    return _first_choice(list(phones.values()), "phones")


def read_emails(given: Iterable[str | Mapping[str, Any]]) -> list[Email]:
    """Addresses as written (or ``{"address", "is_bad"}``) as unsaved rows, each once, in order. Raises ``Invalid``."""
    emails: dict[str, Email] = {}
    for entry in given:
        said = {"address": entry} if isinstance(entry, str) else dict(entry)
        address = normal.clean(str(said.get("address") or ""))
        if not address:
            continue
        try:
            validate_email(address)
        except ValidationError as error:
            raise Invalid(
                _("“%(address)s” is not an e-mail address.") % {"address": address}, field="emails", code="bad_email"
            ) from error
        if len(address) > 254:
            raise Invalid(_("An e-mail address has 254 characters at most."), field="emails", code="bad_email")
        key = normal.email_key(address)
        emails.setdefault(key, Email(address=address, key=key, is_bad=bool(said.get("is_bad"))))
    return _first_choice(list(emails.values()), "emails")


def read(phones: Iterable[Any], emails: Iterable[Any], country: str = "") -> list[Phone | Email]:
    """Both kinds, read. Raises ``Invalid`` (field ``phones`` or ``emails``)."""
    return [*read_phones(phones, country), *read_emails(emails)]


def _first_choice(rows: list[ReachT], field: str) -> list[ReachT]:
    """The first that works is the first choice."""
    if len(rows) > MOST:
        raise Invalid(_("%(count)d at most.") % {"count": MOST}, field=field)
    for row in rows:
        if not row.is_bad:
            row.is_primary = True
            break
    return rows


def texts(rows: Iterable[Phone | Email]) -> list[str]:
    """As the journal keeps them: ``+33472000000 ext 5``, marked when they do not work."""
    return [_text(row) for row in rows]


def _text(row: Phone | Email) -> str:
    shown = (
        row.address if isinstance(row, Email) else f"{row.number} ext {row.extension}" if row.extension else row.number
    )
    return f"{shown} (bad)" if row.is_bad else shown


def attach(holder: Holder, rows: list[Any]) -> None:
    """Insert the rows of a new holder: one statement per kind."""
    for row in rows:
        setattr(row, _side(holder), holder)
    for model in (Phone, Email):
        mine: list[Any] = [row for row in rows if isinstance(row, model)]
        if mine:
            model._default_manager.bulk_create(mine)


def replace(holder: Holder, model: type[Phone | Email], wanted: list[Any]) -> tuple[list[str], list[str]]:
    """Make ``wanted`` the whole list of ``holder``: rows that stay keep their ids. Returns the lists before and after."""
    manager = model._default_manager
    present: list[Any] = list(manager.filter(**{_side(holder): holder}).select_for_update())
    before = texts(present)
    kept = {_identity(row): row for row in present}
    gone = kept.keys() - {_identity(row) for row in wanted}
    # First choices are unique: give them up before they are given away.
    manager.filter(**{_side(holder): holder}).update(is_primary=False)
    manager.filter(pk__in=[kept[identity].pk for identity in gone]).delete()
    attach(holder, [row for row in wanted if _identity(row) not in kept])
    for row in wanted:
        stays = kept.get(_identity(row))
        if stays is not None:
            _update(stays, row)
    return before, texts(wanted)


def add(holder: Holder, rows: list[Any]) -> list[str]:
    """Add those that ``holder`` does not have yet; what is there stays. Returns the texts of the added."""
    added = []
    for model in (Phone, Email):
        mine = [row for row in rows if isinstance(row, model)]
        if not mine:
            continue
        # By the holder's own relation: who looked it up fetched these with it.
        listed: Any = holder.phones if model is Phone else holder.emails
        present = {_identity(row): row for row in listed.all()}
        new = [row for row in mine if _identity(row) not in present]
        for row in new:
            row.is_primary = row.is_primary and not any(other.is_primary for other in present.values())
        attach(holder, new)
        added += texts(new)
    return added


def _update(stays: Any, wanted: Any) -> None:
    columns = ("is_primary", "is_bad", *(("kind",) if isinstance(stays, Phone) else ("address",)))
    type(stays)._default_manager.filter(pk=stays.pk).update(**{name: getattr(wanted, name) for name in columns})


def _identity(row: Phone | Email) -> tuple[str, ...]:
    return (row.key,) if isinstance(row, Email) else (row.number, row.extension)


def _side(holder: Holder) -> str:
    return "company" if isinstance(holder, Company) else "contact"
