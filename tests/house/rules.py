"""The house's own lint rules: what ruff and mypy cannot know. Each has a good and a bad sample, which are its test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "activities", "config", "crm", "leads", "territories")


@dataclass(frozen=True)
class Rule:
    """A pattern that must not occur in ``files`` (except in ``allowed`` ones), and what to do instead."""

    name: str
    pattern: str
    instead: str
    bad: str
    good: str
    files: str = r".*\.py$"
    allowed: str = r"^$"

    def faults(self, path: str, text: str) -> Iterator[str]:
        if not re.search(self.files, path) or re.search(self.allowed, path):
            return
        for number, line in enumerate(text.splitlines(), start=1):
            if re.search(self.pattern, line) and f"house: {self.name}" not in line:
                yield f"{path}:{number}: {self.name}: {self.instead}"


RULES = (
    Rule(
        "bell",
        r"\.(delay|apply_async)\(",
        "Ring by crm.core.work.enqueue: after commit, ids only, soft when the broker is away.",
        bad="route.delay(lead.pk)",
        good="work.enqueue('leads.route_lead', lead.pk)",
        allowed=r"^config/celery\.py$",
    ),
    Rule(
        "countdown",
        r"\b(countdown|eta)=",
        "A due time is a column and a sweep finds it; countdowns run twice.",
        bad="task.apply_async(countdown=600)",
        good="row.due_at = clock.now() + timedelta(minutes=10)",
    ),
    Rule(
        "partial-on-commit",
        r"on_commit\(\s*(functools\.)?partial",
        "Django 5.2 breaks on a partial after the commit: give on_commit a function.",
        bad="transaction.on_commit(partial(send, pk))",
        good="transaction.on_commit(ring, robust=True)",
    ),
    Rule(
        "all-fields",
        r"fields\s*=\s*[\"']__all__[\"']",
        "Name the fields: a new column must not be published by accident.",
        bad='fields = "__all__"',
        good='fields = ("id", "name")',
    ),
    Rule(
        "csrf",
        r"csrf_exempt",
        "Authenticate by key instead.",
        bad="@csrf_exempt",
        good="@require_POST",
    ),
    Rule(
        "raw-sql",
        r"\.(raw|extra)\(",
        "Write an expression, or a named function with a cursor and parameters.",
        bad="Lead.objects.extra(where=[sql])",
        good="Lead.objects.filter(score__gt=F('limit'))",
    ),
    Rule(
        "scope",
        r"\b[A-Z]\w*\.objects\.(?!visible_to\b|none\b)",
        "At a door start from Model.objects.visible_to(person), a selector or a service.",
        bad="users = User.objects.filter(name=name)",
        good="users = User.objects.visible_to(request.user)",
        files=r"/(views|api|forms)(/.*)?\.py$|/(views|forms|serializers)/.*\.py$",
        allowed=r"^crm/core/api/idempotency\.py$",
    ),
    Rule(
        "signals",
        r"django\.(db\.models|core|dispatch)\S* import .*\b(Signal|receiver|post_save|pre_save|post_delete|m2m_changed)\b",
        "No signals between our apps: call the service.",
        bad="from django.db.models.signals import post_save",
        good="from accounts.services import people",
    ),
    Rule(
        "generic-keys",
        r"GenericForeignKey|GenericRelation",
        'Explicit foreign keys; "exactly one of these" is a check constraint.',
        bad="target = GenericForeignKey()",
        good="lead = models.ForeignKey(Lead, on_delete=models.CASCADE)",
    ),
    Rule(
        "float-money",
        r"\bfloat\(",
        "Money is decimal.",
        bad="total = float(amount)",
        good="total = Decimal(amount)",
        files=r"money.*\.py$",
    ),
    Rule(
        "safe-filter",
        r"\|\s*safe\b|autoescape off",
        "Nothing of anybody's goes out unescaped.",
        bad="{{ note|safe }}",
        good="{{ note }}",
        files=r"\.html$",
    ),
    Rule(
        "inline-code",
        r"<script(?![^>]*\b(src|type=\"(application/json|importmap)\"))[^>]*>|\son[a-z]+\s*=\s*[\"']|\sstyle\s*=\s*[\"']|javascript:|hx-on",
        "The Content-Security-Policy allows no inline script or style: use a module, a class, a data attribute.",
        bad='<p style="color: red" onclick="go()">',
        good='<p class="chip-late" data-action="go">',
        files=r"\.html$",
        allowed=r"/templates/(accounts|account|mail)/mail/",
    ),
    Rule(
        "foreign-origin",
        r"(src|href)=\"(https?:)?//",
        "Pages talk to no third party.",
        bad='<script src="https://cdn.example/htmx.js"></script>',
        good="<script src=\"{% static 'tandem/js/shell.js' %}\"></script>",
        files=r"\.html$",
    ),
)
DRAWERS = {"utils", "helpers", "common", "misc"}


def our_files(*endings: str) -> Iterator[tuple[str, str]]:
    """Relative path and text of every source file of ours."""
    for top in OURS:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in endings and "migrations" not in path.parts and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def all_faults() -> list[str]:
    return [fault for path, text in our_files(".py", ".html") for rule in RULES for fault in rule.faults(path, text)]


def drawers() -> list[str]:
    return [path for path, _ in our_files(".py") if {Path(path).stem, *Path(path).parts} & DRAWERS]
