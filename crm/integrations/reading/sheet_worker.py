"""A process of its own that reads one workbook and writes its rows to standard output, one JSON line each.

A workbook says itself how large it is, and may lie: one cell in the last corner makes the reading library ask for all the
memory there is. So it happens here, under limits that the kernel holds, and the parent sees a child that failed.
Started by ``workbooks.py`` as a plain script; imports nothing of ours.

Arguments: path, sheet name (empty: the first with content), memory in bytes, seconds of processor time.
First line out: ``{"sheets": […], "sheet": …}``; then ``[line, [cells…]]``; text as strings, numbers as numbers, days and
times as ``{"t": ISO}``; last ``{"end": rows}``, without which the reading broke off.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from typing import Any


def plain(cell: Any) -> Any:
    match cell:
        case bool() | str() | None:
            return cell
        case int():
            return cell
        case float():
            return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
        case dt.datetime() if cell.time() == dt.time():
            return {"t": cell.date().isoformat()}
        case dt.datetime() | dt.date() | dt.time():
            return {"t": cell.isoformat()}
        case _:
            return str(cell)


def main(path: str, wanted: str, memory: int, seconds: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine as calamine  # noqa: PLC0415 (under the limits)

    def say(value: Any) -> None:
        sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")

    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError:
        say({"error": "password"})
        return 0
    names = list(book.sheet_names)
    name = (
        wanted
        if wanted in names
        else next((n for n in names if book.get_sheet_by_name(n).height), names[0] if names else "")
    )
    say({"sheets": names, "sheet": name})
    if not name:
        say({"end": 0})
        return 0
    sheet = book.get_sheet_by_name(name)
    first, left = sheet.start or (0, 0)
    count = 0
    for offset, row in enumerate(sheet.iter_rows()):
        # iter_rows begins at the sheet's first row, start says where its content begins
        cells = [plain(cell) for cell in row]
        while cells and cells[-1] in ("", None):
            cells.pop()
        if cells:
            say([offset + 1, cells])
            count += 1
    del first, left
    say({"end": count})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
