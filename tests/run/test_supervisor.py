"""The supervisor keeps the programs running, stops them in order, and leaves nothing behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
from collections.abc import Callable

import psycopg
import pytest

from config.run import embedded, postgres, processes
from config.run.errors import CannotRunError
from config.run.places import Home
from config.run.supervisor import open_socket, port_number
from tests.run.conftest import Launcher, free_port, gone

Launch = Callable[..., Launcher]
ALL = ("web", "worker", "beat", "sweeper")


def test_it_starts_four_programs_and_says_where(launch: Launch, home: Home) -> None:
    launcher = launch()
    assert launcher.says("Ctrl-C stops"), launcher.output
    assert f"Tandem answers at http://127.0.0.1:{launcher.port}" in launcher.output
    assert "inside@example.com" in launcher.output
    assert all(processes.Identity.of(launcher.pid_of(name)) for name in ALL)


def test_it_stops_in_order_with_exit_code_0(launch: Launch, home: Home) -> None:
    launcher = launch()
    assert launcher.says("Ctrl-C stops"), launcher.output
    pids = [launcher.pid_of(name) for name in ALL]
    assert launcher.stop(signal.SIGINT) == 0
    assert (home.root / "order").read_text().split() == ["beat", "sweeper", "worker", "web"]
    assert all(gone(pid) for pid in pids)
    assert list(home.run.glob("*.pid")) == []


def test_a_dead_child_is_started_again_and_said_in_one_line(launch: Launch) -> None:
    launcher = launch()
    assert launcher.says("Ctrl-C stops"), launcher.output
    before = launcher.pid_of("worker")
    os.kill(before, signal.SIGKILL)
    assert launcher.says("worker ended (SIGKILL); starting it again"), launcher.output
    assert launcher.comes_back("worker", before)


def test_what_a_dead_child_left_in_its_group_is_ended_too(launch: Launch) -> None:
    launcher = launch()
    assert launcher.says("Ctrl-C stops"), launcher.output
    worker = launcher.pid_of("worker")
    [pool_child] = children_of(worker)
    os.kill(worker, signal.SIGKILL)
    assert gone(pool_child)


def test_requests_wait_while_web_is_started_again(launch: Launch) -> None:
    launcher = launch()
    assert launcher.says("Ctrl-C stops"), launcher.output
    os.kill(launcher.pid_of("web"), signal.SIGKILL)
    request = http.client.HTTPConnection("127.0.0.1", launcher.port, timeout=10)
    request.request("GET", "/readyz")
    assert request.getresponse().status == 200
    request.close()


def test_a_program_that_fails_at_once_is_tried_less_often_and_quoted(launch: Launch) -> None:
    launcher = launch(STAND_IN_FAILS="beat")
    assert launcher.says("  | beat works", 30), launcher.output
    assert "beat ended (exit code 3); starting it again in" in launcher.output
    assert launcher.process.poll() is None


def test_a_worker_that_hangs_is_ended_and_started_again(launch: Launch) -> None:
    launcher = launch(STAND_IN_SILENT="1000")
    assert launcher.says("Ctrl-C stops"), launcher.output
    assert "not ready yet" in launcher.output
    assert launcher.says("worker gives no sign of life; ending it"), launcher.output
    assert launcher.says("worker ended (SIGKILL); starting it again"), launcher.output
    assert "web ended" not in launcher.output


def test_a_web_that_hangs_is_ended_and_started_again(launch: Launch) -> None:
    launcher = launch()
    assert launcher.says("Ctrl-C stops"), launcher.output
    web = launcher.pid_of("web")
    os.kill(web, signal.SIGSTOP)
    assert launcher.says("web gives no sign of life; ending it"), launcher.output
    assert gone(web)


def test_kill_9_leaves_no_child_and_the_next_start_heals(launch: Launch, made: Home) -> None:
    launcher = launch(services=True)
    assert launcher.says("Ctrl-C stops", 40), launcher.output
    with psycopg.connect(embedded.database_url(made.root)) as connection:
        connection.execute("create table note (text text); insert into note values ('kept')")
    pids = [launcher.pid_of(name) for name in (*ALL, "postgres", "broker")]
    pids += children_of(launcher.pid_of("worker"))
    os.kill(launcher.process.pid, signal.SIGKILL)
    again = launch(services=True)
    assert again.says("Ctrl-C stops", 40), again.output
    assert all(gone(pid) for pid in pids)
    with psycopg.connect(embedded.database_url(made.root)) as connection:
        assert connection.execute("select text from note").fetchone() == ("kept",)


def test_the_services_come_back_first_when_they_are_killed(launch: Launch, made: Home) -> None:
    launcher = launch(services=True)
    assert launcher.says("Ctrl-C stops", 40), launcher.output
    for name in ("postgres", "broker"):
        before = launcher.pid_of(name)
        os.kill(before, signal.SIGKILL)
        assert launcher.comes_back(name, before), launcher.output
    with psycopg.connect(embedded.database_url(made.root)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert launcher.stop() == 0
    assert postgres.running_pid(made.cluster) is None


def test_a_taken_port_is_said_loudly_and_the_next_one_used(launch: Launch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        launcher = launch(port=taken)
        assert launcher.says("Ctrl-C stops"), launcher.output
        assert f"PORT {taken} IS TAKEN" in launcher.output
        assert f"http://127.0.0.1:{taken}\n" not in launcher.output


def test_a_second_start_in_the_same_folder_says_where_the_first_runs(launch: Launch) -> None:
    first = launch()
    assert first.says("Ctrl-C stops"), first.output
    second = launch(port=free_port())
    assert second.process.wait(20) == 0
    assert second.says(f"http://127.0.0.1:{first.port}"), second.output
    assert first.process.poll() is None


def test_two_folders_run_side_by_side(launch: Launch, home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = launch()
    assert first.says("Ctrl-C stops"), first.output
    second = launch(TANDEM_HOME=str(tmp_path_factory.mktemp("other")))
    assert second.says("Ctrl-C stops"), second.output


def test_a_failed_preparation_stops_everything_and_shows_why(launch: Launch, home: Home) -> None:
    launcher = launch(STAND_IN_UNPREPARED="yes")
    assert launcher.process.wait(20) == 1
    assert launcher.says("a migration is broken"), launcher.output
    assert list(home.run.glob("*.pid")) == []


def test_a_second_interrupt_ends_what_does_not_listen(launch: Launch) -> None:
    launcher = launch(STAND_IN_DEAF="web")
    assert launcher.says("Ctrl-C stops"), launcher.output
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.says("Stopping.")
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.process.wait(8) == 0


def test_make_stop_stops_it(launch: Launch, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from config.run.__main__ import stop

    launcher = launch()
    assert launcher.says("Ctrl-C stops"), launcher.output
    monkeypatch.setenv("TANDEM_HOME", str(home.root))
    assert stop() == 0
    assert launcher.process.wait(5) == 0
    assert stop() == 0, "stopping what does not run is no failure"


@pytest.mark.parametrize("text", ["http", "-1", "70000", "8000.5"])
def test_a_port_that_is_none_is_refused_clearly(text: str) -> None:
    with pytest.raises(CannotRunError, match="PORT must be"):
        port_number(text)


def test_a_free_port_is_searched_upwards() -> None:
    with open_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with open_socket("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 50


def children_of(pid: int) -> list[int]:
    return [
        int(path.parent.name)
        for path in processes.Path("/proc").glob("[0-9]*/stat")
        if _parent(path.read_text()) == pid
    ]


def _parent(stat: str) -> int:
    return int(stat.rpartition(")")[2].split()[1])
