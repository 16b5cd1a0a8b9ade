"""Questionnaires: questions in versions, rounds of answers on leads, what answers set and how they count.

A question is ``{"key", "text", "kind", "choices", "required", "sets", "axis", "points"}``. ``kind`` is one of ``KINDS``;
``sets`` names the field that an answer fills (``SETTABLE``, or ``custom.<key>`` of the lead); ``points`` gives
``{answer: points}`` on ``axis`` (``fit`` or ``engagement``), for choices and yes/no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, journal
from crm.core.errors import Conflict, Invalid, NotFound, Refusal
from crm.core.text import fold
from leads import normal
from leads.models import Contact, Lead, Product, Questionnaire, QuestionnaireAnswers, QuestionnaireVersion
from leads.policies import MANAGE_SALES_SETTINGS, WRITE_LEADS
from leads.services import scoring_due, writing
from leads.services.companies import change_company
from leads.services.contacts import change_contact
from leads.services.intake import by_name
from leads.services.leads import change_lead

KINDS = ("text", "number", "date", "yes_no", "choice", "choices")
WITH_CHOICES = frozenset({"choice", "choices"})
COUNTED = frozenset({"choice", "choices", "yes_no"})
AXES = ("fit", "engagement")
# What an answer may fill, and the kinds of question that give such a value. Custom fields of the lead check themselves.
SETTABLE: dict[str, tuple[str, ...]] = {
    "lead.needs_demo": ("yes_no",),
    "lead.expected_value": ("number",),
    "lead.product": ("choice",),
    "company.employees": ("number",),
    "company.sector": ("text", "choice"),
    "company.website": ("text",),
    "contact.job_title": ("text", "choice"),
    "contact.level": ("choice",),
}
MOST_QUESTIONS, MOST_CHOICES, LONGEST_ANSWER, MOST_POINTS = 60, 40, 2_000, 100
YES, NO = "yes", "no"

# --- Settings --------------------------------------------------------------------------------------------------------


def create_questionnaire(
    *, actor: User | None, name: str, questions: Sequence[Mapping[str, Any]] = (), questionnaire_id: UUID | None = None
) -> Questionnaire:
    """Make a questionnaire with its first version. Raises ``Forbidden``, ``Invalid``, ``Conflict`` for a name taken."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        stored = writing.known(Questionnaire, actor, questionnaire_id)
        if stored is not None:
            return stored
        made = Questionnaire(**({"pk": questionnaire_id} if questionnaire_id else {}))
        _name(made, name)
        writing.insert(made, actor=actor, event="questionnaire.created", fields=("name", "is_active"))
        _publish(made, questions)
    return made


