"""The embedded PostgreSQL starts, stops, and starts again after everything that was seen to go wrong."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from config.run import embedded, hold, postgres, processes, unroot
from config.run.errors import CannotRunError
from config.run.places import Home
from config.run.postgres import Postgres
from tests.run.conftest import forget


@contextmanager
def running(home: Home) -> Iterator[Postgres]:
    server = Postgres(home, durable=False)
    try:
        server.begin()
        server.finish()
        yield server
    finally:
        server.stop()


def ask(home: Home, statement: str) -> object:
    with psycopg.connect(embedded.database_url(home.root), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def test_rows_outlive_a_stop(made: Home) -> None:
    with running(made):
        ask(made, "create table note (text text); insert into note values ('kept')")
    with running(made):
        assert ask(made, "select text from note") == "kept"


def test_it_listens_on_the_private_socket_only(made: Home) -> None:
    with running(made):
        assert ask(made, "select current_setting('listen_addresses')") == ""
        assert (made.sockets / ".s.PGSQL.5432").is_socket()
        assert made.run.stat().st_mode & 0o077 == 0


def test_text_is_utf8_and_sorted_alike_everywhere(home: Home) -> None:
    with running(home):
        assert ask(home, "select datlocprovider::text from pg_database where datname = 'tandem'") == "b"
        assert ask(home, "select lower('ÄÖÜ Ž')") == "äöü ž"


def test_it_comes_back_after_kill_9_with_what_was_committed(made: Home) -> None:
    server = Postgres(made)  # durable: this is about what a crash leaves
    server.begin()
    server.finish()
    try:
        ask(made, "create table note (text text); insert into note values ('kept')")
        os.kill(server.pid, signal.SIGKILL)
        assert hold.wait_until(server.has_ended, 5)
        server.begin()
        server.finish()
        assert ask(made, "select text from note") == "kept"
    finally:
        server.stop()


def test_a_stale_lock_file_that_names_a_foreign_process_is_removed(made: Home) -> None:
    with running(made):
        pass
    lines = [str(os.getpid()), str(made.cluster), "1700000000", "5432", str(made.sockets), "", "", "ready"]
    (made.cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert postgres.running_pid(made.cluster) is None
    with running(made):
        assert ask(made, "select 1") == 1


def test_a_running_server_is_recognised(made: Home) -> None:
    with running(made) as server:
        assert postgres.running_pid(made.cluster) == server.pid
        postgres.forget_stale_pid(made.cluster)
        assert (made.cluster / "postmaster.pid").exists()


def test_an_interrupted_set_up_is_done_again(home: Home) -> None:
    draft = home.cluster.with_name(f"{home.cluster.name}.new")
    (draft / "base").mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with running(home):
        assert ask(home, "select 1") == 1
    assert not draft.exists()


def test_a_data_directory_open_to_others_is_closed_again(made: Home) -> None:
    with running(made):
        pass
    made.cluster.chmod(0o755)
    with running(made):
        assert made.cluster.stat().st_mode & 0o777 == 0o700


def test_the_cluster_of_another_version_is_refused_and_left_alone(home: Home) -> None:
    home.cluster.mkdir(mode=0o700)
    (home.cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(CannotRunError, match="PostgreSQL 15"):
        Postgres(home).begin()
    assert [path.name for path in home.cluster.iterdir()] == ["PG_VERSION"]


def test_a_long_path_with_spaces_works() -> None:
    home = Home(Path(tempfile.mkdtemp(prefix="tandem test ")) / ("a long folder name " * 6).strip())
    try:
        hold.prepare_folders(home)
        assert (home.run / "sockets.txt").read_text().strip() == str(home.sockets)
        with running(home):
            assert ask(home, "select current_database()") == "tandem"
    finally:
        forget(home)


def test_a_server_that_cannot_start_is_explained_with_its_own_words(made: Home) -> None:
    with running(made):
        pass
    (made.cluster / "postgresql.conf").write_text("no_such_setting = 1\n")
    server = Postgres(made, durable=False)
    server.begin()
    with pytest.raises(CannotRunError, match="no_such_setting"):
        server.finish()


def test_a_full_disk_is_said_so(home: Home) -> None:
    home.log_file("postgres").write_text("FATAL:  could not write: No space left on device\n")
    assert "disk" in Postgres(home)._explain("It stopped.")


def test_the_folder_of_sockets_must_be_ours(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.mkdir(mode=0o777)
    planted.chmod(0o777)
    monkeypatch.setattr(Home, "sockets", planted)
    with pytest.raises(CannotRunError, match="open to others"):
        hold.prepare_folders(home)


@pytest.fixture
def namespaces() -> None:
    """Skips where root cannot make user namespaces (in most containers)."""
    if os.geteuid() != 0 or unroot.role_for(postgres.binary("postgres")).owner != 0:
        pytest.skip("only root with user namespaces runs the database in one")


@pytest.mark.usefixtures("namespaces")
def test_root_runs_it_in_a_user_namespace_and_keeps_its_files(made: Home) -> None:
    with running(made) as server:
        names = Path(f"/proc/{server.pid}/uid_map").read_text().split()
        assert names[1:] == ["0", "1"]
        assert made.cluster.stat().st_uid == 0


@pytest.mark.usefixtures("namespaces")
def test_root_without_namespaces_runs_it_as_nobody_and_back(made: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked() -> None:
        raise PermissionError("unshare")

    with running(made):
        ask(made, "create table note (text text); insert into note values ('kept')")
    with monkeypatch.context() as patched:
        patched.setattr(unroot, "_enter_namespace", blocked)
        made.root.chmod(0o700)
        with running(made) as server:
            assert ask(made, "select text from note") == "kept"
            status = Path(f"/proc/{server.pid}/status").read_text()
            assert f"Uid:\t{unroot._nobody().pw_uid}" in status
            assert made.cluster.stat().st_uid == unroot._nobody().pw_uid
    with running(made):
        assert ask(made, "select text from note") == "kept"
        assert made.cluster.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused")
def test_root_without_any_way_is_told_what_to_do(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked() -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(unroot, "_enter_namespace", blocked)
    monkeypatch.setattr(unroot, "_become_nobody", blocked)
    with pytest.raises(CannotRunError, match="DATABASE_URL"):
        Postgres(home).begin()


def test_it_ends_when_the_one_who_started_it_is_killed(made: Home, tmp_path: Path) -> None:
    def parent() -> None:
        server = Postgres(made, durable=False)
        server.begin()
        server.finish()
        (tmp_path / "ready").write_text("")
        signal.pause()

    pid = processes.spawn(parent, name="parent", log=tmp_path / "log", death_signal=signal.SIGKILL)
    assert hold.wait_until((tmp_path / "ready").exists, 20)
    server = postgres.running_pid(made.cluster)
    assert server
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert hold.wait_until(lambda: postgres.running_pid(made.cluster) is None, 10)
