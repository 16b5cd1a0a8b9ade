"""Rules of this house that no other linter knows. Each says what to do; good and bad samples are its tests."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.run.errors import CannotRunError
from config.run.places import CLONE

# The brackets keep this line from breaking its own rule.
REGISTRIES = r"py[p]i\.org|python[h]osted\.org|npm[j]s\.(?:org|com)|debi[a]n\.org"
LOCK_FILES = ("requirements*.txt", "package-lock.json", "config/run/uv.txt")
LARGEST = 900_000


@dataclass(frozen=True)
class Rule:
    """``pattern`` must not occur in files that match ``only`` and none of ``but``."""

    name: str
    advice: str
    pattern: re.Pattern[str]
    only: tuple[str, ...]
    but: tuple[str, ...] = ()

    def concerns(self, path: str) -> bool:
        return _matches(path, self.only) and not _matches(path, self.but)

    def findings(self, text: str) -> Iterator[tuple[int, str]]:
        """Number and text of each offending line; ``house: <name>`` and a reason on it lets one pass."""
        for number, line in enumerate(text.splitlines(), 1):
            if self.pattern.search(line) and f"house: {self.name}" not in line:
                yield number, line.strip()[:100]


RULES = (
    Rule(
        "no machine in the tree",
        "Name no folder of one machine; say what is meant, or make it a setting.",
        re.compile(r"(?<![\w./-])/(?:work|root|farm)/[\w.]"),
        ("*",),
    ),
    Rule(
        "no registry in the tree",
        "Lock files hold on any mirror: make them with `make lock`, which leaves addresses out.",
        re.compile(REGISTRIES),
        ("*",),
    ),
    Rule(
        "no address in a lock file",
        "Make lock files with `make lock`, which leaves addresses out.",
        re.compile(r"https?://(?!opencollective|github\.com/sponsors|www\.patreon|tidelift|feross|paulmillr)"),
        LOCK_FILES,
    ),
    Rule(
        "no inline script",
        "The content policy forbids it: move the code into a module under static/ and bind it by a data attribute.",
        re.compile(
            r"<script(?![^>]*\bsrc=)(?![^>]*\btype=[\"']application/(?:json|ld\+json)[\"'])|\son[a-z]+=[\"']|javascript:",
            re.IGNORECASE,
        ),
        ("*/templates/*.html",),
    ),
    Rule(
        "no inline style",
        "The content policy forbids it: use a class, or a data attribute that a module turns into a custom property.",
        re.compile(r"<style\b|\sstyle=[\"']", re.IGNORECASE),
        ("*/templates/*.html",),
        ("*/templates/mail/*", "*/mail/*.html"),
    ),
    Rule(
        "no template that trusts a value",
        "`|safe` and `autoescape off` let a person's text become markup: use format_html in Python.",
        re.compile(r"\|\s*safe\b|\bautoescape\s+off\b"),
        ("*.html",),
    ),
    Rule(
        "no signals between our apps",
        "Call the service, or let the lower app own a registry that the higher one fills in ready().",
        re.compile(r"\b(?:pre|post)_(?:save|delete|init)\b|\bm2m_changed\b"),
        ("*.py",),
        ("tests/*", "config/run/lints.py"),
    ),
    Rule(
        "no generic foreign key",
        "Use explicit keys; 'exactly one of these' is a check constraint.",
        re.compile(r"\bGeneric(?:ForeignKey|Relation)\b"),
        ("*.py",),
        ("config/run/lints.py", "tests/run/test_lints.py"),
    ),
    Rule(
        "ring the bell",
        "Use crm.core.work.enqueue: after commit, ids only, soft when the broker is away.",
        re.compile(r"\.(?:delay|apply_async)\("),
        ("*.py",),
        ("config/celery.py", "config/run/*", "tests/*"),
    ),
    Rule(
        "no countdown",
        "A due time is a column and a sweep finds it; countdowns run twice.",
        re.compile(r"\b(?:countdown|eta)="),
        ("*.py",),
        ("config/run/lints.py", "tests/*"),
    ),
    Rule(
        "no partial after commit",
        "Django 5.2 breaks on a partial after the commit: give on_commit a function.",
        re.compile(r"on_commit\(\s*(?:functools\.)?partial"),
        ("*.py",),
        ("config/run/lints.py", "tests/*"),
    ),
    Rule(
        "name the fields",
        "A new column must not be published by accident.",
        re.compile(r"fields\s*=\s*[\"']__all__[\"']"),
        ("*.py",),
        ("config/run/lints.py", "tests/*"),
    ),
    Rule(
        "no way around CSRF",
        "Authenticate by key instead.",
        re.compile(r"\bcsrf_exempt\b"),
        ("*.py",),
        ("config/run/lints.py", "tests/*", "crm/core/api/*"),
    ),
    Rule(
        "no raw queries",
        "Write an expression, or a named function with a cursor and parameters.",
        re.compile(r"\.objects\.(?:raw|extra)\("),
        ("*.py",),
        ("tests/*",),
    ),
    Rule(
        "start from what is visible",
        "At a door start from Model.objects.visible_to(person), a selector or a service.",
        # policy.get_visible narrows what it is given; a UserSession is allauth's, asked for by its own user.
        re.compile(r"^(?!.*get_visible\().*\b(?!UserSession\b)[A-Z]\w*\.objects\.(?!visible_to\b|none\b)"),
        ("*/views/*.py", "*/views.py", "*/forms/*.py", "*/api/*.py"),
        ("tests/*", "crm/core/api/idempotency.py"),
    ),
    Rule(
        "money is decimal",
        "A float cannot hold a cent.",
        re.compile(r"\bfloat\("),
        ("*money*.py", "*/money/*.py"),
        ("tests/*",),
    ),
    Rule(
        "no foreign origin",
        "Pages talk to no third party: serve it from static/.",
        re.compile(r"\b(?:src|href)=[\"'](?:https?:)?//"),
        ("*/templates/*.html",),
    ),
    Rule(
        "nothing put off",
        "Do it, or open an issue: marks in the code are not found again.",
        re.compile(r"\b(?:TODO|FIXME|HACK)\b"),
        ("*.py", "*.js", "*.css", "*.html", "*.md", "Makefile", "*.toml", "*.yml"),
        ("config/run/lints.py", "tests/run/test_lints.py", "*.po"),
    ),
)
REFUSED_NAMES = re.compile(r"(?:^|/)(?:utils?|helpers?|common|misc)(?:\.py|/)")


def files(*patterns: str) -> Iterator[Path]:
    """The files of the repository: tracked ones and new ones that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise CannotRunError(f"The rules look at the files that git knows: {answer.stderr.strip()}")
    for name in filter(None, answer.stdout.split("\0")):
        if (CLONE / name).is_file() and (not patterns or _matches(name, patterns)):
            yield CLONE / name


def find_all() -> Iterator[str]:
    """Every finding as ``path:line: rule: line`` with the advice below."""
    for path in files():
        name = path.relative_to(CLONE).as_posix()
        yield from _about_name(name)
        yield from _about_size(path, name)
        rules = [rule for rule in RULES if rule.concerns(name)]
        text = _text(path) if rules else None
        for rule in rules if text else ():
            for number, line in rule.findings(text or ""):
                yield f"{name}:{number}: {rule.name}: {line}\n    {rule.advice}"


def main() -> int:
    findings = list(find_all())
    print("\n".join(findings))
    return 1 if findings else 0


def _about_name(name: str) -> Iterator[str]:
    if REFUSED_NAMES.search(name):
        yield f"{name}: refused name\n    Name the module for its topic (docs: 'Names')."


def _about_size(path: Path, name: str) -> Iterator[str]:
    if path.stat().st_size > LARGEST:
        yield f"{name}: over {LARGEST:,} bytes\n    Third-party source and data do not belong in the repository."


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


if __name__ == "__main__":
    sys.exit(main())
