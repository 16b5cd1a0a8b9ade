"""``score_evaluate`` on files of every shape, and on the real data beside the checkout."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from leads.scoring import trial
from leads.scoring.table import Table, TableError, as_date, as_number, is_missing, read_table

SHARED = Path(__file__).parents[4] / "shared" / "data"
KEYS = {"auc", "average_precision", "brier", "ece", "lift_top_20", "n_train", "n_test"}


def evaluate(capsys, path, **options):
    call_command("score_evaluate", str(path), **options)
    lines = capsys.readouterr().out.strip().splitlines()
    return json.loads(lines[-1]), lines[:-1]


def write(path, *, size=600, delimiter=";", encoding="utf-8"):
    chance = np.random.default_rng(3)
    lines = [delimiter.join(["day", "métier", "âge", "état", ""])]
    for row in range(size):
        trade = chance.choice(["café", "école", "Select"])
        age = chance.integers(18, 80)
        won = chance.random() < 1 / (1 + np.exp(-(2 * (trade == "café") + 0.06 * (age - 50))))
        day = f"2024-{1 + row * 12 // size:02}-{1 + row % 28:02}"
        lines.append(delimiter.join([day, trade, str(age), "gagné" if won else "perdu", ""]))
    content = "\r\n".join(lines).encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding"),
    [("a.csv", ",", "utf-8-sig"), ("b.csv.gz", ";", "utf-8"), ("c.csv", "\t", "cp1252"), ("d.csv", "|", "utf-8")],
)
def test_any_delimiter_and_encoding(tmp_path, capsys, name, delimiter, encoding):
    path = write(tmp_path / name, delimiter=delimiter, encoding=encoding)

    found, _ = evaluate(capsys, path, target="état", positive="gagné", time="day")

    assert found.keys() >= KEYS
    assert (found["n_train"], found["n_test"]) == (420, 180)
    assert found["auc"] > 0.7
    assert found["verdict"] == "better than chance"


def test_the_hold_out_is_later_in_time():
    """Rows stand in no order; days decide."""
    days = [f"2024-{month:02}-01" for month in (5, 1, 12, 3, 8, 2, 10, 7, 4, 11)]
    table = Table({"day": days, "x": list(range(10)), "won": ["1", "0"] * 5})
    task = trial.prepare(table, target="won", positive="1", time="day")
    train, test = trial.split(task)

    assert max(task.times[row] for row in train) < min(task.times[row] for row in test)
    assert "day" not in task.table.columns


def test_days_written_the_european_way_are_in_order_too():
    table = Table({"day": ["01.12.2023", "02.01.2024", "31/01/2023"], "won": ["1", "0", "0"]})
    task = trial.prepare(table, target="won", positive="1", time="day")
    assert task.times == ["31/01/2023", "01.12.2023", "02.01.2024"]


def test_without_a_time_the_same_row_stands_on_the_same_side_whatever_the_order():
    chance = np.random.default_rng(0)
    rows = [(str(n), chance.choice(["a", "b"]), str(int(chance.integers(0, 2)))) for n in range(500)]

    def test_names(rows):
        table = Table({"n": [r[0] for r in rows], "x": [r[1] for r in rows], "won": [r[2] for r in rows]})
        task = trial.prepare(table, target="won", positive="1")
        return {task.table.columns["n"][row] for row in trial.split(task)[1]}

    held_out = test_names(rows)
    assert held_out == test_names(rows[::-1])
    assert 110 < len(held_out) < 190


def test_retraining_judges_each_block_by_what_came_before(tmp_path, capsys):
    path = write(tmp_path / "leads.csv", delimiter=",")

    found, _ = evaluate(capsys, path, target="état", positive="gagné", time="day", retrain_every="month")

    blocks = found["blocks"]
    assert sum(block["n"] for block in blocks) == found["n_test"] == 180
    assert [block["n_train"] for block in blocks] == [420 + sum(b["n"] for b in blocks[:i]) for i in range(len(blocks))]
    assert len(blocks) == 4  # the last 30 % of a year


def test_leads_that_are_still_open_are_left_out_with_the_column_that_says_so(tmp_path, capsys):
    path = tmp_path / "deals.csv"
    chance = np.random.default_rng(5)
    lines = ["stage,closed,product"]
    for row in range(900):
        stage = ("Won", "Lost", "Open")[row % 3]
        lines.append(f"{stage},{'' if stage == 'Open' else '2024-01-01'},{chance.choice(['a', 'b'])}")
    path.write_text("\n".join(lines))

    found, warnings = evaluate(capsys, path, target="stage", positive="Won")

    assert found["n_train"] + found["n_test"] == 600
    assert found["leaks"] == ["closed"]
    assert found["verdict"] == "not better than chance"
    assert found["activated"] is False
    assert "closed is written with the outcome" in warnings[0]


def test_a_file_that_is_none_and_a_column_that_is_not_there_are_refused(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("score_evaluate", str(tmp_path / "no.csv"), target="y", positive="1")
    path = write(tmp_path / "leads.csv")
    with pytest.raises(CommandError, match="no column 'y'"):
        call_command("score_evaluate", str(path), target="y", positive="1")
    with pytest.raises(CommandError, match="No row has"):
        call_command("score_evaluate", str(path), target="état", positive="unknowable")


def test_a_sheet_reads_as_its_csv_does(tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(tmp_path / "leads.xlsx")
    sheet = book.add_worksheet()
    for row, cells in enumerate([["name", "size"], ["Zoë", 3], ["Ann", None]]):
        sheet.write_row(row, 0, cells)
    book.close()
    table = read_table(tmp_path / "leads.xlsx")
    assert table.columns["name"] == ["Zoë", "Ann"]
    assert [as_number(cell) for cell in table.columns["size"]] == [3, None]


def test_columns_of_different_length_are_no_table():
    with pytest.raises(TableError):
        Table({"a": [1], "b": []})


def test_what_counts_as_missing_number_and_date():
    assert all(is_missing(value) for value in (None, "", " ", "Select", "UNKNOWN", "n/a", float("nan")))
    assert not any(is_missing(value) for value in (0, "0", False, "no"))
    assert [as_number(value) for value in ("12", " 1.5e3", "1_000", "inf", "12 %", True)] == [
        12,
        1500,
        None,
        None,
        None,
        None,
    ]
    assert as_date("2024-02-30") is None
    assert as_date("05.03.2024") == as_date("2024-03-05")


def real(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path.name} is not beside this checkout")
    return path


SET_LATER = [
    "Prospect ID", "Tags", "Lead Quality", "Lead Profile", "Asymmetrique Activity Index", "Asymmetrique Profile Index",
    "Asymmetrique Activity Score", "Asymmetrique Profile Score", "Last Activity", "Last Notable Activity",
]  # fmt: skip


@pytest.mark.shared_data
@pytest.mark.slow
def test_leads_of_a_school_reach_the_bar(capsys):
    path = real("lead-scoring", "xeducation-dev.csv.gz")
    found, _ = evaluate(capsys, path, target="Converted", positive="1", time="Lead Number", exclude=SET_LATER)
    assert found["auc"] >= 0.866
    assert found["average_precision"] >= 0.824
    assert found["brier"] <= 0.144
    assert found["ece"] <= 0.038


@pytest.mark.shared_data
@pytest.mark.slow
def test_a_field_written_while_selling_is_found_out(capsys):
    path = real("lead-scoring", "xeducation-dev.csv.gz")
    found, warnings = evaluate(capsys, path, target="Converted", positive="1", time="Lead Number")
    assert "Tags" in found["leaks"]
    assert any("Tags" in line for line in warnings)


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.parametrize("time", ["engage_date", None])
def test_deals_that_nothing_tells_apart_are_refused(capsys, time):
    path = real("crm-pipeline", "sales_pipeline-dev.csv")
    found, _ = evaluate(capsys, path, target="deal_stage", positive="Won", time=time)
    assert found["verdict"] == "not better than chance"
    assert found["auc"] < 0.56
