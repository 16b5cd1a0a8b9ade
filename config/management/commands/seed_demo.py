"""``manage.py seed_demo``: fill an empty database with the demo organisation."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from config.demo import cast, load


class Command(BaseCommand):
    help = "Load the demo organisation (into an empty database, or in place of another demo)."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=sorted(cast.PEOPLE), default="small")
        parser.add_argument("--seed", type=int, default=1)

    @override
    def handle(self, *args: Any, size: str, seed: int, **options: Any) -> None:
        if not 0 <= seed < 2**31:
            raise CommandError("A seed is a whole number from 0 to 2147483647.")
        started = time.perf_counter()
        try:
            made = load.load(size=size, seed=seed)
        except load.NotADemo as refusal:
            raise CommandError(str(refusal)) from refusal
        seconds = time.perf_counter() - started
        said = (
            f"Loaded the {size} demo organisation (seed {seed}) in {seconds:.1f} s."
            if made
            else "This demo is loaded already."
        )
        self.stderr.write(said)
