"""``make lock``: resolve the dependencies of ``pyproject.toml`` and ``package.json`` into the committed lock files.

None of them names an address: they hold on any machine, whatever its mirror. ``UPGRADE=yes`` takes the newest versions
that ``pyproject.toml`` allows; otherwise versions stay as they are locked.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from config.run import bootstrap, tell
from config.run.errors import CannotRunError
from config.run.places import CLONE

# The widest set first: the others take its versions, so that what is tested is what runs.
SETS: dict[str, tuple[str, ...]] = {
    "requirements-dev.txt": ("--all-extras", "--group", "dev"),
    "requirements-local.txt": ("--extra", "embedded"),
    "requirements.txt": (),
}
COMPILE = ("pip", "compile", "-q", "--universal", "--python-version", "3.11", "--generate-hashes")
BARE = ("--no-emit-index-url", "--no-header")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(\s*;[^\\]*)?", re.MULTILINE)


def main() -> int:
    uv = [sys.executable, "-m", "uv"]
    widest, *smaller = SETS
    _compile(uv, widest, ["--upgrade"] if os.environ.get("UPGRADE") else [])
    for name in smaller:
        # The resolver prefers the versions that it finds in its output file: give it those of the widest set.
        (CLONE / name).write_text((CLONE / widest).read_text())
        _compile(uv, name, [])
    _lock_uv(uv)
    if (CLONE / "package.json").exists():
        _lock_npm()
    return 0


def _compile(uv: Sequence[str], name: str, more: Sequence[str]) -> None:
    with tell.step(name) as say:
        _run([*uv, *COMPILE, *BARE, *more, *SETS[name], "pyproject.toml", "-o", name])
        say(f"{len(pins((CLONE / name).read_text()))} packages")


def pins(text: str) -> list[str]:
    """The requirements of a lock file without their hashes: ``name==version ; marker``."""
    return [match.group(0).strip() for match in PIN.finditer(text)]


def _lock_uv(uv: Sequence[str]) -> None:
    """The resolver itself, at the version that just resolved."""
    version = subprocess.run([*uv, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    with tempfile.NamedTemporaryFile("w", suffix=".in") as wanted:
        wanted.write(f"uv=={version}\n")
        wanted.flush()
        _run([*uv, *COMPILE, *BARE, "--no-annotate", wanted.name, "-o", str(bootstrap.UV_LOCK)])


def _lock_npm() -> None:
    npm = bootstrap.find_npm(Path(sys.executable))
    if npm is None:
        raise CannotRunError("npm was not found; package-lock.json stays as it is.")
    with tell.step("package-lock.json"):
        _run([*npm, "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved"])


def _run(command: Sequence[str]) -> None:
    answer = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise CannotRunError(f"{' '.join(command[:6])} … failed:\n{answer.stderr}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotRunError as error:
        sys.exit(str(error))
