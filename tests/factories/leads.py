"""Companies, contacts, leads, deals: valid by default, numbered, no randomness."""

from __future__ import annotations

import factory

from crm.core import clock
from leads import normal
from leads.models import (
    Campaign,
    Company,
    Consent,
    Contact,
    CustomField,
    Deal,
    DealLine,
    DealSplit,
    Email,
    IncomingMail,
    Lead,
    LeadScore,
    Phone,
    Pipeline,
    Product,
    Questionnaire,
    QuestionnaireAnswers,
    QuestionnaireVersion,
    Reason,
    ReferralLink,
    SavedView,
    Site,
    Stage,
    WebForm,
)
from tests.factories.accounts import UserFactory


class CompanyFactory(factory.django.DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = factory.Sequence(lambda number: f"Company {number}")
    name_key = factory.LazyAttribute(lambda company: normal.company_key(company.name))


class SiteFactory(factory.django.DjangoModelFactory[Site]):
    class Meta:
        model = Site

    company = factory.SubFactory(CompanyFactory)
    street = "1 rue de la Paix"
    city = "Lyon"
    postal_code = "69002"
    country = "FR"


class ContactFactory(factory.django.DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    company = factory.SubFactory(CompanyFactory)
    first_name = factory.Sequence(lambda number: f"First{number}")
    last_name = factory.Sequence(lambda number: f"Last{number}")
    name_key = factory.LazyAttribute(lambda contact: normal.name_key(f"{contact.first_name} {contact.last_name}"))


class PhoneFactory(factory.django.DjangoModelFactory[Phone]):
    class Meta:
        model = Phone

    contact = factory.SubFactory(ContactFactory)
    number = factory.Sequence(lambda number: f"+33472{number:06d}")


class EmailFactory(factory.django.DjangoModelFactory[Email]):
    class Meta:
        model = Email

    contact = factory.SubFactory(ContactFactory)
    address = factory.Sequence(lambda number: f"Person.{number}@firm.test")
    key = factory.LazyAttribute(lambda email: normal.email_key(email.address))


class ConsentFactory(factory.django.DjangoModelFactory[Consent]):
    class Meta:
        model = Consent

    contact = factory.SubFactory(ContactFactory)
    channel = Consent.Channel.EMAIL
    state = Consent.State.GIVEN


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    class Meta:
        model = Product

    name = factory.Sequence(lambda number: f"Product {number}")
    name_key = factory.LazyAttribute(lambda product: normal.product_key(product.name))


class CampaignFactory(factory.django.DjangoModelFactory[Campaign]):
    class Meta:
        model = Campaign

    name = factory.Sequence(lambda number: f"Campaign {number}")
    name_key = factory.LazyAttribute(lambda campaign: normal.product_key(campaign.name))


class ReferralLinkFactory(factory.django.DjangoModelFactory[ReferralLink]):
    class Meta:
        model = ReferralLink

    contact = factory.SubFactory(ContactFactory)


class ReasonFactory(factory.django.DjangoModelFactory[Reason]):
    class Meta:
        model = Reason

    kind = Reason.Kind.DISQUALIFIED
    label = factory.Sequence(lambda number: f"Reason {number}")


class LeadFactory(factory.django.DjangoModelFactory[Lead]):
    class Meta:
        model = Lead
        skip_postgeneration_save = True

    contact = factory.SubFactory(ContactFactory)
    company = factory.LazyAttribute(lambda lead: lead.contact.company if lead.contact else None)

    class Params:
        disqualified = factory.Trait(status=Lead.Status.DISQUALIFIED, closed_at=factory.LazyFunction(clock.now))
        qualified = factory.Trait(status=Lead.Status.QUALIFIED, closed_at=factory.LazyFunction(clock.now))

    @factory.post_generation
    def score_total(self: Lead, create: bool, extracted: int | None, **_: object) -> None:
        """The row is there: made with the lead."""
        if extracted is not None:
            LeadScore.objects.filter(pk=self.pk).update(total=extracted)


class PipelineFactory(factory.django.DjangoModelFactory[Pipeline]):
    class Meta:
        model = Pipeline

    name = factory.Sequence(lambda number: f"Pipeline {number}")


class StageFactory(factory.django.DjangoModelFactory[Stage]):
    class Meta:
        model = Stage

    pipeline = factory.SubFactory(PipelineFactory)
    name = factory.Sequence(lambda number: f"Stage {number}")
    position = factory.Sequence(int)
    probability = 20


class DealFactory(factory.django.DjangoModelFactory[Deal]):
    class Meta:
        model = Deal

    name = factory.Sequence(lambda number: f"Deal {number}")
    company = factory.SubFactory(CompanyFactory)
    stage = factory.SubFactory(StageFactory)


class DealLineFactory(factory.django.DjangoModelFactory[DealLine]):
    class Meta:
        model = DealLine

    deal = factory.SubFactory(DealFactory)
    product = factory.SubFactory(ProductFactory)
    unit_price = 100


class DealSplitFactory(factory.django.DjangoModelFactory[DealSplit]):
    class Meta:
        model = DealSplit

    deal = factory.SubFactory(DealFactory)
    user = factory.SubFactory(UserFactory)
    share = 1


class CustomFieldFactory(factory.django.DjangoModelFactory[CustomField]):
    class Meta:
        model = CustomField

    holder = CustomField.Holder.LEAD
    key = factory.Sequence(lambda number: f"field_{number}")
    label = factory.Sequence(lambda number: f"Field {number}")
    kind = CustomField.Kind.TEXT


class WebFormFactory(factory.django.DjangoModelFactory[WebForm]):
    class Meta:
        model = WebForm

    name = factory.Sequence(lambda number: f"Form {number}")
    fields = ["last_name", "email"]


class QuestionnaireFactory(factory.django.DjangoModelFactory[Questionnaire]):
    class Meta:
        model = Questionnaire

    name = factory.Sequence(lambda number: f"Questions {number}")


class QuestionnaireVersionFactory(factory.django.DjangoModelFactory[QuestionnaireVersion]):
    class Meta:
        model = QuestionnaireVersion

    questionnaire = factory.SubFactory(QuestionnaireFactory)
    number = 1


class QuestionnaireAnswersFactory(factory.django.DjangoModelFactory[QuestionnaireAnswers]):
    class Meta:
        model = QuestionnaireAnswers

    version_asked = factory.SubFactory(QuestionnaireVersionFactory)
    lead = factory.SubFactory(LeadFactory)


class IncomingMailFactory(factory.django.DjangoModelFactory[IncomingMail]):
    class Meta:
        model = IncomingMail

    mailbox = "leads@tandem.test"
    message_id = factory.Sequence(lambda number: f"<{number}@mail.test>")
    content = b"Subject: Hello\n\nHello"


class SavedViewFactory(factory.django.DjangoModelFactory[SavedView]):
    class Meta:
        model = SavedView

    owner = factory.SubFactory(UserFactory)
    of = SavedView.Of.LEADS
    name = factory.Sequence(lambda number: f"View {number}")
