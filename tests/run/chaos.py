"""``make chaos``: kill -9 of random processes of a running Tandem under light load; it must come back with everything.

Runs a Tandem of its own in a temporary folder. Clients write through the API with ids of their own and repeat whatever
got no answer; every operation stands in a ledger. At the end each acknowledged operation must have exactly one effect:
one row, one journal entry, and for an invitation one mail, delivered. ``--control`` makes the clients repeat with a new id
instead, which the verdict must catch as doubled; a run whose control passes proves nothing.

    ARGS="--kills 200 --minutes 10" make chaos
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crm.core import ids

ROOT = Path(__file__).resolve().parents[2]
VICTIMS = ("web", "worker", "beat", "sweeper", "postgres", "broker")
BACK_WITHIN = 60.0


@dataclass
class Operation:
    """One thing a client wanted: when it was sent, what it heard, how often it asked."""

    kind: str
    key: str
    number: int
    ids: list[str] = field(default_factory=list)
    outcome: str = "unknown"
    tries: int = 0
    status: int = 0


@dataclass
class Ledger:
    """Every operation of the run; survives it as evidence."""

    operations: list[Operation] = field(default_factory=list)
    in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def flight(self) -> Iterator[None]:
        with self.lock:
            self.in_flight += 1
        try:
            yield
        finally:
            with self.lock:
                self.in_flight -= 1


class Tandem:
    """The system under test: started by its own launcher, asked over HTTP, killed by pid file."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}},
            "TANDEM_HOME": str(self.home),
            "PORT": str(self.port),
            "RATE_LIMITS": "off",
        }
        self.log = (folder / "launcher.log").open("w")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "config.run.supervisor"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log)
        self.wait_until_ready(180)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        ).stdout

    def request(self, method: str, path: str, body: Any = None, key: str = "", **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            headers |= {"Authorization": f"Bearer {key}"} if key else {}
            payload = json.dumps(body) if body is not None else None
            connection.request(method, path, payload, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else None
        finally:
            connection.close()

    def ready(self) -> bool:
        """It says so itself, and every process stands again: a heartbeat alone would look fresh for a while."""
        try:
            return self.request("GET", "/readyz")[0] == 200 and set(VICTIMS) <= set(self.processes().values())
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def wait_until_ready(self, seconds: float) -> float:
        started = time.monotonic()
        while not self.ready():
            if time.monotonic() - started > seconds:
                _, body = self.request("GET", "/readyz")
                raise TimeoutError(f"Not ready after {seconds:.0f} s: {body}")
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"The launcher ended with {self.process.returncode}.")
            time.sleep(0.1)
        return time.monotonic() - started

    def processes(self) -> dict[int, str]:
        """Every process of the system but the launcher, by pid: those with a pid file and their children."""
        found: dict[int, str] = {}
        for name in VICTIMS:
            try:
                pid = int((self.home / "run" / f"{name}.pid").read_text())
            except (OSError, ValueError):
                continue
            if not is_alive(pid):
                continue
            found[pid] = name
            for child in children_of(pid):
                found[child] = f"{name} child"
        return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    """All descendants."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(text) for text in path.read_text().split()]
        except OSError:
            continue
        for child in direct:
            found += [child, *children_of(child)]
    return found


# --- Load ----------------------------------------------------------------------------------------------------------------


class Client(threading.Thread):
    """Writes, a few times a second; whatever got no answer is asked again until it has one."""

    def __init__(
        self, tandem: Tandem, ledger: Ledger, people: dict[str, dict[str, str]], number: int, *, careless: bool
    ) -> None:
        super().__init__(daemon=True)
        self.tandem, self.ledger, self.people, self.number, self.careless = tandem, ledger, people, number, careless
        self.stopping = threading.Event()
        self.chance = random.Random(number)

    def run(self) -> None:
        while not self.stopping.wait(0.15 + self.chance.random() * 0.3):
            kind = "invitation" if self.chance.random() < 0.4 else "absence"
            operation = Operation(kind, key=str(ids.uuid7()), number=len(self.ledger.operations))
            self.ledger.operations.append(operation)
            self.carry_out(operation)

    def carry_out(self, operation: Operation) -> None:
        deadline = time.monotonic() + 120
        while operation.outcome == "unknown" and time.monotonic() < deadline:
            if not operation.ids or self.careless:
                operation.ids.append(str(ids.uuid7()))
            operation.tries += 1
            try:
                with self.ledger.flight():
                    operation.status, _ = self.send(operation)
            except (OSError, http.client.HTTPException, ValueError):
                operation.status = 0
            if operation.status in {200, 201}:
                operation.outcome = "acked"
            elif 400 <= operation.status < 500 and operation.status not in {401, 409, 429}:
                operation.outcome = "refused"
            else:
                time.sleep(0.2)

    def send(self, operation: Operation) -> tuple[int, Any]:
        identifier = operation.ids[-1]
        headers = {} if self.careless else {"Idempotency-Key": operation.key}
        if operation.kind == "invitation":
            body = {"id": identifier, "email": f"{identifier}@example.org", "name": f"Guest {operation.key}"}
            return self.tandem.request(
                "POST", "/api/v1/users", body, self.people["admin@example.com"]["key"], **headers
            )
        starts = datetime(2035, 1, 1, tzinfo=UTC) + timedelta(hours=operation.number % 10_000)
        body = {
            "id": identifier,
            "user": self.people["inside@example.com"]["id"],
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=4)).isoformat(),
            "note": operation.key,
        }
        return self.tandem.request(
            "POST", "/api/v1/absences", body, self.people["inside@example.com"]["key"], **headers
        )


# --- Faults ---------------------------------------------------------------------------------------------------------------


def kill_about(
    tandem: Tandem, ledger: Ledger, *, kills: int, seconds: float, seed: int
) -> tuple[Counter[str], int, list[float]]:
    """``kills`` times a random process; by victim, how many struck requests in flight, and seconds until ready again."""
    chance = random.Random(seed)
    victims: Counter[str] = Counter()
    hits, recoveries = 0, []
    began = time.monotonic()
    for number in range(kills):
        time.sleep(max(began + (number + 0.5) * seconds / kills - time.monotonic(), 0) + chance.random() * 0.2)
        alive = tandem.processes()
        if not alive:
            raise RuntimeError("No process left to kill.")
        name = chance.choice(sorted(set(alive.values())))
        pid = chance.choice([pid for pid, whose in alive.items() if whose == name])
        hits += ledger.in_flight > 0
        victims[name] += 1
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        recoveries.append(tandem.wait_until_ready(BACK_WITHIN))
    return victims, hits, recoveries


# --- Verdict --------------------------------------------------------------------------------------------------------------

VERDICT = """
import json, sys
from accounts.models import Absence, User
from crm.core.models import JournalEntry, OutgoingMail
wanted = json.load(open(sys.argv[1]))
def journalled(event, key):
    return JournalEntry.objects.filter(event=event, object_id=key).count()
faults = []
for op in wanted:
    if op["kind"] == "absence":
        rows = list(Absence.objects.filter(note=op["key"]).values_list("pk", flat=True))
        traces = sum(journalled("absence.added", row) for row in rows)
    else:
        rows = list(User.objects.filter(name=f"Guest {op['key']}").values_list("pk", flat=True))
        traces = sum(journalled("user.invited", row) for row in rows)
        mails = OutgoingMail.objects.filter(recipients__contained_by=[f"{key}@example.org" for key in op["ids"]])
        if rows and (mails.count() != len(rows) or mails.exclude(state="sent").exists()):
            faults.append(["mail", op, list(mails.values_list("state", flat=True))])
    if op["outcome"] == "acked" and len(rows) != 1:
        faults.append(["lost" if not rows else "doubled", op, len(rows)])
    if op["outcome"] == "refused" and rows:
        faults.append(["refused but done", op, len(rows)])
    if len(rows) > 1 and op["outcome"] == "unknown":
        faults.append(["doubled", op, len(rows)])
    if traces != len(rows):
        faults.append(["trace", op, traces])
print(json.dumps({"faults": faults[:20], "number": len(faults), "kinds": sorted({fault[0] for fault in faults}),
    "mails": OutgoingMail.objects.count(), "mails sent again": OutgoingMail.objects.filter(attempt__gt=1).count()}))
"""


def verdict(tandem: Tandem, ledger: Ledger, folder: Path) -> dict[str, Any]:
    """Compare the ledger with the database, once the mails have had a minute to leave."""
    evidence = folder / "ledger.json"
    evidence.write_text(json.dumps([vars(operation) for operation in ledger.operations]))
    script = folder / "verdict.py"
    script.write_text(VERDICT)
    waiting = "from crm.core.models import OutgoingMail; print(OutgoingMail.objects.filter(state='waiting').count())"
    deadline = time.monotonic() + 150  # a mail claimed by a killed sender waits for its lease
    while tandem.manage("shell", "--no-imports", "-c", waiting).split()[-1] != "0" and time.monotonic() < deadline:
        time.sleep(3)
    code = f"import sys; sys.argv = ['verdict', {str(evidence)!r}]; exec(open({str(script)!r}).read())"
    return dict(json.loads(tandem.manage("shell", "--no-imports", "-c", code).strip().splitlines()[-1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--control", action="store_true", help="Careless clients: the verdict must find doubled effects."
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-chaos-") as name:
        return run(Path(name), options)


def run(folder: Path, options: argparse.Namespace) -> int:
    tandem, ledger = Tandem(folder), Ledger()
    tandem.start()
    try:
        people = {
            row["email"]: row for row in json.loads(tandem.manage("demo_users", "--json").strip().splitlines()[-1])
        }
        for person in people.values():
            person["id"] = tandem.request("GET", "/api/v1/me", key=person["key"])[1]["id"]
        clients = [
            Client(tandem, ledger, people, number, careless=options.control) for number in range(options.clients)
        ]
        for client in clients:
            client.start()
        victims, hits, recoveries = kill_about(
            tandem, ledger, kills=options.kills, seconds=options.minutes * 60, seed=options.seed
        )
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(150)
        tandem.wait_until_ready(BACK_WITHIN)
        found = verdict(tandem, ledger, folder)
    finally:
        code = tandem.stop()
    return report(ledger, victims, hits, recoveries, found, code, control=options.control)


def report(
    ledger: Ledger,
    victims: Counter[str],
    hits: int,
    recoveries: list[float],
    found: dict[str, Any],
    code: int,
    *,
    control: bool,
) -> int:
    outcomes = Counter(f"{operation.kind} {operation.outcome}" for operation in ledger.operations)
    repeated = sum(operation.tries > 1 for operation in ledger.operations)
    recoveries.sort()
    print(f"kills: {sum(victims.values())} ({', '.join(f'{name} {n}' for name, n in sorted(victims.items()))})")
    print(f"kills that struck requests in flight: {hits}; operations repeated: {repeated}")
    print(f"operations: {len(ledger.operations)} ({', '.join(f'{name} {n}' for name, n in sorted(outcomes.items()))})")
    if recoveries:
        middle, worst = recoveries[len(recoveries) // 2], recoveries[-1]
        print(
            f"seconds until ready again: median {middle:.1f}, 95 % {recoveries[int(len(recoveries) * 0.95)]:.1f}, worst {worst:.1f}"
        )
    print(f"mails: {found['mails']}, claimed more than once: {found['mails sent again']}")
    print(f"clean stop: exit code {code}")
    print(f"faults: {found['number']} {found['kinds']}")
    for fault in found["faults"]:
        print("  ", fault)
    if control:
        caught = "doubled" in found["kinds"]
        print("control:", "caught" if caught else "NOT CAUGHT: this experiment proves nothing")
        return 0 if caught else 1
    unanswered = sum(operation.outcome == "unknown" for operation in ledger.operations)
    good = not found["number"] and not unanswered and code == 0
    print("verdict:", "nothing lost, nothing doubled, back every time" if good else "FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
