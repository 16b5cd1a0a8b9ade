"""``make bench ARGS="--size 100000"``: figures of the product beside their floors, measured in one run.

Design section 5 has the budgets. ``--size`` is the number of leads (500 people always), ``--rows`` how many rows are
imported (default: a tenth of the leads, at most 100,000), ``--only`` picks parts, ``--write`` keeps the tables as
``docs/performance.md``. Services are embedded and thrown away, unless ``DATABASE_URL`` names a database: then the demo in
it is used again while its size fits.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from config.run import services

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("lists", "writes", "search", "pages", "ground", "jobs")
SEED = 1


def main() -> int:
    options = _options()
    with services.temporary() as addresses:
        os.environ.update(
            addresses, DJANGO_SETTINGS_MODULE="config.settings.base", RATE_LIMITS="off", LOG_LEVEL="ERROR"
        )
        import django

        django.setup()
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        setup_test_environment()
        _open_the_floor()
        call_command("migrate", verbosity=0)
        loading = _load(options.size)
        text = report(options, loading)
    if options.write:
        (ROOT / "docs" / "performance.md").write_text(text + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10_000, metavar="LEADS")
    parser.add_argument("--rows", type=int, metavar="ROWS")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.rows is None:
        options.rows = min(max(options.size // 10, 1_000), 100_000)
    return options


def _open_the_floor() -> None:
    """Add the bare views, anonymous and for this process alone; they pass the same middleware as everything."""
    from django.conf import settings

    from crm.core import doors
    from tests.bench import floor

    settings.ROOT_URLCONF = floor.__name__
    doors.declare(anonymous=doors._anonymous | floor.NAMES, self_guarded=doors._self_guarded)


def _load(size: int) -> str:
    """The large demo's people with ``size`` leads of history; says how long it took."""
    from accounts.models import Organisation
    from config.demo import bulk, load
    from leads.models import Lead

    there = Lead.objects.count()
    if Organisation.objects.filter(demo_size="large").exists() and size <= there <= size * 1.3:
        return "loaded before this run"
    Organisation.objects.exclude(demo_size="").update(demo_seed=0)
    bulk.LEADS["large"] = size
    started = time.perf_counter()
    load.load(size="large", seed=SEED)
    return f"loaded in {time.perf_counter() - started:.0f} s"


def report(options: argparse.Namespace, loading: str) -> str:
    """The whole page; each part is printed as soon as it is there."""
    from crm.core import clock
    from tests.bench import ground, jobs, lists, pages, searching, writes
    from tests.bench.measure import Missing, Row, Run, table
    from tests.bench.world import World, sizes

    world = World()
    made = {"lists": lists, "writes": writes, "search": searching, "pages": pages, "ground": ground}
    text = _HEAD.format(
        cores=os.cpu_count(), python=platform.python_version(), database=_server(), sizes=sizes(), loading=loading,
        day=clock.now(), load=os.getloadavg()[0],
    )  # fmt: skip
    print(text, flush=True)
    for name, module in made.items():
        if name in options.only:
            rows: Sequence[Row | Missing] = module.rows(world)
            text += _say(f"\n## {module.TITLE}\n\n{table(rows)}\n")
    if "jobs" in options.only:
        runs: Sequence[Run] = jobs.runs(world, options.rows)
        text += _say(f"\n## {jobs.TITLE}\n\n{jobs.table(runs)}\n")
    return text + _say(f"\nLoad of the machine at the end: {os.getloadavg()[0]:.1f}.")


def _say(part: str) -> str:
    print(part, flush=True)
    return part


def _server() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')")
        version, buffers = cursor.fetchone()
    return f"PostgreSQL {version.split()[0]} (shared_buffers {buffers})"


_HEAD = """# Performance

Made by `make bench` (`ARGS="--size 1000000 --write"`). Times are of one machine that others use as well: read the ratios (best
time against best time, which others disturb least) and the numbers of queries. *Raw* is the same work as SQL alone, *bare* a
Django view that answers the same JSON from the same SQL by `values()`, without sign-in, policy, serializer or journal,
measured in the same run. Both floors and every figure take the same path through middleware in one process, without a network.

Machine: {cores} cores, Python {python}, {database}, load {load:.1f} at the start. Date: {day:%Y-%m-%d}.
Data: {sizes}; {loading}.

How the data is made: `config/demo/history.py` tells it, `config/demo/bulk.py` writes it by COPY, with all that services
derive (search words, vocabulary, duplicate keys, credits, stage changes) but without journal rows of the creations, and
with scores that are due.
"""

if __name__ == "__main__":
    sys.exit(main())
