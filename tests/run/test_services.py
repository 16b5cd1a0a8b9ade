"""The services for the duration of a command: started once, shared, stopped by the last one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from config.run import embedded, hold, postgres, processes, services
from config.run.errors import CannotRunError
from config.run.places import CLONE, Home
from tests.run.conftest import gone

COMMAND = """
import sys, time
from pathlib import Path
from config.run import services
from config.run.places import Home
with services.running(Home(Path(sys.argv[1])), "a command"):
    print("in", flush=True)
    sys.stdin.readline()
    import psycopg
    from config.run import embedded
    with psycopg.connect(embedded.database_url(Path(sys.argv[1]))) as c:
        print(c.execute("select 1").fetchone()[0], flush=True)
"""


def command(home: Home) -> subprocess.Popen[str]:
    """Another process that uses the services until it is sent a line."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(home.root)],
        cwd=CLONE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def test_they_run_for_the_command_and_leave_nothing(made: Home) -> None:
    with services.running(made, "this test"):
        with psycopg.connect(embedded.database_url(made.root)) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert json.loads((made.run / "state.json").read_text())["holder"]["what"] == "this test"
        assert int(made.pid_file("postgres").read_text()) == postgres.running_pid(made.cluster)
    assert postgres.running_pid(made.cluster) is None
    assert sorted(path.suffix for path in made.run.glob("*.pid")) == []


def test_two_commands_share_them_and_the_first_waits_for_the_second(made: Home) -> None:
    first = command(made)
    assert heard(first) == "in"
    second = command(made)
    assert heard(second) == "in"
    tell(first, "go")
    assert heard(first) == "1"
    time.sleep(0.5)
    assert first.poll() is None, "the one who started the services must not take them from the other"
    assert second.communicate("go\n", timeout=20)[0].strip() == "1"
    assert first.wait(20) == 0
    assert postgres.running_pid(made.cluster) is None


def test_after_kill_9_the_next_one_stops_what_was_left_and_starts(made: Home) -> None:
    first = command(made)
    assert heard(first) == "in"
    server = postgres.running_pid(made.cluster)
    assert server
    first.kill()
    first.wait()
    with services.running(made, "this test"):
        now = postgres.running_pid(made.cluster)
        assert now
        assert now != server
    assert gone(server)


def test_a_leftover_is_known_by_its_start_as_well_as_its_number(home: Home) -> None:
    innocent = subprocess.Popen(["sleep", "60"])
    try:
        note = {"programs": {"web": {"pid": innocent.pid, "began": "another boot:1"}}}
        hold.stop_leftovers(home, note)
        assert innocent.poll() is None
        identity = processes.Identity.of(innocent.pid)
        assert identity
        hold.stop_leftovers(home, {"programs": {"web": {"pid": innocent.pid, "began": identity.began}}})
        assert not identity.is_alive
    finally:
        innocent.kill()
        innocent.wait()


def test_served_parts_are_not_started(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with services.running(home, "this test"):
        assert not (home.run / "state.json").exists()
        assert not home.cluster.exists()


def test_temporary_services_are_fast_and_vanish(home: Home) -> None:
    with services.temporary() as addresses:
        folder = Path(addresses["TANDEM_HOME"])
        with psycopg.connect(addresses["DATABASE_URL"]) as connection:
            assert connection.execute("select current_setting('fsync')").fetchone() == ("off",)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_said_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotRunError, match="TANDEM_HOME="):
        hold.prepare_folders(Home(tmp_path / "file" / "home"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_said_so(home: Home) -> None:
    os.chown(home.run, 65534, 65534)
    with pytest.raises(CannotRunError, match="belongs to user number 65534"):
        hold.prepare_folders(home)
