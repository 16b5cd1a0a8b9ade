"""A web form makes one lead of what a person sends, and nothing of what a robot sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from crm.core.errors import Forbidden, Invalid
from leads.models import Consent, Lead, WebForm
from leads.services import web_forms
from leads.views_doors import OF_ONE_ADDRESS
from tests.factories.accounts import UserFactory
from tests.factories.leads import CampaignFactory, ProductFactory, WebFormFactory

pytestmark = pytest.mark.django_db
TicketOf = Callable[..., str]


def filled(ticket: str, **more: str) -> dict[str, str]:
    return {
        "ticket": ticket,
        "reference": "",
        "first_name": "Inès",
        "last_name": "Lefèbvre",
        "email": "ines@acme.test",
        "company_name": "Acme",
        "notes": "How much?",
        **more,
    }


def test_a_person_sends_a_form(form: WebForm, ticket_of: TicketOf, outside: Client) -> None:
    form.campaign, form.product = CampaignFactory(), ProductFactory()
    form.save()
    answer = outside.post(f"/f/{form.token}", filled(ticket_of(form), consent="on"))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/f/{form.token}?sent=1")
    lead = Lead.objects.get()
    assert (lead.channel, lead.source, lead.notes) == ("form", "Website", "How much?")
    assert (lead.campaign, lead.product) == (form.campaign, form.product)
    assert lead.contact is not None
    assert (lead.contact.name, lead.contact.language) == ("Inès Lefèbvre", "en")
    consent = Consent.objects.get()
    assert (consent.channel, consent.state, consent.contact) == ("email", "given", lead.contact)
    assert "You may write to me." in consent.proof
    assert "Thank you" in outside.get(answer.headers["Location"]).content.decode()


def test_a_box_left_empty_is_no_consent(form: WebForm, ticket_of: TicketOf, outside: Client) -> None:
    outside.post(f"/f/{form.token}", filled(ticket_of(form)))
    assert Lead.objects.count() == 1
    assert not Consent.objects.exists()


def test_a_double_click_makes_one_lead_and_another_enquiry_a_second(
    form: WebForm, ticket_of: TicketOf, outside: Client
) -> None:
    ticket = ticket_of(form)
    for _ in range(3):
        assert outside.post(f"/f/{form.token}", filled(ticket, consent="on")).status_code == 302
    assert (Lead.objects.count(), Consent.objects.count()) == (1, 1)
    outside.post(f"/f/{form.token}", filled(ticket, notes="And in blue?"))
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("kind", ["trap", "rash", "forged", "of another form", "old", "missing"])
def test_a_robot_makes_nothing_and_learns_nothing(
    form: WebForm, ticket_of: TicketOf, outside: Client, kind: str
) -> None:
    ticket = {
        "trap": ticket_of(form),
        "rash": web_forms.new_ticket(form),
        "forged": ticket_of(form)[:-1] + "_",
        "of another form": ticket_of(WebFormFactory()),
        "old": ticket_of(form, timedelta(hours=25)),
        "missing": "",
    }[kind]
    answer = outside.post(f"/f/{form.token}", filled(ticket, reference="x" if kind == "trap" else ""))
    assert answer.status_code == 422
    assert Lead.objects.count() == 0
    page = re.sub(r'value="[^"]*"', "", answer.content.decode())
    assert "send it once more" in page
    assert not re.search(r"robot|spam|trap|too fast|bot\b", page.replace("door-trap", ""), re.IGNORECASE)


def test_a_person_taken_for_a_robot_sends_again(form: WebForm, outside: Client, monkeypatch: Any) -> None:
    first = outside.post(f"/f/{form.token}", filled(web_forms.new_ticket(form), reference="filled in by the browser"))
    page = first.content.decode()
    assert 'value="Lefèbvre"' in page, "what was typed stays"
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    assert ticket
    monkeypatch.setattr(web_forms, "FASTEST", timedelta())
    assert outside.post(f"/f/{form.token}", filled(ticket[1])).status_code == 302
    assert Lead.objects.count() == 1


def test_mistakes_stand_beside_their_fields(form: WebForm, ticket_of: TicketOf, outside: Client) -> None:
    answer = outside.post(f"/f/{form.token}", filled(ticket_of(form), email="nobody", last_name=""))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count('aria-invalid="true"') == 2
    assert Lead.objects.count() == 0


def test_the_limit_is_per_address_and_form(form: WebForm, ticket_of: TicketOf, outside: Client) -> None:
    for number in range(OF_ONE_ADDRESS):
        outside.post(f"/f/{form.token}", filled(ticket_of(form), notes=str(number)))
    answer = outside.post(f"/f/{form.token}", filled(ticket_of(form), notes="one more"))
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert Lead.objects.count() == OF_ONE_ADDRESS
    other = WebFormFactory(fields=form.fields)
    assert outside.post(f"/f/{other.token}", filled(ticket_of(other))).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post(f"/f/{form.token}", filled(ticket_of(form), notes="else")).status_code == 302


def test_too_much_is_refused(form: WebForm, ticket_of: TicketOf, outside: Client) -> None:
    assert outside.post(f"/f/{form.token}", filled(ticket_of(form), notes="x" * 70_000)).status_code == 413
    assert outside.post(f"/f/{form.token}", filled(ticket_of(form), notes="x" * 6_000)).status_code == 422
    assert Lead.objects.count() == 0


def test_only_named_sites_may_show_it_in_a_frame(form: WebForm, outside: Client) -> None:
    closed = outside.get(f"/f/{form.token}")
    assert closed.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in closed.headers["Content-Security-Policy"]
    form.origins = ["https://www.acme.test"]
    form.save()
    shown = outside.get(f"/f/{form.token}")
    assert "X-Frame-Options" not in shown.headers
    assert "frame-ancestors 'self' https://www.acme.test" in shown.headers["Content-Security-Policy"]
    assert "script" not in shown.content.decode()
    assert not shown.cookies


def test_a_form_speaks_its_language_and_can_be_closed(form: WebForm, outside: Client) -> None:
    form.language = "fr"
    form.save()
    page = outside.get(f"/f/{form.token}", HTTP_ACCEPT_LANGUAGE="id").content.decode()
    assert '<html lang="fr"' in page
    form.is_active = False
    form.save()
    assert outside.get(f"/f/{form.token}").status_code == 410
    assert outside.get("/f/nosuchtoken123").status_code == 404


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", "{{ 7*7 }}", "\"'><img src=x onerror=1>", "\x00\ud83d"]
)
def test_hostile_text_is_kept_as_text(form: WebForm, ticket_of: TicketOf, outside: Client, payload: str) -> None:
    form.title, form.intro = payload.replace("\x00", "").replace("\ud83d", ""), "intro"
    form.save()
    text = payload.encode("utf-8", "replace").decode()
    answer = outside.post(f"/f/{form.token}", filled(ticket_of(form), notes=text, last_name=text[:90]))
    assert answer.status_code in {302, 422}
    assert b"<script>alert" not in outside.get(f"/f/{form.token}").content


# --- Settings --------------------------------------------------------------------------------------------------------


def test_a_manager_makes_a_form_and_a_rep_does_not() -> None:
    manager = UserFactory(manager=True)
    made = web_forms.create_web_form(
        actor=manager, name="Site", fields=["email", "last_name"], required=["email"], origins=["acme.test/contact?x=1"]
    )
    assert (made.fields, made.origins) == (["last_name", "email"], ["https://acme.test"])
    with pytest.raises(Forbidden):
        web_forms.create_web_form(actor=UserFactory(), name="Site", fields=["email"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"fields": ["notes"]}, "fields"),
        ({"fields": ["owner", "email"]}, "fields"),
        ({"fields": ["email"], "origins": ["javascript:alert(1)"]}, "origins"),
        ({"fields": ["email"], "origins": ["https://a.test; script-src *"]}, "origins"),
        ({"fields": ["email"], "language": "xx"}, "language"),
        ({"fields": ["email"], "name": " "}, "name"),
    ],
)
def test_what_makes_no_form_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        web_forms.create_web_form(**{"actor": UserFactory(manager=True), "name": "Site", **fields})
    assert refusal.value.field == field


def test_the_settings_page_gives_the_address_and_the_snippet(client: Client, form: WebForm) -> None:
    client.force_login(UserFactory(manager=True))
    page = client.get(f"/settings/web-forms/{form.pk}/").content.decode()
    assert f"/f/{form.token}" in page
    assert "&lt;iframe" in page
    sent = {
        "name": "Renamed",
        "fields_": ["email"],
        "language": "en",
        "origins": "https://a.test",
        "version": form.version,
    }
    assert client.post(f"/settings/web-forms/{form.pk}/", sent).status_code == 302
    form.refresh_from_db()
    assert (form.name, form.origins, form.is_active) == ("Renamed", ["https://a.test"], False)
    assert client.get("/settings/web-forms/").status_code == 200
    assert client.get("/settings/web-forms/new").status_code == 200
