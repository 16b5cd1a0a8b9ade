"""Scoring: the rules people write, the models that history teaches, and what each lead scored when."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core import clock
from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class Axis(models.TextChoices):
    """Who they are, and how much they want it: never mixed up."""

    FIT = "fit", _("Fit")
    ENGAGEMENT = "engagement", _("Engagement")


class ScoreRule(BaseModel):
    """So many points on an axis where a fact is so. ``fact`` is a key of ``leads.services.scoring_facts``."""

    class Test(models.TextChoices):
        IS = "is", _("is")
        IS_NOT = "is_not", _("is known and not")
        ONE_OF = "one_of", _("is one of")
        CONTAINS = "contains", _("contains")
        AT_LEAST = "at_least", _("is at least")
        AT_MOST = "at_most", _("is at most")
        KNOWN = "known", _("is known")
        MISSING = "missing", _("is not known")

    axis = models.CharField(_("axis"), max_length=10, choices=Axis)
    fact = models.CharField(_("fact"), max_length=80)
    test = models.CharField(_("test"), max_length=8, choices=Test)
    # Texts; a number stands as its text. Empty for known and missing.
    values = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("values"))
    points = models.SmallIntegerField(
        _("points"), validators=[MinValueValidator(-100), MaxValueValidator(100)], help_text=_("From -100 to 100.")
    )
    # Points halve this many days after the fact; null keeps them.
    half_life_days = models.PositiveSmallIntegerField(
        _("halves every (days)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    # Rules of one group together give no more than its cap, in either direction.
    group = models.CharField(_("group"), max_length=60, blank=True)
    group_cap = models.PositiveSmallIntegerField(
        _("at most, together"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("used"), default=True)

    objects = ScopedQuerySet["ScoreRule"].as_manager()

    class Meta:
        ordering: ClassVar = ["axis", "position", "id"]
        verbose_name = _("scoring rule")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="leads_scorerule_only_engagement_fades",
                condition=Q(half_life_days=None) | Q(axis="engagement"),
                violation_error_message=_("Only engagement fades: who they are stays."),
            ),
            models.CheckConstraint(
                name="leads_scorerule_cap_needs_group",
                condition=Q(group_cap=None) | ~Q(group=""),
                violation_error_message=_("A cap holds for a group: name it."),
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.fact} {self.test} {', '.join(self.values)}: {self.points:+d}"


class ScoreModel(BaseModel):
    """A scorecard learned from the organisation's own leads, with what it was worth on leads that came later.

    The row is the order to train, too: ``waiting`` until the job has done it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Learning")
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("In use")
        RETIRED = "retired", _("Retired")
        FAILED = "failed", _("Could not learn")

    number = models.PositiveIntegerField(_("model"), unique=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    # Form: leads.scoring.card.Scorecard.as_data().
    card = models.JSONField(default=dict)
    # {"model" | "rules" | "base" | "present": {measure: figure}}, see leads.scoring.measures.all_measures; ``present`` is the
    # model in use while this one was learned.
    measures = models.JSONField(default=dict)
    calibration = models.JSONField(default=list)
    # [[field, share of all points], …], heaviest first.
    weights = models.JSONField(default=list)
    # [[field, why], …]
    left_out = models.JSONField(default=list)
    excluded = ArrayField(models.CharField(max_length=80), default=list)
    # Why it may not be published, as stable words; empty when it may.
    objections = ArrayField(models.CharField(max_length=40), default=list)
    n_train = models.PositiveIntegerField(default=0)
    n_test = models.PositiveIntegerField(default=0)
    # When the leads that it learned from, and those it was judged on, arrived.
    learned_from = models.DateTimeField(null=True)
    judged_from = models.DateTimeField(null=True)
    judged_to = models.DateTimeField(null=True)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    # Learned because its time had come: put to use by itself if it is good enough.
    by_schedule = models.BooleanField(default=False, editable=False)
    due_at = models.DateTimeField(default=clock.now)
    trained_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["ScoreModel"].as_manager()

    class Meta:
        ordering: ClassVar = ["-number"]
        verbose_name = _("scoring model")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], name="leads_scoremodel_one_in_use", condition=Q(state="published")
            ),
            models.UniqueConstraint(
                fields=["state"], name="leads_scoremodel_one_learning", condition=Q(state="waiting")
            ),
        ]

    @override
    def __str__(self) -> str:
        return str(_("Model %(number)d") % {"number": self.number})

    @property
    def may_be_published(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.RETIRED) and not self.objections


