from leads.models.companies import Company, Site
from leads.models.contacts import Consent, Contact, Email, Phone
from leads.models.custom import CustomField, CustomValue
from leads.models.deals import Deal, DealLine, DealSplit, ForecastCategory, Pipeline, Stage, StageChange
from leads.models.doors import (
    IncomingMail,
    Questionnaire,
    QuestionnaireAnswers,
    QuestionnaireVersion,
    WebForm,
)
from leads.models.duplicates import CompanyKey, ContactKey, DuplicateCheck, DuplicatePair, MergeRecord
from leads.models.finding import StaleWords
from leads.models.leads import Lead, Reason
from leads.models.mailboxes import Mailbox
from leads.models.offers import Campaign, Product, ReferralLink
from leads.models.parts import Record
from leads.models.scoring import (
    Axis,
    ExternalScore,
    LeadScore,
    ScoreEntry,
    ScoreModel,
    ScoreRule,
    ScoreRun,
    ScoreSettings,
)
from leads.models.views import SavedView
from leads.models.words import Word

__all__ = [
    "Axis",
    "Campaign",
    "Company",
    "CompanyKey",
    "Consent",
    "Contact",
    "ContactKey",
    "CustomField",
    "CustomValue",
    "Deal",
    "DealLine",
    "DealSplit",
    "DuplicateCheck",
    "DuplicatePair",
    "Email",
    "ExternalScore",
    "ForecastCategory",
    "IncomingMail",
    "Lead",
    "LeadScore",
    "Mailbox",
    "MergeRecord",
    "Phone",
    "Pipeline",
    "Product",
    "Questionnaire",
    "QuestionnaireAnswers",
    "QuestionnaireVersion",
    "Reason",
    "Record",
    "ReferralLink",
    "SavedView",
    "ScoreEntry",
    "ScoreModel",
    "ScoreRule",
    "ScoreRun",
    "ScoreSettings",
    "Site",
    "Stage",
    "StageChange",
    "StaleWords",
    "WebForm",
    "Word",
]
