"""Doors that customers come through by themselves: web forms and questionnaires."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core import clock
from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet
from leads.models.offers import new_token


class WebForm(BaseModel):
    """A form on a website: a page of its own that may also be embedded, and what its leads are marked with."""

    name = models.CharField(_("name"), max_length=120)
    token = models.CharField(max_length=24, default=new_token, editable=False)
    title = models.CharField(_("title"), max_length=120, blank=True)
    intro = models.TextField(_("introduction"), blank=True, max_length=2000)
    thanks = models.TextField(_("thanks"), blank=True, max_length=2000)
    # Names of the intake's fields, in order.
    fields = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("fields"))
    required = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("required"))
    language = models.CharField(_("language"), max_length=5, default="en")
    source = models.CharField(_("source"), max_length=80, blank=True)
    campaign = models.ForeignKey("leads.Campaign", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    product = models.ForeignKey("leads.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # What the person agrees to by sending; empty asks for nothing.
    consent_text = models.CharField(_("consent"), max_length=500, blank=True)
    # Sites that may show it in a frame: origins, like https://www.example.com.
    origins = ArrayField(models.CharField(max_length=200), default=list, blank=True, verbose_name=_("shown on"))
    is_active = models.BooleanField(_("open"), default=True)

    objects = ScopedQuerySet["WebForm"].as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("web form")
        constraints: ClassVar = [models.UniqueConstraint(fields=["token"], name="leads_webform_one_per_token")]

    @override
    def __str__(self) -> str:
        return self.name


class Questionnaire(BaseModel):
    """A set of questions. Asked by a rep, or by the customer alone through a link."""

    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("used"), default=True)

    objects = ScopedQuerySet["Questionnaire"].as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("questionnaire")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"],
                name="leads_questionnaire_one_per_name",
                violation_error_message=_("A questionnaire with this name exists already."),
            )
        ]

    @override
    def __str__(self) -> str:
        return self.name


class QuestionnaireVersion(BaseModel):
    """The questions as they stood: once answered they never change, a new version follows.

    ``questions`` is a list of ``{"key", "text", "kind", "choices", "required", "sets", "points"}``: ``sets`` names the
    field that an answer fills, ``points`` gives ``{answer: points}`` of the engagement or fit axis.
    """

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    questions = models.JSONField(default=list)
    published_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["QuestionnaireVersion"].as_manager()

    class Meta:
        ordering: ClassVar = ["questionnaire", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="leads_questionnaireversion_once")
        ]

    @override
    def __str__(self) -> str:
        return f"{self.questionnaire_id} v{self.number}"


class QuestionnaireAnswers(BaseModel):
    """One round of answers on a lead; made with a token when the link is sent, filled when it comes back."""

    version_asked = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="rounds")
    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="questionnaires")
    token = models.CharField(max_length=24, default=new_token, editable=False)
    answers = models.JSONField(default=dict)
    asked_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True)
    # The rep who wrote them down; null when the customer did.
    answered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet["QuestionnaireAnswers"].as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token"], name="leads_answers_one_per_token"),
            models.CheckConstraint(
                name="leads_answers_by_somebody_have_time",
                condition=Q(answered_by=None) | Q(answered_at__isnull=False),
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.token


class IncomingMail(BaseModel):
    """A mail that came to a lead address, kept until it is read and after: one row per mailbox and Message-ID."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        LEAD = "lead", _("Became a lead")
        ADDED = "added", _("Added to a lead")
        IGNORED = "ignored", _("Set aside")
        FAILED = "failed", _("Not readable")

    mailbox = models.CharField(max_length=254)
    message_id = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    sender = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    content = models.BinaryField()
    # Why it was set aside, or what was wrong with it.
    remark = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    lead = models.ForeignKey("leads.Lead", on_delete=models.SET_NULL, null=True, related_name="incoming_mails")

    objects = ScopedQuerySet["IncomingMail"].as_manager()

    class Meta:
        ordering: ClassVar = ["-received_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "message_id"], name="leads_incomingmail_once_per_mailbox")
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="leads_incomingmail_waiting", condition=Q(state="waiting"))
        ]

    @override
    def __str__(self) -> str:
        return self.subject or self.message_id
