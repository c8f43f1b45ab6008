"""CSV files, as the spreadsheet programs of several countries write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from provisioner.spreadsheets.sheet import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Row,
    Sheet,
    guarded,
    refuse,
    sheet_of,
    unguarded,
)

_DELIMITERS = ",;\t|"
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def read(data: bytes) -> Sheet:
    """The sheet of a CSV file. Raises Invalid."""
    text = _decoded(data)
    if "\0" in text:
        raise refuse("is neither a CSV nor an XLSX file")
    text, delimiter = _delimiter(text)
    return sheet_of(list(_rows(text, delimiter)))


def _decoded(data: bytes) -> str:
    """UTF-8 with or without its mark; "Unicode text" of Excel; else what Windows has in the west of Europe."""
    if data.startswith(_WIDE):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> tuple[str, str]:
    """The text without Excel's own first line ``sep=;``, and what stands between the columns of its heading."""
    first, _newline, rest = text.partition("\n")
    told = first.strip().lower()
    if told.startswith("sep=") and told[4:] in _DELIMITERS and len(told) == 5:
        return "\n" + rest, told[4:]
    heading = next((line for line in text.splitlines() if line.strip(_DELIMITERS + " ")), "")
    return text, max(_DELIMITERS, key=lambda one: _columns(heading, one))


def _columns(heading: str, delimiter: str) -> int:
    return len(next(csv.reader([heading], delimiter=delimiter), ()))


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for values in reader:
            yield Row(before + 1, tuple(_cells(values, before + 1)))
            before = reader.line_num
            if before > 4 * MOST_ROWS:
                raise refuse(f"has more than {MOST_ROWS:,} rows; divide it")
    except csv.Error as error:
        raise refuse(
            f"cannot be read from here on: {error}; look for a quote too few or too many", line=before + 1
        ) from (None)


def _cells(values: Sequence[str], line: int) -> Iterator[Cell]:
    if len(values) > MOST_COLUMNS:
        raise refuse(f"has more than {MOST_COLUMNS} columns", line=line)
    for value in values:
        if len(value) > LONGEST_CELL:
            raise refuse(f"has a cell of more than {LONGEST_CELL:,} characters", line=line)
        yield Cell(unguarded(value))


def write(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file in plain UTF-8, as scripts expect it; for Excel there is XLSX."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([guarded(value) for value in row] for row in rows)
    return out.getvalue().encode()
