"""Who sees and does what with companies, contacts, leads and deals. The table is in ``docs/who-may-what.md``.

Companies and their people are common ground: inside and outside work on one account, and nobody enters twice what a
colleague has. Leads and deals are somebody's: one's own, one's team's, for managers the tree's and what nobody owns yet.
"""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Capability, User
from accounts.policies import managed_teams
from crm.core.policy import EVERYTHING, NOTHING, define_act, sees
from leads.models import (
    Campaign,
    Company,
    Consent,
    Contact,
    CustomField,
    Deal,
    DealLine,
    DealSplit,
    DuplicatePair,
    Email,
    ExternalScore,
    IncomingMail,
    Lead,
    MergeRecord,
    Phone,
    Pipeline,
    Product,
    Questionnaire,
    QuestionnaireAnswers,
    QuestionnaireVersion,
    Reason,
    ReferralLink,
    SavedView,
    ScoreModel,
    ScoreRule,
    ScoreRun,
    ScoreSettings,
    Site,
    Stage,
    WebForm,
)

SELLS = (Capability.CALLS, Capability.VISITS, Capability.MANAGES, Capability.ADMINISTERS)
READS = (*SELLS, Capability.APPROVES)
MANAGES = (Capability.MANAGES, Capability.ADMINISTERS)

# --- Acts ------------------------------------------------------------------------------------------------------------

VIEW_COMPANIES = define_act("leads.view_companies", capabilities=READS)
WRITE_COMPANIES = define_act("leads.write_companies", capabilities=SELLS)
VIEW_CONTACTS = define_act("leads.view_contacts", capabilities=SELLS)
WRITE_CONTACTS = define_act("leads.write_contacts", capabilities=SELLS)
VIEW_LEADS = define_act("leads.view_leads", capabilities=SELLS)
WRITE_LEADS = define_act("leads.write_leads", capabilities=SELLS)
# To whom a lead belongs is decided by routing; by hand, by who answers for people.
ASSIGN_LEADS = define_act("leads.assign_leads", capabilities=MANAGES)
VIEW_DEALS = define_act("leads.view_deals", capabilities=READS)
WRITE_DEALS = define_act("leads.write_deals", capabilities=SELLS)
VIEW_PRODUCTS = define_act("leads.view_products", capabilities=READS)
MANAGE_PRODUCTS = define_act("leads.manage_products", capabilities=MANAGES)
VIEW_CAMPAIGNS = define_act("leads.view_campaigns", capabilities=READS)
MANAGE_CAMPAIGNS = define_act("leads.manage_campaigns", capabilities=MANAGES)
# Pipelines, reasons, custom fields, forms, questionnaires.
VIEW_SALES_SETTINGS = define_act("leads.view_sales_settings", capabilities=READS, scope="settings:read")
MANAGE_SALES_SETTINGS = define_act("leads.manage_sales_settings", capabilities=MANAGES, scope="settings:write")
WRITE_VIEWS = define_act("leads.write_views", capabilities=READS, scope="views:write")
VIEW_VIEWS = define_act("leads.view_views", capabilities=READS)


# --- Rows ------------------------------------------------------------------------------------------------------------


def _has_any(person: User, capabilities: tuple[str, ...]) -> bool:
    return any(person.can(capability) for capability in capabilities)


def _whose(person: User) -> Q:
    """The owners whose leads and deals ``person`` sees; as one list of people, so that an index by owner serves."""
    people = Q(pk=person.pk)
    if person.team_id:
        people |= Q(team=person.team_id)
    if not person.can(Capability.MANAGES):
        return Q(owner__in=User.objects.filter(people).order_by().values("pk"))
    people |= Q(team__in=managed_teams(person).values("pk"))
    return Q(owner=None) | Q(owner__in=User.objects.filter(people).order_by().values("pk"))


@sees(Company)
def companies(person: User) -> Q:
    return EVERYTHING if _has_any(person, READS) else NOTHING


@sees(Site)
def sites(person: User) -> Q:
    return companies(person)


@sees(Contact)
def contacts(person: User) -> Q:
    return EVERYTHING if _has_any(person, SELLS) else NOTHING


@sees(Phone)
def phones(person: User) -> Q:
    return contacts(person)


@sees(Email)
def emails(person: User) -> Q:
    return contacts(person)


@sees(Consent)
def consents(person: User) -> Q:
    return contacts(person)


@sees(ReferralLink)
def referral_links(person: User) -> Q:
    return contacts(person)


@sees(DuplicatePair)
def duplicate_pairs(person: User) -> Q:
    return contacts(person)


@sees(MergeRecord)
def merge_records(person: User) -> Q:
    return contacts(person)


@sees(Lead)
def leads(person: User) -> Q:
    """One's own and the team's; a manager the tree's and those without an owner; administrators all."""
    if person.can(Capability.ADMINISTERS):
        return EVERYTHING
    return _whose(person) if _has_any(person, SELLS) else NOTHING


@sees(Deal)
def deals(person: User) -> Q:
    """As leads, and those one has a share in; approvers and administrators all."""
    if person.can(Capability.ADMINISTERS) or person.can(Capability.APPROVES):
        return EVERYTHING
    if not _has_any(person, SELLS):
        return NOTHING
    return _whose(person) | Q(pk__in=DealSplit.objects.filter(user=person.pk).values("deal_id"))


@sees(DealLine)
def deal_lines(person: User) -> Q:
    return Q(deal__in=Deal.objects.visible_to(person).values("pk"))


@sees(DealSplit)
def deal_splits(person: User) -> Q:
    return Q(deal__in=Deal.objects.visible_to(person).values("pk"))


@sees(QuestionnaireAnswers)
def questionnaire_answers(person: User) -> Q:
    return Q(lead__in=Lead.objects.visible_to(person).values("pk"))


@sees(ExternalScore)
def external_scores(person: User) -> Q:
    return Q(lead__in=Lead.objects.visible_to(person).values("pk"))


@sees(IncomingMail)
def incoming_mails(person: User) -> Q:
    """What came to the lead addresses, before anybody owns it."""
    return EVERYTHING if _has_any(person, MANAGES) else NOTHING


@sees(SavedView)
def saved_views(person: User) -> Q:
    return Q(owner=person.pk) | Q(is_shared=True)


# What is sold and how it is sold is no secret among colleagues.


@sees(Product)
@sees(Campaign)
@sees(Pipeline)
@sees(Stage)
@sees(Reason)
@sees(ScoreRule)
@sees(ScoreModel)
@sees(ScoreRun)
@sees(ScoreSettings)
@sees(CustomField)
@sees(WebForm)
@sees(Questionnaire)
@sees(QuestionnaireVersion)
def common(person: User) -> Q:
    return EVERYTHING
