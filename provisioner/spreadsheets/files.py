"""Files in and out: what a file is, is told by its first bytes, never by its name alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from provisioner.spreadsheets import csv_files
from provisioner.spreadsheets.sheet import MOST_BYTES, Sheet, refuse

Format = Literal["csv", "xlsx"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read(data: bytes) -> Sheet:
    """The sheet of a CSV or XLSX file. Raises Invalid with what to do where it is none, or too large."""
    if len(data) > MOST_BYTES:
        raise refuse(f"is larger than {MOST_BYTES // 1024**2} MiB; divide it")
    if data.startswith(_OLD_EXCEL):
        raise refuse("is an old Excel file (.xls), or one with a password; save it as .xlsx or .csv without one")
    if not data.startswith(b"PK"):
        return csv_files.read(data)
    from provisioner.spreadsheets import xlsx_files  # noqa: PLC0415  # openpyxl is slow to import

    return xlsx_files.read(data)


def write(form: Format, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A file of these rows, in which nothing is a formula and every cell is a text."""
    if form == "csv":
        return csv_files.write(headings, rows)
    from provisioner.spreadsheets import xlsx_files  # noqa: PLC0415  # openpyxl is slow to import

    return xlsx_files.write(headings, rows)
