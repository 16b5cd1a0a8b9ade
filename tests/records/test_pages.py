"""What stands on the page of a lead, company, contact and deal; their verbs, lists and forms; the board."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from crm.core import clock
from crm.records import timeline, undo
from crm.records.verbs import VERBS
from leads.models import Company, Contact, Deal, DealSplit
from leads.services import contacts, deals
from leads.services import leads as services
from tests.factories.leads import (
    ContactFactory,
    CustomFieldFactory,
    DealFactory,
    PipelineFactory,
    ProductFactory,
    ReasonFactory,
    StageFactory,
)

pytestmark = pytest.mark.django_db


def page_of(client, record) -> str:
    answer = client.get(reverse(f"records:{record._meta.model_name}", args=[record.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def act(client, record, key: str, **given):
    url = reverse(f"records:{record._meta.model_name}-act", args=[record.pk, key])
    return client.post(url, given, HTTP_HX_REQUEST="true")


# --- Leads ----------------------------------------------------------------------------------------------------------------------


def test_before_the_call_everything_stands_on_the_page(sales, visit, monkeypatch):
    monday = datetime(2030, 1, 7, 9, 30, tzinfo=UTC)
    inside = sales.person("inside")
    contacts.change_contact(
        actor=inside,
        contact_id=sales.contact.pk,
        changes={"time_zone": "Asia/Jakarta", "contact_windows": {"mon": [["16:00", "18:00"]]}},
    )
    contacts.record_consent(actor=inside, contact_id=sales.contact.pk, channel="email", state="refused", proof="Mail")
    services.change_lead(actor=inside, lead_id=sales.own.pk, changes={"needs_demo": True, "notes": "Jute sacks?"})
    services.attempt_lead(actor=inside, lead_id=sales.own.pk)
    monkeypatch.setattr(clock, "now", lambda: monday)
    answer = visit(inside).get(reverse("records:lead", args=[sales.own.pk]))
    call = answer.context["pre_call"]
    assert (call.time_there, call.hours, call.fits, call.question) == ("16:30", "16:00-18:00", True, "Jute sacks?")
    assert [consent.state for consent in call.consents] == ["refused"]
    assert [touch.title for touch in call.touches] == ["Tried to reach"]
    assert "Wants to see it" in call.why
    assert "tel:" in answer.content.decode()


def test_nobody_is_offered_a_call_to_who_must_not_be_called(sales, visit):
    inside = sales.person("inside")
    contacts.forbid_contact(actor=inside, contact_id=sales.contact.pk, reason="Asked on the phone")
    page = page_of(visit(inside), sales.own)
    assert "tel:" not in page
    assert "Asked on the phone" in page


def test_the_flow_by_its_buttons(sales, visit):
    inside = sales.person("inside")
    client = visit(inside)
    assert 'aria-keyshortcuts="a"' in page_of(client, sales.own)
    assert act(client, sales.own, "attempt").status_code == 200
    assert act(client, sales.own, "connect").status_code == 200
    answer = act(client, sales.own, "qualify", with_deal="on", name="Two lines", amount="34000", currency="EUR")
    assert answer.headers["HX-Refresh"] == "true"
    sales.own.refresh_from_db()
    deal = Deal.objects.get(lead=sales.own)
    assert (sales.own.status, deal.name, deal.amount) == ("qualified", "Two lines", 34_000)
    assert act(client, sales.own, "reopen").status_code == 409, "a deal came out of it"
    assert "Two lines" in page_of(client, sales.own)


def test_qualified_without_a_deal_can_be_taken_back(sales, visit):
    client = visit(sales.person("inside"))
    act(client, sales.own, "qualify")
    assert not Deal.objects.filter(lead=sales.own).exists()
    assert act(client, sales.own, "reopen").status_code == 200


def test_a_disqualified_lead_says_why(sales, visit):
    client = visit(sales.person("inside"))
    act(client, sales.own, "disqualify", reason=sales.reason.pk, note="Asked again in May")
    page = page_of(client, sales.own)
    assert sales.reason.label in page
    assert "Asked again in May" in page


@pytest.mark.parametrize("key", ["qualify", "disqualify"])
@pytest.mark.parametrize("status", ["new", "attempting", "connected"])
def test_taken_back_it_stands_where_it_stood(key, status, sales, visit):
    inside = sales.person("inside")
    if status != "new":
        getattr(services, {"attempting": "attempt_lead", "connected": "connect_lead"}[status])(
            actor=inside, lead_id=sales.own.pk
        )
    sales.own.refresh_from_db()
    verb = next(verb for verb in VERBS["lead"] if verb.key == key)
    form = verb.form({"reason": sales.reason.pk}, reader=inside)
    assert form.is_valid()
    address = undo.keep(inside, [verb.run(inside, sales.own, form)])
    visit(inside).post(address)
    stands = type(sales.own).objects.get(pk=sales.own.pk)
    assert (stands.status, stands.connected_at, stands.reason) == (status, sales.own.connected_at, None)


@pytest.mark.parametrize("key", ["attempt", "connect", "reopen"])
def test_what_needs_no_question_asks_none(key, sales, visit):
    client = visit(sales.person("inside"))
    assert client.get(reverse("records:lead-act", args=[sales.own.pk, key])).status_code == 404


def test_the_ladder_stands_from_the_signer_down(sales, visit):
    for name, level in (("Ulla", "user"), ("Sigrid", "signer"), ("Inga", "influencer"), ("Dora", "decision_maker")):
        ContactFactory(company=sales.company, first_name=name, level=level)
    answer = visit(sales.person("inside")).get(reverse("records:lead", args=[sales.own.pk]))
    assert [person.first_name for person in answer.context["people"]] == ["Sigrid", "Dora", "Inga", "Ulla", "Hélène"]


def test_the_story_is_told_in_words_and_goes_on(sales, visit):
    inside = sales.person("inside")
    for number in range(25):
        services.change_lead(actor=inside, lead_id=sales.own.pk, changes={"source": f"Source {number}"})
    client = visit(inside)
    answer = client.get(reverse("records:lead", args=[sales.own.pk]))
    assert "Source: Source 23 → Source 24" in answer.content.decode()
    assert len(answer.context["entries"]) == timeline.SHOWN
    rest = client.get(answer.context["more_url"]).content.decode()
    assert "Source: Source 3 → Source 4" in rest
    assert "Source 24" not in rest


def test_names_in_the_story_are_only_those_one_sees(sales, visit):
    admin = sales.person("admin")
    services.assign_lead(actor=admin, lead_id=sales.own.pk, owner_id=sales.person("stranger").pk)
    services.assign_lead(actor=admin, lead_id=sales.own.pk, owner_id=sales.person("inside").pk)
    page = page_of(visit(sales.person("inside")), sales.own)
    assert "something you do not see → inside" in page
    assert "stranger" not in page


def test_a_higher_app_adds_to_the_timeline(sales, visit, monkeypatch):
    entry = timeline.Entry(at=clock.now(), title="Visit at the dairy", line="outside", is_touch=True)
    monkeypatch.setitem(timeline._sources, "visits", lambda *_given: [entry])
    answer = visit(sales.person("inside")).get(reverse("records:lead", args=[sales.own.pk]))
    assert answer.context["entries"][0] is entry
    assert answer.context["pre_call"].touches == [entry]
    with pytest.raises(ValueError, match="already"):
        timeline.register("visits", lambda *_given: [])


# --- Companies and contacts --------------------------------------------------------------------------------------------------------


def test_the_company_page_holds_what_belongs_to_it(sales, visit):
    page = page_of(visit(sales.person("inside")), sales.company)
    for word in ("1 rue de la Paix", "Castagnet", "Weighing line", "Website"):
        assert word in page


def rows(**given):
    number = len(next(iter(given.values())))
    form = {"rows-TOTAL_FORMS": number, "rows-INITIAL_FORMS": 0, "rows-MIN_NUM_FORMS": 0, "rows-MAX_NUM_FORMS": 200}
    for name, values in given.items():
        form |= {f"rows-{at}-{name}": value for at, value in enumerate(values) if value is not None}
    return form


def part(client, record, key: str, version: int, **given):
    url = reverse(f"records:{record._meta.model_name}-part", args=[record.pk, key])
    return client.post(url, {"version": version, **rows(**given)}, HTTP_HX_REQUEST="true")


def test_phones_as_a_whole_list(sales, visit):
    client = visit(sales.person("inside"))
    version = Contact.objects.get(pk=sales.contact.pk).version
    refused = part(client, sales.contact, "phones", version, number=["not a number"], kind=["work"])
    assert refused.status_code == 422
    assert "is not a phone number" in refused.content.decode()
    done = part(
        client, sales.contact, "phones", version, number=["04 72 00 00 01", "+33 6 12 34 56 78"],
        kind=["work", "mobile"], is_bad=["on", None],
    )  # fmt: skip
    assert done.headers["HX-Refresh"] == "true"
    stored = list(sales.contact.phones.values_list("number", "kind", "is_bad", "is_primary"))
    assert sorted(stored) == [("+33472000001", "work", True, False), ("+33612345678", "mobile", False, True)]
    late = part(client, sales.contact, "phones", version, number=["+33 6 99 99 99 99"], kind=["work"])
    assert late.status_code == 422, "somebody saved since"


def test_sites_keep_what_the_form_does_not_show(sales, visit):
    client = visit(sales.person("inside"))
    site = sales.company.sites.get()
    type(site).objects.filter(pk=site.pk).update(latitude="45.75", longitude="4.85", region="ARA")
    done = part(client, sales.company, "sites", sales.company.version, id=[str(site.pk)], street=["2 rue Neuve"],
                city=["Lyon"], country=["France"], postal_code=["69001"], label=[""], is_primary=["on"])  # fmt: skip
    assert done.headers.get("HX-Refresh") == "true", done.content.decode()
    site.refresh_from_db()
    assert (site.street, site.country, site.region, float(site.latitude)) == ("2 rue Neuve", "FR", "ARA", 45.75)


def test_consent_with_proof_and_date(sales, visit):
    client = visit(sales.person("inside"))
    url = reverse("records:contact-consent", args=[sales.contact.pk])
    client.post(url, {"channel": "call", "state": "given", "proof": "Form of 3 May"}, HTTP_HX_REQUEST="true")
    client.post(url, {"channel": "call", "state": "refused", "proof": "On the phone"}, HTTP_HX_REQUEST="true")
    answer = client.get(reverse("records:contact", args=[sales.contact.pk]))
    assert [(one.channel, one.state, one.proof) for one in answer.context["consents"]] == [
        ("call", "refused", "On the phone")
    ]
    assert client.post(url, {"channel": "smoke"}, HTTP_HX_REQUEST="true").status_code == 422


def test_do_not_contact_and_back(sales, visit):
    client = visit(sales.person("inside"))
    act(client, sales.contact, "forbid", reason="Asked")
    assert "Asked" in page_of(client, sales.contact)
    act(client, sales.contact, "allow")
    sales.contact.refresh_from_db()
    assert not sales.contact.do_not_contact


@pytest.mark.parametrize(
    ("kind", "key", "untouched"),
    [
        ("contact", "phones", {"number": "", "kind": "work", "extension": ""}),
        ("contact", "windows", {"day": "mon", "starts": "", "ends": ""}),
        ("deal", "splits", {"user": "", "role": "owner", "share": ""}),
        ("deal", "lines", {"product": "", "quantity": "", "unit_price": "", "discount": ""}),
    ],
)
def test_rows_that_nobody_touched_are_none(kind, key, untouched, sales, visit):
    """A browser sends the empty rows as well, with the first of each choice."""
    record = {"contact": sales.contact, "deal": sales.deal}[kind]
    sales.contact.phones.all().delete()
    client = visit(sales.person("inside"))
    dialog = client.get(reverse(f"records:{kind}-part", args=[record.pk, key])).context["rows"]
    assert {name: dialog.empty_form[name].value() or "" for name in untouched} == untouched
    done = part(client, record, key, record.version, **{name: [value] for name, value in untouched.items()})
    shown = done.context["rows"].errors if done.context else ""
    assert done.headers.get("HX-Refresh") == "true" or key in {"splits", "lines"}, shown
    assert not any(shown)


def test_preferred_hours_in_a_dialog(sales, visit):
    client = visit(sales.person("inside"))
    version = Contact.objects.get(pk=sales.contact.pk).version
    done = part(client, sales.contact, "windows", version, day=["fri", "mon", "mon"],
                starts=["20:00", "16:00", "09:00"], ends=["00:00", "18:00", "11:30"])  # fmt: skip
    assert done.headers.get("HX-Refresh") == "true", done.content.decode()
    sales.contact.refresh_from_db()
    kept = {"mon": [["09:00", "11:30"], ["16:00", "18:00"]], "fri": [["20:00", "24:00"]]}
    assert {day: hours for day, hours in sales.contact.contact_windows.items() if hours} == kept
    page = page_of(client, sales.contact)
    assert "09:00-11:30" in page
    assert "20:00-24:00" in page
    assert "Monday 09:00-11:30, Monday 16:00-18:00, Friday 20:00-24:00" in page, "the journal says it in words"
    twice = {"day": ["mon", "mon"], "starts": ["09:00", "10:00"], "ends": ["11:00", "12:00"]}
    assert part(client, sales.contact, "windows", version + 1, **twice).status_code == 422
    dialog = client.get(reverse("records:contact-part", args=[sales.contact.pk, "windows"])).content.decode()
    assert dialog.count('value="00:00"') == 1


# --- Deals ----------------------------------------------------------------------------------------------------------------------


def test_the_stages_are_a_route(sales, visit):
    client = visit(sales.person("inside"))
    deals.move_deal(actor=sales.person("inside"), deal_id=sales.deal.pk, stage_id=sales.stages[1].pk)
    answer = client.get(reverse("records:deal", args=[sales.deal.pk]))
    stops = [(str(stop["name"]), bool(stop["current"])) for stop in answer.context["route"]]
    assert stops == [("New", False), ("Demo", True), ("Offer", False), ("Won", False)]


def test_won_and_lost(sales, visit):
    client = visit(sales.person("inside"))
    why = ReasonFactory(kind="lost", label="Too dear")
    assert act(client, sales.deal, "lose").status_code == 422, "a reason is asked for"
    assert act(client, sales.deal, "lose", reason=why.pk, competitor="Rivalis").status_code == 200
    page = page_of(client, sales.deal)
    assert "Too dear" in page
    assert "Rivalis" in page
    assert act(client, sales.deal, "win").status_code == 409
    assert act(client, sales.deal, "reopen").status_code == 200
    assert act(client, sales.deal, "win", closed_on="2999-01-01").status_code == 422
    assert act(client, sales.deal, "win").status_code == 200
    sales.deal.refresh_from_db()
    assert sales.deal.state == "won"


def test_products_set_the_amount_and_shares_add_up(sales, visit):
    client = visit(sales.person("inside"))
    product = ProductFactory(price=50, currency="EUR")
    Deal.objects.filter(pk=sales.deal.pk).update(amount=None)
    done = part(client, sales.deal, "lines", 1, product=[product.pk], quantity=["3"], unit_price=[""], discount=["10"])
    assert done.headers.get("HX-Refresh") == "true", done.content.decode()
    sales.deal.refresh_from_db()
    assert sales.deal.amount == 135
    page = page_of(client, sales.deal)
    assert product.name in page
    people = [sales.person("inside").pk, sales.person("mate").pk]
    unequal = part(
        client, sales.deal, "splits", sales.deal.version, user=people, role=["owner", "helper"], share=["60", "30"]
    )
    assert unequal.status_code == 422
    part(client, sales.deal, "splits", sales.deal.version, user=people, role=["owner", "helper"], share=["60", "40"])
    assert sorted(map(str, DealSplit.objects.filter(deal=sales.deal).values_list("share", flat=True))) == [
        "0.4000",
        "0.6000",
    ]


# --- The board ------------------------------------------------------------------------------------------------------------------


def board(client, query: str = ""):
    return client.get(f"/deals/?as=board{query}")


def test_the_board_sums_by_stage_and_currency_and_is_capped(sales, visit, monkeypatch, count_queries):
    from crm.records import views_board

    inside = sales.person("inside")
    DealFactory(owner=inside, stage=sales.stages[0], amount=50, currency="EUR")
    DealFactory(owner=inside, stage=sales.stages[0], amount=7, currency="USD")
    DealFactory(owner=inside, stage=sales.stages[0], amount=999, currency="EUR", state="won", closed_on="2026-01-01")
    monkeypatch.setattr(views_board, "PER_STAGE", 2)
    client = visit(inside)
    lanes = board(client).context["lanes"]
    first, more = lanes[0]
    assert (first.number, len(first.deals), first.hidden) == (3, 2, 1)
    assert first.totals == [("EUR", 150), ("USD", 7)]
    assert [lane.stage.name for lane, _more in lanes] == ["New", "Demo", "Offer"]
    assert len(client.get(more).context["rows"]) == 3
    with count_queries() as few:
        board(client)
    for _ in range(20):
        DealFactory(owner=inside, stage=sales.stages[1], amount=1, currency="EUR")
    with count_queries() as many:
        board(client)
    assert many.number == few.number


def test_a_card_moves_by_key_and_by_drag_and_back(sales, visit, htmx):
    import json

    client = visit(sales.person("inside"))
    url = reverse("records:deal-move", args=[sales.deal.pk])
    answer = client.post(url, {"to": "next", "version": 1}, **htmx)
    told = json.loads(answer.headers["HX-Trigger"])["tandem:toast"]
    assert "Demo" in told["text"]
    client.post(told["undo"], **htmx)
    sales.deal.refresh_from_db()
    assert sales.deal.stage == sales.stages[0]
    client.post(url, {"stage": sales.stages[2].pk, "version": sales.deal.version}, **htmx)
    sales.deal.refresh_from_db()
    assert sales.deal.stage == sales.stages[2]
    assert client.post(url, {"to": "next", "version": 1}, **htmx).status_code == 409, "the board was an old one"
    last = client.post(url, {"to": "next", "version": sales.deal.version}, **htmx)
    assert (last.status_code, "HX-Trigger" in last.headers) == (200, False), "behind the last stage there is none"


def test_the_board_opens_on_the_line_of_who_reads_it(sales, visit):
    outside = PipelineFactory(name="Outside", motion="outside")
    StageFactory(pipeline=outside, name="Survey")
    answer = board(visit(sales.person("field")))
    assert answer.context["pipeline"] == outside
    chosen = next(url for one, url in answer.context["pipelines"] if one != outside)
    assert visit(sales.person("field")).get(chosen).context["pipeline"].name == "Inside"


def test_without_a_pipeline_the_board_says_so(sales, visit):
    type(sales.stages[0].pipeline).objects.update(is_active=False)
    assert "No pipeline yet" in board(visit(sales.person("inside"))).content.decode()


# --- New ones ---------------------------------------------------------------------------------------------------------------------


def test_a_company_a_contact_and_a_deal_are_entered(sales, visit):
    CustomFieldFactory(holder="company", key="plant", label="Plant", kind="choice", choices=["Dairy"])
    client = visit(sales.person("inside"))
    made = client.post("/companies/new", {
        "name": "PT Sumber Pangan", "website": "sumber.example", "city": "Surabaya", "country": "Indonesia",
        "phone": "031 5550 1482", "custom.plant": "Dairy",
    })  # fmt: skip
    company = Company.objects.get(name="PT Sumber Pangan")
    assert made.headers["Location"] == reverse("records:company", args=[company.pk])
    assert (company.custom, company.phones.get().number) == ({"plant": "Dairy"}, "+623155501482")
    client.post(
        "/contacts/new",
        {"first_name": "Rahmat", "last_name": "Hidayat", "company": company.pk, "email": "r@sumber.example"},
    )
    contact = Contact.objects.get(last_name="Hidayat")
    assert contact.company == company
    client.post(
        "/deals/new",
        {
            "name": "Scales",
            "company": company.pk,
            "contact": contact.pk,
            "motion": "inside",
            "amount": "5",
            "currency": "EUR",
        },
    )
    assert Deal.objects.get(name="Scales").owner == sales.person("inside")


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/companies/new", {"name": ""}),
        ("/companies/new", {"name": "X", "country": "Nowhereland"}),
        ("/companies/new", {"name": "X", "phone": "none"}),
        ("/contacts/new", {}),
        ("/deals/new", {"name": "X", "motion": "inside", "amount": "5", "currency": "ABC"}),
    ],
)
def test_a_refused_form_keeps_what_was_typed(path, given, sales, visit):
    answer = visit(sales.person("inside")).post(path, given)
    assert answer.status_code == 422
    assert not Company.objects.filter(name="X").exists()
    assert not Deal.objects.filter(name="X").exists()


def test_choosing_among_many_shows_what_fits(sales, visit):
    from leads.services import finding

    finding.index_words(sales.company)
    client = visit(sales.person("inside"))
    found = client.get("/companies/pick", {"field": "company", "company-find": "haut-fo"}).content.decode()
    assert str(sales.company.pk) in found
    assert (
        "Nothing found" in client.get("/companies/pick", {"field": "company", "company-find": "zzzz"}).content.decode()
    )
