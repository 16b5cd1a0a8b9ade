"""Runs Tandem on one machine: services, preparation, four programs; keeps them alive; stops them in order.

One process without threads. It loads Django once and forks the programs from itself, so that they share memory, start
in an instant and receive a signal when it ends in whatever way.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, Protocol

from config.run import hold, processes, services, tell
from config.run.compatibility import override
from config.run.errors import CannotRunError
from config.run.places import Home
from config.run.probe import Probe, Readiness

HOLDER = "make run"
STOP_SIGNAL = signal.SIGTERM
PORTS_TO_TRY = 50
LAST_PORT = 65_535
READY_SECONDS = 60.0
PROBE_SECONDS = 5.0
# A program that ran this long had started well; its next failure begins a new count.
STEADY_SECONDS = 10.0
LONGEST_PAUSE = 30.0
QUOTE_AFTER = 3
# Web must answer within this.
UNANSWERED_SECONDS = 90.0
# Signs of life wait behind the longest job (its hard limit is five minutes), so silence means something only after that.
SILENT_SECONDS = 420.0
ROTATION_SECONDS = 60.0
DEMO_PASSWORD = "tandem-demo"  # noqa: S105 (printed on purpose, for the demo people only)


class Application(Protocol):
    """What is supervised: ``config.run.application``, or a stand-in under test."""

    @property
    def PROGRAMS(self) -> Mapping[str, Callable[[], object]]: ...  # noqa: N802 (a constant of the module)

    def prepare(self, report: Callable[[str, str], None], *, demo: bool) -> None: ...

    def demo_sign_ins(self) -> list[str]: ...


class Stopping(Exception):
    """Somebody asked us to stop."""


class Program(processes.Service):
    """One of the four programs, forked from this process with everything loaded."""

    def __init__(self, name: str, home: Home, work: Callable[[], object], close: Sequence[int]) -> None:
        super().__init__(home.log_file(name))
        self.name = self.label = name
        self.work = work
        self.close = close
        if name == "worker":  # warm: finish the running jobs; then cold: they are given out again
            self.farewell = ((signal.SIGTERM, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        elif name == "web":
            self.farewell = ((signal.SIGTERM, 25.0), (signal.SIGKILL, 5.0))

    @override
    def begin(self) -> None:
        self.pid = processes.spawn(
            self.work, name=self.name, log=self.log, death_signal=signal.SIGTERM, close=self.close
        )


class Kept:
    """A service that must run, and when it may be started again after it ended."""

    def __init__(self, service: processes.Service) -> None:
        self.service = service
        self.began = time.monotonic()
        self.quick_ends = 0
        self.again_at: float | None = None

    @property
    def runs(self) -> bool:
        return self.again_at is None

    @property
    def age(self) -> float:
        return time.monotonic() - self.began

    def ended(self) -> str:
        """Count the end, set the time of the next start, and say in one line what happened."""
        self.quick_ends = self.quick_ends + 1 if self.age < STEADY_SECONDS else 0
        pause = 0.0 if self.quick_ends == 0 else min(LONGEST_PAUSE, 0.25 * 2**self.quick_ends)
        self.again_at = time.monotonic() + pause
        when = "starting it again" if pause == 0 else f"starting it again in {pause:.1f} s"
        text = f"{self.service.name} ended ({_how(self.service.exit_code)}); {when}."
        if self.quick_ends and self.quick_ends % QUOTE_AFTER == 0:
            text += f"\n{processes.quote_log(self.service.log)}"
        return text

    def started(self) -> None:
        self.began = time.monotonic()
        self.again_at = None


class Supervisor:
    """The run of one data folder, from the first service to the last."""

    def __init__(self, mine: hold.Hold, load: Callable[[], Application]) -> None:
        self.hold = mine
        self.load = load
        self.home = mine.home
        self.kept: list[Kept] = []
        self.listener: socket.socket | None = None
        self.address = ""
        self.asked_to_stop = 0
        self.probe: Probe | None = None
        self.next_probe = 0.0
        self.answered_at = time.monotonic()
        self.next_rotation = 0.0
        self.sign_ins: list[str] = []
        self._bell, self._ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    # -- the whole life --

    def run(self) -> int:
        """Start everything, keep it running until asked to stop, stop everything. Returns the exit code."""
        self._listen_to_signals()
        try:
            self._start()
            self._keep()
        except Stopping:
            return 0
        except CannotRunError as error:
            tell.line(f"\n{error}")
            return 1
        finally:
            self._stop()
        return 0

    def _start(self) -> None:
        self._open_port()
        self._rotate_logs()
        servers = [kind(self.home, close=self._private_descriptors()) for kind in services.missing()]
        for server in servers:
            with tell.step(server.label) as say:
                self._begin(server)
                say(server.version)
        with tell.step("Application") as say:
            application = self._load()
            for server in servers:
                server.finish(watch=self._raise_if_stopping)
                self._note(server)
            say("loaded")
        self.hold.note(ready=True)
        self._prepare(application)
        for name, work in application.PROGRAMS.items():
            self._begin(Program(name, self.home, work, self._private_descriptors()))
        with tell.step("Web, worker, beat") as say:
            say(self._wait_for_readiness())
        self._welcome()

    def _keep(self) -> None:
        while True:
            self._look_after()
            self._look_at_health()
            if time.monotonic() >= self.next_rotation:
                self._rotate_logs()
            self._sleep(self._next_moment())

    def _stop(self) -> None:
        if self.kept:
            tell.line("\nStopping.")
        if self.listener:
            self.listener.close()
        for name in ("beat", "sweeper", "worker", "web", "broker", "postgres"):
            for kept in self.kept:
                if kept.service.name == name:
                    kept.service.stop(hurry=lambda: self.asked_to_stop > 1)
        if self.kept:
            tell.line("Stopped.")

    # -- starting --

    def _open_port(self) -> None:
        """Open the socket here, so that nobody else can take the port and requests wait while web restarts."""
        host = os.environ.get("HOST") or "127.0.0.1"
        wanted = port_number(os.environ.get("PORT") or "8000")
        self.listener = open_socket(host, wanted)
        port = self.listener.getsockname()[1]
        if wanted not in {0, port}:
            tell.line(f"  PORT {wanted} IS TAKEN by another program, so Tandem uses port {port}.")
        os.environ["PORT"] = str(port)
        os.environ["TANDEM_LISTEN"] = f"fd://{self.listener.fileno()}"
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (shown, not bound)
        self.address = f"http://{shown}:{port}"
        self.hold.note(address=self.address)

    def _rotate_logs(self) -> None:
        self.next_rotation = time.monotonic() + ROTATION_SECONDS
        with contextlib.suppress(OSError):  # a full disk must not end what still runs
            for log in self.home.logs.glob("*.log"):
                processes.rotate(log)

    def _private_descriptors(self) -> tuple[int, ...]:
        return self.hold.descriptor, self._bell, self._ring

    def _load(self) -> Application:
        """The application, imported; a broken one is shown as Python shows it."""
        try:
            return self.load()
        except Exception as error:
            raise CannotRunError(f"The application does not load:\n{traceback.format_exc()}") from error

    def _prepare(self, application: Application) -> None:
        """Checks, catalogues, tables and the demo, in a process of their own: what they load burdens nobody else."""
        ours, theirs = os.pipe()
        log = self.home.log_file("setup")
        log.unlink(missing_ok=True)

        def work() -> None:
            with os.fdopen(theirs, "w", buffering=1) as answer:
                application.prepare(
                    lambda label, outcome: print(json.dumps([label, outcome]), file=answer),
                    demo=os.environ.get("DEMO", "yes") not in {"no", "off", "0"},
                )
                print(json.dumps(["sign-ins", application.demo_sign_ins()]), file=answer)

        pid = processes.spawn(
            work, name="setup", log=log, death_signal=signal.SIGTERM, close=(*self._private_descriptors(), ours)
        )
        os.close(theirs)
        began = time.monotonic()
        try:
            for line in self._lines(ours):
                label, outcome = json.loads(line)
                if label == "sign-ins":
                    self.sign_ins = outcome
                else:
                    tell.row(label, outcome, time.monotonic() - began)
                    began = time.monotonic()
        except Stopping:
            identity = processes.Identity.of(pid)
            if identity:
                processes.end(identity, processes.Service.farewell)
            raise
        finally:
            os.close(ours)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            raise CannotRunError(f"Setting up failed.\n{processes.quote_log(log)}")

    def _lines(self, descriptor: int) -> Iterator[bytes]:
        """Lines that a child writes, until it closes its end. Gives up when we are asked to stop."""
        rest = b""
        while True:
            self._sleep(60.0, descriptor)
            if not select.select([descriptor], [], [], 0)[0]:
                continue
            chunk = os.read(descriptor, 65_536)
            if not chunk:
                return
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole

    def _begin(self, service: processes.Service) -> None:
        service.begin()
        self.kept.append(Kept(service))
        self._note(service)

    def _note(self, service: processes.Service) -> None:
        with contextlib.suppress(OSError):  # a full disk must not end what still runs
            self.hold.note_program(service.name, service.pid)

    def _wait_for_readiness(self) -> str:
        """Until /readyz is green by signs of life of this run; those of the run before may still look fresh."""
        began = time.monotonic()
        deadline = began + READY_SECONDS
        last = Readiness(answered=False)
        while time.monotonic() < deadline:
            self._raise_if_stopping()
            self._look_after()
            probe = Probe(self.address)
            while (answer := probe.poll()) is None:
                self._sleep(0.1, probe.socket)
                self._raise_if_stopping()
            last = answer
            if last.ready and last.heard_within(time.monotonic() - began):
                return "ready"
            self._sleep(0.1)
        return f"not ready yet: {last.explain()}"

    def _welcome(self) -> None:
        tell.line(f"\nTandem answers at {self.address}   ({tell.seconds_since_start():.1f} s)")
        if self.sign_ins:
            tell.line(f"  Sign in with the password {DEMO_PASSWORD} as")
            for email in self.sign_ins:
                tell.line(f"    {email}")
            if os.environ.get("HOST") not in {None, "", "127.0.0.1", "localhost", "::1"}:
                tell.line("  THESE PASSWORDS ARE PUBLIC and this address can be reached from other machines.")
        tell.line(f"  Logs are in {self.home.logs}. Ctrl-C stops everything.")

    # -- keeping --

    def _look_after(self) -> None:
        """Notice who ended, and start again who is due; the services first, and nothing else while one is away."""
        for kept in self.kept:
            if kept.runs and kept.service.has_ended():
                tell.line(f"{_clock()} {kept.ended()}")
                self._note(kept.service)
        for kept in self.kept:
            if not kept.runs and kept.again_at is not None and kept.again_at <= time.monotonic():
                self._begin_again(kept)
            if not kept.runs and not isinstance(kept.service, Program):
                return

    def _begin_again(self, kept: Kept) -> None:
        try:
            kept.service.begin()
            kept.service.finish(watch=self._raise_if_stopping)
        except (CannotRunError, OSError) as error:
            kept.service.stop()
            tell.line(f"{_clock()} {error}\n{kept.ended()}")
            return
        kept.started()
        self._note(kept.service)

    def _look_at_health(self) -> None:
        """Ask /readyz now and then; start again what is silent although its process lives."""
        if self.probe is None:
            if time.monotonic() < self.next_probe:
                return
            self.probe = Probe(self.address)
        answer = self.probe.poll()
        if answer is None:
            return
        self.probe = None
        self.next_probe = time.monotonic() + PROBE_SECONDS
        if answer.answered:
            self.answered_at = time.monotonic()
        for name in answer.silent(SILENT_SECONDS):
            self._end_silent(name, SILENT_SECONDS)
        if time.monotonic() - self.answered_at > UNANSWERED_SECONDS:
            self._end_silent("web", UNANSWERED_SECONDS)

    def _end_silent(self, name: str, seconds: float) -> None:
        """End a program that has lived long enough to have been heard; it is then started again like any that ended."""
        for kept in self.kept:
            if kept.service.name == name and kept.runs and kept.age > seconds:
                tell.line(f"{_clock()} {name} gives no sign of life; ending it.")
                os.kill(kept.service.pid, signal.SIGKILL)

    def _next_moment(self) -> float:
        """Seconds until something is due."""
        due = [kept.again_at for kept in self.kept if kept.again_at is not None]
        due += [self.next_rotation, self.next_probe if self.probe is None else time.monotonic() + 1.0]
        return max(0.0, min(due) - time.monotonic())

    # -- signals and sleeping --

    def _listen_to_signals(self) -> None:
        signal.set_wakeup_fd(self._ring, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # `nohup make run`
                signal.signal(number, self._on_stop)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1

    def _raise_if_stopping(self) -> None:
        if self.asked_to_stop:
            raise Stopping

    def _sleep(self, seconds: float, *also: Any) -> None:
        """Until ``seconds`` passed, a signal came or something in ``also`` can be read. Raises when asked to stop."""
        probe = [self.probe.socket] if self.probe else []
        select.select([self._bell, *also, *probe], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 512)
        self._raise_if_stopping()


def port_number(text: str) -> int:
    """``PORT`` as a number; 0 takes any free port."""
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise CannotRunError(f"PORT must be a number from 0 to {LAST_PORT}, not {text!r}.")
    return int(text)


def open_socket(host: str, wanted: int) -> socket.socket:
    """A listening socket on ``host`` and the first free port from ``wanted`` on (0: any)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, min(wanted + (PORTS_TO_TRY if wanted else 1), LAST_PORT + 1)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except PermissionError:
            raise CannotRunError(f"Port {port} is kept for the system. Choose another: PORT=8000 make run") from None
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                continue
            raise CannotRunError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
        listener.listen(2048)
        return listener
    raise CannotRunError(f"Ports {wanted} to {wanted + PORTS_TO_TRY - 1} are all taken. Choose one: PORT=9000 make run")


