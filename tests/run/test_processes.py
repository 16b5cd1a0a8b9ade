"""Processes are known for certain, and none outlives the one that started it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from config.run import hold, processes
from tests.run.conftest import gone


def sleeping(tmp_path: Path, *, deaf: bool = False) -> processes.Identity:
    def work() -> None:
        if deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (tmp_path / "ready").write_text("")
        time.sleep(60)

    pid = processes.spawn(work, name="sleeper", log=tmp_path / "log", death_signal=signal.SIGKILL)
    assert hold.wait_until((tmp_path / "ready").exists, 5)
    identity = processes.Identity.of(pid)
    assert identity
    return identity


def test_a_number_that_was_given_out_again_is_another_process() -> None:
    me = processes.Identity.of(os.getpid())
    assert me
    assert me.is_alive
    assert not processes.Identity(os.getpid(), "an earlier boot:17").is_alive


def test_a_zombie_is_no_process(tmp_path: Path) -> None:
    pid = processes.spawn(lambda: 0, name="short", log=tmp_path / "log", death_signal=signal.SIGKILL)
    assert gone(pid)
    assert os.waitpid(pid, 0)[0] == pid


def test_a_child_has_its_own_session_log_and_default_signals(tmp_path: Path) -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        pid = processes.spawn(
            lambda: print(os.getsid(0) == os.getpid(), signal.getsignal(signal.SIGUSR1).name, sys.stdin.read() == ""),
            name="child",
            log=tmp_path / "log",
            death_signal=signal.SIGKILL,
        )
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    assert (tmp_path / "log").read_text().split() == ["True", "SIG_DFL", "True"]


def test_an_exception_in_a_child_is_logged_and_becomes_exit_code_1(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("out of luck")

    pid = processes.spawn(fail, name="child", log=tmp_path / "log", death_signal=signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert "RuntimeError: out of luck" in (tmp_path / "log").read_text()


def test_ending_goes_on_to_the_next_signal_when_the_first_is_ignored(tmp_path: Path) -> None:
    deaf = sleeping(tmp_path, deaf=True)
    began = time.monotonic()
    assert processes.end(deaf, ((signal.SIGTERM, 0.3), (signal.SIGKILL, 5.0)))
    assert time.monotonic() - began >= 0.3
    assert not deaf.is_alive


def test_ending_does_not_wait_for_the_rest_of_the_time(tmp_path: Path) -> None:
    began = time.monotonic()
    assert processes.end(sleeping(tmp_path), ((signal.SIGTERM, 30.0),))
    assert time.monotonic() - began < 5


@pytest.mark.skipif(not processes.LINUX, reason="the parent-death signal is Linux's")
def test_a_child_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    def parent() -> None:
        child = sleeping(tmp_path)
        (tmp_path / "child").write_text(str(child.pid))
        time.sleep(60)

    pid = processes.spawn(parent, name="parent", log=tmp_path / "parent.log", death_signal=signal.SIGKILL)
    assert hold.wait_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text() != "", 5)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert gone(int((tmp_path / "child").read_text()))


def test_a_large_log_is_set_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("a") as writer:
        for content in ("first", "second"):
            writer.write(content)
            writer.flush()
            processes.rotate(log, limit=3)
        writer.write("ok")
    processes.rotate(log, limit=3)
    names = ("web.log", "web.log.1", "web.log.2")
    assert [(tmp_path / name).read_text() for name in names] == ["ok", "second", "first"]