def change_questionnaire(
    *, actor: User | None, questionnaire_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Questionnaire:
    """Change ``name``, ``is_active`` or ``questions``. Questions that were asked already stay as they were: a new version follows.

    Raises ``Forbidden``, ``NotFound``, ``Invalid`` (``questions`` names the question in words), ``VersionConflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        row = writing.locked(Questionnaire, actor, questionnaire_id)
        before = journal.snapshot(row, changes.keys() & {"name", "is_active"})
        _name(row, str(changes.get("name", row.name)))
        row.is_active = bool(changes.get("is_active", row.is_active))
        extra = {}
        if "questions" in changes:
            old = newest(row)
            new = _publish(row, changes["questions"])
            extra["questions"] = (old.questions if old else None, new.questions)
        writing.store(
            row,
            actor=actor,
            event="questionnaire.changed",
            before=before,
            expected_version=expected_version,
            extra=extra,
        )
    return row


def newest(questionnaire: Questionnaire) -> QuestionnaireVersion | None:
    """The version that is asked now."""
    return questionnaire.versions.order_by("-number").first()


def _name(row: Questionnaire, name: str) -> None:
    row.name = normal.clean(name)
    if not row.name:
        raise Invalid(_("A questionnaire needs a name."), field="name", code="required")
    writing.check(row)


def _publish(row: Questionnaire, questions: Sequence[Mapping[str, Any]]) -> QuestionnaireVersion:
    """Into the newest version while nobody was asked, else into the next one; nothing when nothing changed."""
    read = read_questions(questions)
    version = newest(row)
    if version is not None and version.questions == read:
        return version
    if version is not None and not version.rounds.exists():
        version.questions, version.published_at = read, clock.now()
        version.save_version(fields=["questions", "published_at"])
        return version
    number = version.number + 1 if version else 1
    return QuestionnaireVersion.objects.create(
        questionnaire=row, number=number, questions=read, published_at=clock.now()
    )


def read_questions(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Questions as they are stored. Raises ``Invalid`` (field ``questions``) with the number of the one at fault."""
    if not given:
        raise Invalid(_("Ask something."), field="questions", code="required")
    if len(given) > MOST_QUESTIONS:
        raise Invalid(_("%(count)d at most.") % {"count": MOST_QUESTIONS}, field="questions")
    read: list[dict[str, Any]] = []
    for number, question in enumerate(given, 1):
        try:
            read.append(_question(question, {done["key"] for done in read}))
        except Invalid as fault:
            raise Invalid(f"{number}. {fault.detail}", field="questions", code=fault.specific_code) from fault
    return read


def _question(given: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    text, kind = normal.clean(str(given.get("text") or ""))[:300], str(given.get("kind") or "text")
    if not text:
        raise Invalid(_("The question is missing."), code="required")
    if kind not in KINDS:
        raise Invalid(_("Choose from: %(choices)s.") % {"choices": ", ".join(KINDS)})
    choices = [normal.clean(str(choice))[:120] for choice in given.get("choices") or ()] if kind in WITH_CHOICES else []
    choices = list(dict.fromkeys(filter(None, choices)))
    if kind in WITH_CHOICES and not 2 <= len(choices) <= MOST_CHOICES:
        raise Invalid(_("Give at least two answers to choose from."), code="required")
    axis = str(given.get("axis") or "fit")
    if axis not in AXES:
        raise Invalid(_("Choose from: %(choices)s.") % {"choices": ", ".join(AXES)})
    return {
        "key": _key(str(given.get("key") or ""), text, taken),
        "text": text,
        "kind": kind,
        "choices": choices,
        "required": bool(given.get("required")),
        "sets": _target(str(given.get("sets") or ""), kind),
        "axis": axis,
        "points": _points(given.get("points") or {}, choices if kind in WITH_CHOICES else [YES, NO], kind),
    }


def _key(key: str, text: str, taken: set[str]) -> str:
    """The given key, else one of the words of the question, free among ``taken``."""
    wanted = (slugify(key) or slugify(fold(text))[:30] or "question").replace("-", "_")
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}_{number}"
    return found


def _target(sets: str, kind: str) -> str:
    if not sets or sets.startswith("custom."):
        return sets
    if sets not in SETTABLE:
        raise Invalid(_("“%(field)s” cannot be set here.") % {"field": sets}, code="not_writable")
    if kind not in SETTABLE[sets]:
        raise Invalid(_("An answer of this kind does not fit “%(field)s”.") % {"field": sets}, code="not_writable")
    return sets


def _points(given: Mapping[str, Any], answers: Sequence[str], kind: str) -> dict[str, int]:
    points = {}
    for answer, value in given.items() if kind in COUNTED else ():
        if answer not in answers:
            raise Invalid(_("“%(answer)s” is not among the answers.") % {"answer": answer})
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = MOST_POINTS + 1
        if abs(number) > MOST_POINTS:
            raise Invalid(_("Points are whole numbers from -100 to 100."))
        if number:
            points[answer] = number
    return points


# --- Asking and answering --------------------------------------------------------------------------------------------


def ask(*, actor: User | None, lead_id: UUID, questionnaire_id: UUID) -> QuestionnaireAnswers:
    """The round of a questionnaire on a lead: the one that is there, else a new one on the newest version.

    Raises ``Forbidden``, ``NotFound``, ``Conflict`` for a closed lead or a questionnaire that is no longer used.
    """
    writing.require(actor, WRITE_LEADS)
    with writing.writes():
        lead = writing.locked(Lead, actor, lead_id)
        row = writing.locked(Questionnaire, actor, questionnaire_id)
        present = QuestionnaireAnswers.objects.filter(lead=lead, version_asked__questionnaire=row).first()
        if present is not None:
            return present
        version = newest(row)
        if not (lead.is_open and row.is_active and version):
            raise Conflict(_("This questionnaire cannot be asked on this lead."))
        made = QuestionnaireAnswers(lead=lead, version_asked=version)
        # The token is the customer's key to their answers: it stays out of the journal.
        return writing.insert(made, actor=actor, event="questionnaire.asked", fields=("lead", "version_asked"))


def by_token(token: str) -> QuestionnaireAnswers:
    """The round that a link opens, with its questions, lead and contact. Raises ``NotFound``."""
    rows = QuestionnaireAnswers.objects.select_related("version_asked__questionnaire", "lead__contact", "lead__company")
    found = rows.filter(token=token).first()
    if found is None:
        raise NotFound
    return found


def is_closed(answers: QuestionnaireAnswers) -> bool:
    """Whether it can no longer be answered or corrected: the lead is decided."""
    return not answers.lead.is_open


def answer(
    *, actor: User | None, answers_id: UUID, given: Mapping[str, Any], expected_version: int | None = None
) -> QuestionnaireAnswers:
    """Write down the answers, by question key; what they set is set on lead, company and contact, and scores follow.

    ``actor`` is None when the customer answers by the link, and then answers what must be answered; a rep writes down
    what was said. A second time corrects the first. Raises ``Invalid`` with the question's key, ``Conflict`` when it is closed.
    """
    writing.require(actor, WRITE_LEADS)
    with writing.writes():
        row = writing.locked(QuestionnaireAnswers, actor, answers_id, "lead", "version_asked")
        row.require_version(expected_version)
        if is_closed(row):
            raise Conflict(_("These questions are closed."), code="closed")
        before = journal.snapshot(row, ["answers", "answered_at", "answered_by"])
        row.answers = read_answers(row.version_asked.questions, given, whole=actor is None)
        if row.answers == before["answers"] and row.answered_at:
            return row
        row.answered_at, row.answered_by = clock.now(), actor
        writing.store(row, actor=actor, event="questionnaire.answered", before=before)
        _set_fields(row, actor)
        scoring_due.mark(row.lead_id)
    return row


def read_answers(
    questions: Sequence[Mapping[str, Any]], given: Mapping[str, Any], *, whole: bool = True
) -> dict[str, Any]:
    """Answers in their JSON forms, the empty ones left out; ``whole`` insists on what must be answered.

    Raises ``Invalid`` with the question's key as field.
    """
    read = {}
    for question in questions:
        key = question["key"]
        try:
            value = _answer(question, given.get(key))
        except Invalid as fault:
            raise Invalid(fault.detail, field=key, code=fault.specific_code) from fault
        if value not in (None, "", []):
            read[key] = value
        elif whole and question["required"]:
            raise Invalid(_("Please answer this."), field=key, code="required")
    return read


def _answer(question: Mapping[str, Any], value: Any) -> Any:
    if value in (None, "", []):
        return None
    match question["kind"]:
        case "number":
            return _number(value)
        case "date":
            try:
                return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
            except ValueError as error:
                raise Invalid(_("This is no date.")) from error
        case "yes_no":
            return value if isinstance(value, bool) else _one_of(str(value), (YES, NO)) == YES
        case "choice":
            return _one_of(str(value), question["choices"])
        case "choices":
            return [_one_of(str(item), question["choices"]) for item in ([value] if isinstance(value, str) else value)]
        case _:
            return "\n".join(normal.clean(line) for line in str(value)[:LONGEST_ANSWER].splitlines()).strip()


def _number(value: Any) -> str:
    try:
        number = Decimal(str(value).replace("\u202f", "").replace(" ", "").replace(",", "."))
    except InvalidOperation as error:
        raise Invalid(_("This is no number.")) from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        raise Invalid(_("This is no number."))
    return f"{number:f}"


def _one_of(value: str, choices: Sequence[str]) -> str:
    if value not in choices:
        raise Invalid(_("Choose one of the answers."), code="bad_choice")
    return value


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer that counts: on which axis, how much, and the words to explain it with."""

    axis: str
    points: int
    question: str
    answer: str


def counted(answers: QuestionnaireAnswers) -> Iterator[Counted]:
    """What the answers of a round add to the score of its lead; needs ``version_asked`` loaded."""
    for question in answers.version_asked.questions:
        value = answers.answers.get(question["key"])
        if value is None:
            continue
        said = [YES if value is True else NO if value is False else value] if not isinstance(value, list) else value
        for item in said:
            points = question.get("points", {}).get(str(item))
            if points:
                yield Counted(question.get("axis", "fit"), int(points), question["text"], str(item))


def _set_fields(row: QuestionnaireAnswers, actor: User | None) -> None:
    """Carry the answers into the fields they set, by the same verbs as everybody. A refusal names the question."""
    changes: dict[str, dict[str, Any]] = {"lead": {}, "company": {}, "contact": {}}
    asked: dict[str, str] = {}
    for question in row.version_asked.questions:
        value = row.answers.get(question["key"])
        target = question.get("sets", "")
        if not target or value is None:
            continue
        holder, _dot, name = target.partition(".")
        if holder == "custom":
            changes["lead"].setdefault("custom", {})[name] = value
        else:
            changes[holder][name] = _as_field(name, value)
        asked[f"custom.{name}" if holder == "custom" else name] = question["key"]
    try:
        _carry(row.lead, changes, actor)
    except Refusal as refusal:
        key = asked.get(refusal.field or "")
        raise Invalid(refusal.detail, field=key, code=refusal.specific_code) from refusal


def _as_field(name: str, value: Any) -> Any:
    """An answer's JSON form as the field takes it."""
    match name:
        case "expected_value":
            return Decimal(value)
        case "employees":
            return int(Decimal(value))
        case "level":
            labels = {fold(str(label)): level for level, label in Contact.Level.choices}
            return labels.get(fold(value), value)
        case _:
            return value


def _carry(lead: Lead, changes: Mapping[str, dict[str, Any]], actor: User | None) -> None:
    of_lead = dict(changes["lead"])
    if "product" in of_lead:
        of_lead["product"] = by_name(Product, of_lead["product"], "product")
    if "expected_value" in of_lead and not lead.currency:
        of_lead["currency"] = settings.DEFAULT_CURRENCY
    if of_lead:
        change_lead(actor=actor, lead_id=lead.pk, changes=of_lead)
    if changes["company"] and lead.company_id:
        change_company(actor=actor, company_id=lead.company_id, changes=changes["company"])
    if changes["contact"] and lead.contact_id:
        change_contact(actor=actor, contact_id=lead.contact_id, changes=changes["contact"])
