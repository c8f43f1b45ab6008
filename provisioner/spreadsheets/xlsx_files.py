"""XLSX files: opened only after a look at how large they would grow, and whether they declare entities."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from provisioner.spreadsheets.sheet import (
    EMPTY,
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

MOST_UNPACKED = 200 * 1024 * 1024
MOST_STRINGS = 64 * 1024 * 1024
MOST_OTHERS = 8 * 1024 * 1024
MOST_PARTS = 1_000
_PIECE = 1 << 20
_LONGEST_MARK = 16
_ERRORS = {"#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!"}
_ENCODING = re.compile(rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"']([^\"']*)")
_BROKEN = (
    zipfile.BadZipFile, InvalidFileException, ParseError, zlib.error, KeyError, ValueError, TypeError, IndexError,
    AttributeError, EOFError, NotImplementedError, OSError, RuntimeError,
)  # fmt: skip
"""What openpyxl and zipfile raise on files that are not what they say."""


def read(data: bytes) -> Sheet:
    """The first sheet of an XLSX file. Raises Invalid where it is none, too large, or built to do harm."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return sheet_of(list(_rows(book)))
        finally:
            book.close()
    except _BROKEN as error:
        raise refuse("is no XLSX file that can be read; open it in a spreadsheet program and save it again") from error


def _check(archive: zipfile.ZipFile) -> None:
    """A small file may unpack to a huge one, and XML may define what grows while it is read."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise refuse(f"unpacks to more than {MOST_UNPACKED // 1024**2} MiB, or to more than {MOST_PARTS:,} parts")
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise refuse("is an archive, but no XLSX file")
    for part in parts:
        if part.flag_bits & 1:
            raise refuse("has a password; save it without one")
        if part.file_size > _most(part.filename):
            raise refuse("has a part that unpacks to more than it may; save its first sheet alone")
        if part.filename.endswith((".xml", ".rels", ".vml")):
            _check_part(archive, part)


def _most(name: str) -> int:
    """How much of a part is read: sheets as a stream, texts as a list, all others as trees."""
    if name.startswith("xl/worksheets/"):
        return MOST_UNPACKED
    return MOST_STRINGS if name == "xl/sharedStrings.xml" or name.startswith("xl/media/") else MOST_OTHERS


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    rest = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            if not rest:
                _check_encoding(piece)
            if b"<!DOCTYPE" in rest + piece or b"<!ENTITY" in rest + piece:
                raise refuse("declares XML entities, which no spreadsheet program does")
            rest = piece[-_LONGEST_MARK:]


def _check_encoding(beginning: bytes) -> None:
    """In another encoding a declaration would look otherwise."""
    told = _ENCODING.match(beginning.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in beginning[:4] or (told and told[1].lower() not in (b"utf-8", b"us-ascii")):
        raise refuse("is not in UTF-8, as XLSX files are")


def _rows(book: Any) -> Iterator[Row]:
    if not book.worksheets:
        raise refuse("has no sheet")
    sheet = book.worksheets[0]
    # What the file says of its own size is not to be believed.
    sheet.reset_dimensions()
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > 2 * MOST_ROWS:
            raise refuse(f"has more than {MOST_ROWS:,} rows; divide it")
        if len(values) > MOST_COLUMNS:
            raise refuse(f"has more than {MOST_COLUMNS} columns; delete those that are empty", line=number)
        if any(value is not None for value in values):
            yield Row(number, tuple(_cell(value, number) for value in values))


def _cell(value: Any, line: int) -> Cell:
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    if isinstance(value, int | float):
        whole = isinstance(value, int) or value.is_integer()
        return Cell(str(int(value)) if whole and abs(value) < 1e15 else repr(value), "number")
    if isinstance(value, datetime | date | time):
        return Cell(value.isoformat(), "date")
    text = str(value)
    if len(text) > LONGEST_CELL:
        raise refuse(f"has a cell of more than {LONGEST_CELL:,} characters", line=line)
    return Cell(text, "error") if text in _ERRORS else Cell(unguarded(text))


def write(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """An XLSX file whose every cell is a text and stays one when somebody edits it."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("provisioner")
    sheet.freeze_panes = "A2"
    sheet.append([_text(sheet, heading) for heading in headings])
    for row in rows:
        sheet.append([_text(sheet, guarded(value)) if value else None for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