class ScoreSettings(BaseModel):
    """What an organisation decides about learning; one row."""

    class Retrain(models.TextChoices):
        """How often Tandem learns by itself. What makes a lead good drifts: a model of last year knows last year."""

        OFF = "off", _("Only when asked")
        WEEKLY = "weekly", _("Every week")
        MONTHLY = "monthly", _("Every month")

    only = models.BooleanField(default=True, unique=True, editable=False)
    # Facts that the model may not use, beside those it never may.
    excluded = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    window_months = models.PositiveSmallIntegerField(
        _("learn from the last (months)"), default=24, validators=[MinValueValidator(3), MaxValueValidator(120)]
    )

    retrain = models.CharField(_("learn again"), max_length=7, choices=Retrain, default=Retrain.MONTHLY)

    objects = ScopedQuerySet["ScoreSettings"].as_manager()

    class Meta:
        verbose_name = _("scoring settings")
        constraints: ClassVar = [models.CheckConstraint(name="leads_scoresettings_one_row", condition=Q(only=True))]

    @override
    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class LeadScoreQuerySet(models.QuerySet["LeadScore"]):
    def due(self, moment: datetime) -> LeadScoreQuerySet:
        """Older than what they are made from."""
        return self.filter(due_at__lte=moment)


class LeadScore(models.Model):
    """The score of a lead: two axes, never mixed up, and one order made of them; null until scored.

    A row of its own, made by a trigger with its lead (migration 0002): scoring a million leads again writes narrow rows and
    none of a lead's twenty indexes (decision 9). ``due_at`` is null while nothing can change the score.
    """

    lead = models.OneToOneField("leads.Lead", on_delete=models.CASCADE, primary_key=True, related_name="score")
    fit = models.PositiveSmallIntegerField(_("fit"), null=True)
    engagement = models.PositiveSmallIntegerField(_("engagement"), null=True)
    total = models.PositiveSmallIntegerField(_("score"), null=True)
    at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, default=clock.now)

    objects = LeadScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="leads_leadscore_to_100", condition=Q(fit__lte=100, engagement__lte=100, total__lte=100)
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["total", "lead"], name="leads_leadscore_order"),
            models.Index(fields=["due_at"], name="leads_leadscore_due", condition=Q(due_at__isnull=False)),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.total} ({self.fit}, {self.engagement})"


class ScoreEntry(models.Model):
    """What a lead scored from a moment on: written when a score changes, so that past decisions can be judged."""

    id = models.BigAutoField(primary_key=True)
    # Written in one statement with the lead's score, whose own link holds it: a second check would lock a million leads.
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="scores", db_constraint=False, db_index=False
    )
    at = models.DateTimeField(default=clock.now)
    fit = models.PositiveSmallIntegerField()
    engagement = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    # Null: rules alone.
    model = models.ForeignKey(ScoreModel, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["lead", "-at"], name="leads_scoreentry_of_lead")]

    @override
    def __str__(self) -> str:
        return f"{self.total} ({self.fit}, {self.engagement})"


class ExternalScore(BaseModel):
    """What another system thinks of a lead: shown beside our own, never mixed into it."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="external_scores")
    source = models.CharField(_("from"), max_length=60)
    value = models.DecimalField(_("score"), max_digits=9, decimal_places=3)
    note = models.CharField(_("note"), max_length=200, blank=True)
    at = models.DateTimeField(_("as of"), default=clock.now)

    objects = ScopedQuerySet["ExternalScore"].as_manager()

    class Meta:
        ordering: ClassVar = ["source", "id"]
        verbose_name = _("score from outside")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lead", "source"], name="leads_externalscore_one_per_source")
        ]

    @override
    def __str__(self) -> str:
        return f"{self.source}: {self.value}"


class ScoreRun(BaseModel):
    """An order to score every lead again, and how far it is.

    Leads up to ``cursor`` are done or in somebody's hands: ``claims`` holds ``[after, up to, claimed until]`` of each
    portion in hand, so that workers go side by side and a killed one's portion is done by another.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Scoring")
        DONE = "done", _("Done")

    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    cursor = models.UUIDField(null=True)
    claims = models.JSONField(default=list)
    due_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet["ScoreRun"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name = _("scoring run")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["state"], name="leads_scorerun_one_at_a_time", condition=Q(state="waiting"))
        ]

    @override
    def __str__(self) -> str:
        return f"{self.done}/{self.total}"
