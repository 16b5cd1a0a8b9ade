"""What stands in a cell: small pieces of text and markup, drawn in Python because a page has some hundred of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import formats
from crm.core.templatetags import tandem
from leads import normal
from leads.models import Company, Contact, Deal, Lead

Draw = Callable[[Any], str]
STATUS_CHIPS = {
    Lead.Status.NEW: "hold",
    Lead.Status.ATTEMPTING: "line",
    Lead.Status.CONNECTED: "line",
    Lead.Status.QUALIFIED: "good",
    Lead.Status.DISQUALIFIED: "",
}
STATE_CHIPS = {Deal.State.OPEN: "line", Deal.State.WON: "good", Deal.State.LOST: ""}


def of(name: str) -> Draw:
    """The attribute as it is, empty for None; a field with choices in the reader's words."""

    def draw(row: Any) -> str:
        said = getattr(row, f"get_{name}_display", None)
        value = said() if said else getattr(row, name)
        return "" if value is None else str(value)

    return draw


def yes_no(name: str) -> Draw:
    return lambda row: {True: _("Yes"), False: _("No"), None: ""}[getattr(row, name)]


def number(name: str) -> Draw:
    return lambda row: "" if getattr(row, name) is None else formats.number(getattr(row, name))


def money(name: str) -> Draw:
    """Amount and currency of one row."""
    return lambda row: "" if getattr(row, name) is None else formats.money(getattr(row, name), row.currency)


def day(name: str) -> Draw:
    return lambda row: tandem.day(getattr(row, name)) if getattr(row, name) else ""


def ago(name: str) -> Draw:
    return lambda row: tandem.ago(getattr(row, name))


def person(name: str) -> Draw:
    """A colleague, in the shape of their line."""

    def draw(row: Any) -> str:
        user: User | None = getattr(row, name)
        if user is None:
            return format_html('<span class="quiet">{}</span>', _("nobody"))
        return format_html(
            '<span class="who-cell">{}<span class="clip">{}</span></span>',
            tandem.face(user.name, motion=user.motion or ""),
            user.name,
        )

    return draw


def company(row: Any) -> str:
    found: Company | None = row.company
    return link("records:company", found.pk, found.name) if found else ""


def contact(row: Any) -> str:
    found: Contact | None = row.contact
    return link("records:contact", found.pk, str(found)) if found else ""


def link(page: str, key: Any, text: str) -> SafeString:
    return format_html('<a class="clip" href="{}">{}</a>', reverse(page, args=[key]), text)


def motion(row: Any) -> str:
    return tandem.motion(row.motion) if row.motion else ""


def status(lead: Lead) -> SafeString:
    return tandem.chip(lead.get_status_display(), kind=STATUS_CHIPS[Lead.Status(lead.status)])


def state(deal: Deal) -> SafeString:
    return tandem.chip(deal.get_state_display(), kind=STATE_CHIPS[Deal.State(deal.state)])


def score(lead: Lead) -> str:
    """The order in strong numerals; the two axes below it, never mixed up."""
    if lead.score_total is None:
        return ""
    axes = _("fit %(fit)s, eng. %(engagement)s") % {
        "fit": "?" if lead.score_fit is None else lead.score_fit,
        "engagement": "?" if lead.score_engagement is None else lead.score_engagement,
    }
    return format_html("<b>{}</b><small>{}</small>", lead.score_total, axes)


def phone(row: Any) -> str:
    """The first number that works, to be called."""
    found = next((item for item in row.phones.all() if not item.is_bad), None)
    return (
        format_html('<a class="nw" href="tel:{}">{}</a>', found.number, normal.shown_phone(found.number))
        if found
        else ""
    )


def email(row: Any) -> str:
    found = next((item for item in row.emails.all() if not item.is_bad), None)
    return format_html('<a class="clip" href="mailto:{}">{}</a>', found.address, found.address) if found else ""


def city(row: Company) -> str:
    found = next(iter(row.sites.all()), None)
    return ", ".join(part for part in (found.city, found.country) if part) if found else ""


def reachable(row: Contact) -> str:
    return tandem.chip(_("do not contact"), kind="late", icon="lock") if row.do_not_contact else ""
