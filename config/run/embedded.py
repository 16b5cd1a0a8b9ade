"""The addresses of the embedded PostgreSQL and Valkey of a data folder, known without reading or starting anything.

The settings import this module; the servers themselves are in ``postgres`` and ``valkey``, ``services`` starts them.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from config.run.places import Home

DATABASE = "tandem"
DATABASE_USER = "tandem"


def database_url(home: Path) -> str:
    """The address of the embedded database of ``home``, running or not: ``postgres://…?host=<socket folder>``."""
    return f"postgres://{DATABASE_USER}@/{DATABASE}?host={Home(home).sockets}"


def redis_url(home: Path) -> str:
    """The address of the embedded broker of ``home``, whether it runs or not: ``unix://<socket>``."""
    return f"unix://{Home(home).sockets}/broker.sock"


def with_database(url: str, number: int) -> str:
    """``url`` of a Redis server, pointing at its database ``number`` (``redis://host/1``, ``unix://path?db=1``)."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "db"]
    if parts.scheme == "unix":
        return _address("unix", parts.netloc + parts.path, [*query, ("db", str(number))])
    return _address(parts.scheme, f"{parts.netloc}/{number}", query)


def broker_url(url: str) -> str:
    """``url`` of a Redis server as Celery wants it: a socket is ``redis+socket://<path>?virtual_host=<database>``."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    query = dict(parse_qsl(parts.query))
    number = query.pop("db", "0")
    return _address("redis+socket", parts.netloc + parts.path, [("virtual_host", number), *query.items()])


def _address(scheme: str, rest: str, query: list[tuple[str, str]]) -> str:
    # Not urlunsplit: it drops the two slashes of an address without a host.
    return f"{scheme}://{rest}" + (f"?{urlencode(query, safe='/')}" if query else "")
