"""The image and the compose file say what the code can do, and no secret has a default."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator

import pytest
import yaml

from config.run import probe
from config.run.__main__ import COMMANDS
from config.run.places import CLONE

COMPOSE = (CLONE / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
OURS = ("migrate", "web", "worker", "beat", "sweeper")
DOCKERFILE = (CLONE / "Dockerfile").read_text()


def test_every_program_of_the_image_is_a_command() -> None:
    assert {SERVICES[name]["command"][0] for name in OURS} == {"prepare", "web", "worker", "beat", "sweeper"}
    assert {SERVICES[name]["command"][0] for name in OURS} <= set(COMMANDS)


def test_everything_the_image_copies_exists_and_is_let_through() -> None:
    allowed = set(re.findall(r"^!(.+)$", (CLONE / ".dockerignore").read_text(), re.MULTILINE))
    sources = [
        word for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (CLONE / source).exists(), source
        assert source.split("/")[0] in allowed, source


def test_the_image_does_not_run_as_root_and_every_program_is_confined() -> None:
    assert re.search(r"^USER tandem$", DOCKERFILE, re.MULTILINE)
    for name in OURS:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]


def test_every_secret_must_be_given_and_stands_in_the_example_without_a_value() -> None:
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (CLONE / ".env.example").read_text(), re.MULTILINE))
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        assert example[name] == ""
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", COMPOSE)
        assert uses
        assert all(use.startswith(":?") for use in uses), name


def test_database_and_broker_are_not_published() -> None:
    for name in ("postgres", "redis"):
        assert "ports" not in SERVICES[name]
        assert SERVICES[name]["networks"] == ["back"]


@pytest.fixture
def site() -> Iterator[tuple[str, list[str]]]:
    """A server that answers each request with the next of the given answers."""
    answers: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(answers.pop(0).encode())

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", answers
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def answer(status: int, body: str = "") -> str:
    return f"HTTP/1.0 {status} Word\r\nContent-Type: x\r\n\r\n{body}"


def test_the_health_check_of_web_asks_whether_it_lives(site: tuple[str, list[str]]) -> None:
    address, answers = site
    answers += [answer(200, "ok"), answer(503)]
    assert probe.main([address]) == 0
    assert probe.main([address]) == 1


def test_the_health_check_of_a_part_reads_it_even_when_another_part_is_away(site: tuple[str, list[str]]) -> None:
    address, answers = site
    body = '{"ready": false, "parts": {"worker": {"ok": true}, "sweeper": {"ok": false}}}'
    answers += [answer(503, body), answer(503, body), answer(500, "<html>")]
    assert probe.main([address, "worker"]) == 0
    assert probe.main([address, "sweeper"]) == 1
    assert probe.main([address, "worker"]) == 1


def test_a_site_that_is_away_is_unhealthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert probe.main([address]) == 1


def test_the_probe_calls_the_site_by_a_name_it_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", ".example.com,other")
    assert probe.host_header("127.0.0.1") == "example.com"
    monkeypatch.setenv("ALLOWED_HOSTS", "*")
    assert probe.host_header("127.0.0.1") == "127.0.0.1"
