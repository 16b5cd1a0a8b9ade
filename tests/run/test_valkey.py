"""The embedded Valkey keeps its queue over a crash and starts even when its file is damaged."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from config.run import embedded, hold, tell
from config.run.places import Home
from config.run.valkey import Valkey


@contextmanager
def running(home: Home) -> Iterator[Valkey]:
    server = Valkey(home)
    try:
        server.begin()
        server.finish()
        yield server
    finally:
        server.stop()


def client(home: Home) -> redis.Redis:
    return redis.Redis.from_url(embedded.redis_url(home.root))


def test_it_is_a_broker_on_a_private_socket(home: Home) -> None:
    with running(home) as server, client(home) as connection:
        wanted = {"port": "0", "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
        assert {key: connection.config_get(key)[key] for key in wanted} == wanted
        assert server.socket.stat().st_mode & 0o077 == 0


def test_the_queue_outlives_kill_9(home: Home) -> None:
    with running(home) as server, client(home) as connection:
        connection.rpush("celery", "one", "two")
        time.sleep(1.2)  # the file is synced each second
        os.kill(server.pid, signal.SIGKILL)
        assert hold.wait_until(server.has_ended, 5)
        server.begin()
        server.finish()
        assert client(home).lrange("celery", 0, -1) == [b"one", b"two"]


def test_a_damaged_file_is_set_aside_and_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(tell, "line", said.append)
    with running(home), client(home) as connection:
        connection.rpush("celery", "lost")
    kept = home.broker / "appendonlydir"
    for file in kept.glob("*.incr.aof"):
        file.write_bytes(b"*3\r\n$5\r\nRPUSH\r\nthis is not the protocol\r\n" * 20)
    with running(home), client(home) as connection:
        assert connection.llen("celery") == 0
    assert "set aside" in "".join(said)
    assert list(home.broker.glob("broken-*"))
