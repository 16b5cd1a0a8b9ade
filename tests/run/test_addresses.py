"""Where the embedded services listen, and how each client writes that."""

from __future__ import annotations

from pathlib import Path

import environ
import pytest
import redis
from kombu import Connection

from config.run import embedded
from config.run.places import LONGEST_SOCKET_FOLDER, Home


def test_a_plain_folder_holds_its_own_sockets() -> None:
    assert embedded.database_url(Path("/srv/tandem")) == "postgres://tandem@/tandem?host=/srv/tandem/run"
    assert embedded.redis_url(Path("/srv/tandem")) == "unix:///srv/tandem/run/broker.sock"


@pytest.mark.parametrize("folder", ["/srv/with space", "/srv/a,b", "/srv/été", "/srv/50%", "/x" * 60])
def test_a_path_that_is_long_or_needs_quoting_gets_a_short_folder_for_sockets(folder: str) -> None:
    sockets = Home(Path(folder)).sockets
    assert sockets.parent == Path("/tmp")
    assert sockets == Home(Path(folder)).sockets
    assert sockets != Home(Path(f"{folder}x")).sockets


def test_the_longest_socket_address_that_is_used_fits_the_kernel() -> None:
    exact = Path("/" + "x" * (LONGEST_SOCKET_FOLDER - len("/run") - 1))
    assert Home(exact).sockets == exact / "run"
    assert len(f"{Home(exact).sockets}/.s.PGSQL.5432") == 107
    assert Home(Path(f"{exact}x")).sockets.parent == Path("/tmp")


def test_the_settings_read_the_database_address() -> None:
    read = environ.Env().db_url_config(embedded.database_url(Path("/srv/tandem")))
    assert (read["NAME"], read["USER"], read["OPTIONS"]["host"]) == ("tandem", "tandem", "/srv/tandem/run")


@pytest.mark.parametrize(
    ("address", "second", "celery"),
    [
        ("unix:///a/b.sock", "unix:///a/b.sock?db=1", "redis+socket:///a/b.sock?virtual_host=0"),
        ("unix:///a/b.sock?db=3", "unix:///a/b.sock?db=1", "redis+socket:///a/b.sock?virtual_host=3"),
        ("redis://host:6379/0", "redis://host:6379/1", "redis://host:6379/0"),
        ("rediss://:pw@host/2?ssl_cert_reqs=none", "rediss://:pw@host/1?ssl_cert_reqs=none", None),
    ],
)
def test_a_redis_address_is_rewritten_for_each_client(address: str, second: str, celery: str | None) -> None:
    assert embedded.with_database(address, 1) == second
    assert embedded.broker_url(address) == (celery or address)


def test_the_clients_understand_the_rewritten_addresses() -> None:
    address = embedded.redis_url(Path("/srv/tandem"))
    options = redis.Redis.from_url(embedded.with_database(address, 1)).connection_pool.connection_kwargs
    assert (options["path"], options["db"]) == ("/srv/tandem/run/broker.sock", 1)
    channel = Connection(embedded.broker_url(embedded.with_database(address, 2)))
    assert channel.transport_cls == "redis"