def load_tandem() -> Application:
    from config.run import application  # noqa: PLC0415 (installed by now)

    application.load()
    return application


def main(load: Callable[[], Application] = load_tandem) -> int:
    """Run Tandem in the data folder of the environment, or say where it runs already."""
    tell.speak_to(sys.stdout)
    os.umask(0o077)
    home = Home.from_environment()
    tell.seconds_since_start()
    try:
        hold.prepare_folders(home)
        mine = _take(home)
    except CannotRunError as error:
        tell.line(str(error))
        return 1
    if mine is None:
        return 0
    with mine:
        return Supervisor(mine, load).run()


def _take(home: Home) -> hold.Hold | None:
    """The hold; None when another Tandem runs in this folder. Waits for a management command that uses the services."""
    told = False
    while True:
        mine = hold.Hold.try_take(home, HOLDER)
        if mine is not None:
            return mine
        other = hold.holder(home)
        if other and other[1] == HOLDER:
            address = hold.read_state(home).get("address")
            tell.line(f"Tandem runs already in {home.root}: {address} (pid {other[0].pid}). `make stop` stops it.")
            return None
        if other and not told:
            tell.line(f"Waiting for '{other[1]}' (pid {other[0].pid}), which uses the embedded database now.")
            told = True
        time.sleep(0.2)


def _how(code: int | None) -> str:
    if code is None:
        return "unknown how"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _clock() -> str:
    return time.strftime("%H:%M:%S")


if __name__ == "__main__":
    sys.exit(main())
