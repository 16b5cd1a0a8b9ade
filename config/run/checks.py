"""``make check``: everything that can be said about the code without running the suite. One list, one summary."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.run import lints, services, tell
from config.run.errors import CannotRunError
from config.run.places import CLONE

# What a deployment would be given; `check --deploy` judges the settings, not these values.
DEPLOYED = {
    "TANDEM_ENV": "production",
    "SECRET_KEY": "only-for-check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "tandem.example.com",
    "SITE_URL": "https://tandem.example.com",
}
PYTHON = sys.executable
MANAGE = (PYTHON, "manage.py")
DJADE = str(Path(PYTHON).with_name("djade"))


@dataclass(frozen=True)
class Check:
    """One command that must succeed. ``environment`` is added to ours."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)


def checks() -> list[Check]:
    return [
        Check("lint", (PYTHON, "-m", "ruff", "check", "--quiet", ".")),
        Check("format", (PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")),
        Check("types", (PYTHON, "-m", "mypy")),
        Check("stack", (PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()")),
        Check("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run")),
        Check("system", (*MANAGE, "check", "--fail-level", "WARNING")),
        Check("deployment", (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"), DEPLOYED),
        Check("templates", (DJADE, "--check", "--target-version", "5.2", *map(str, lints.files("*.html")))),
        Check("house rules", (PYTHON, "-m", "config.run.lints")),
    ]


def main(names: Sequence[str]) -> int:
    """Run the checks called ``names`` (all by default), say what each found, return how many failed."""
    chosen = [check for check in checks() if not names or check.name in names]
    failed = []
    with services.temporary() as addresses:
        for check in chosen:
            began = time.monotonic()
            answer = subprocess.run(
                check.command,
                cwd=CLONE,
                env=os.environ | addresses | check.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            good = answer.returncode == 0
            tell.row(check.name, "ok" if good else "FAILED", time.monotonic() - began)
            if not good:
                failed.append(check.name)
                tell.line((answer.stdout + answer.stderr).rstrip() + "\n")
    tell.line(
        f"{len(chosen) - len(failed)} of {len(chosen)} checks passed."
        + (f" Failed: {', '.join(failed)}." * bool(failed))
    )
    return len(failed)


if __name__ == "__main__":
    tell.speak_to(sys.stdout)
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotRunError as error:
        sys.exit(str(error))
