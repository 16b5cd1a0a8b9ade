"""Try the product's own scoring on any table: ``score_evaluate FILE --target COL --positive VALUE [--time COL] …``."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from leads.scoring import measures, trial
from leads.scoring.table import TableError, read_table
from leads.scoring.trial import Task, Trial


class Command(BaseCommand):
    help = (
        "Learns from the first 70 % of a table in time (by --time; without it from a fixed 70 % by hash) exactly as the "
        "product learns from its own leads, judges on the rest, and prints one line of JSON last."
    )

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="csv, csv.gz or xlsx; delimiter and encoding are found out")
        parser.add_argument("--target", required=True, help="the column with the outcome")
        parser.add_argument("--positive", required=True, help="the value of the target that means won")
        parser.add_argument("--time", help="a column of numbers or dates, or 'order': the rows stand in order of time")
        parser.add_argument("--exclude", nargs="*", action="extend", default=[], help="columns that are no inputs")
        parser.add_argument(
            "--retrain-every",
            help="judge as the product runs: before each block learn from all before it; 'month' or 'week' of --time, a "
            "number of rows, or a column whose next value starts a block",
        )
        parser.add_argument("--train-share", type=float, default=trial.TRAIN_SHARE, help="0.7 unless told otherwise")
        parser.add_argument("--seed", type=int, default=0)

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["train_share"] < 1:
            raise CommandError("--train-share is between 0 and 1.")
        names = {name: options[name] for name in ("target", "positive", "time", "exclude")}
        try:
            task = trial.prepare(read_table(options["file"]), **names)
            found = self._try(task, options)
        except TableError as error:
            raise CommandError(str(error)) from error
        for line in warnings(task, found):
            self.stdout.write(line)
        self.stdout.write(json.dumps(report(task, found)))

    def _try(self, task: Task, options: dict[str, Any]) -> Trial:
        how = {"share": options["train_share"], "seed": options["seed"]}
        if every := options["retrain_every"]:
            return trial.walk_forward(task, every=every, **how)
        return trial.hold_out(task, **how)


def warnings(task: Task, found: Trial) -> list[str]:
    """What a reader must know beside the figures."""
    lines = []
    if task.written_with_outcome:
        columns, answers = ", ".join(task.written_with_outcome), ", ".join(task.still_open)
        lines.append(
            f"Warning: {columns} is written with the outcome, and left out; still open, and left out: {answers}."
        )
    if found.learned is None:
        lines.append("Warning: nothing could be learned; everybody gets the share of won so far.")
    lines += [
        f"Warning: {name} alone or on top of the others lifts the AUC to 0.95: most likely written after the outcome; left out."
        for name in (found.learned.leaks if found.learned else ())
    ]
    return lines


def report(task: Task, found: Trial) -> dict[str, Any]:
    learned = found.learned
    answer: dict[str, Any] = {
        **found.measures,
        "n_train": found.n_train,
        "n_test": len(found.outcomes),
        "verdict": found.verdict,
        "activated": found.verdict == trial.BETTER,
        "split": "time" if task.is_ordered else "hash",
        "leaks": [*task.written_with_outcome, *(learned.leaks if learned else ())],
        "left_out": {entry.name: entry.why for entry in learned.left_out} if learned else {},
        "half_life": learned.half_life if learned else None,
        "slope": learned.slope if learned else None,
        "calibration": measures.calibration(found.outcomes, found.scores),
    }
    return answer | ({"blocks": found.blocks} if found.blocks else {})
