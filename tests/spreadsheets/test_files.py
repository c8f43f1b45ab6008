"""Files in and out, and what is refused before it can do harm."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from provisioner.errors import Invalid
from provisioner.spreadsheets import Sheet, files, read, sheet, write, xlsx_files

TEXTS = st.text(
    st.sampled_from("=+-@'\t\r\n ,;\"|#aZ09é受ת<&") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=12
)
RISKY = ('=HYPERLINK("http://x")', "+13125550100", "-1", "@SUM(A1)", "'=quoted", "''@twice", "\tx", "'plain", "")


def texts(of: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in of.rows]


def xlsx(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_written_is_read_back_unchanged(form: files.Format) -> None:
    assert [[text, "x"] for text in RISKY] == texts(read(write(form, ("name", "x"), [(text, "x") for text in RISKY])))


@given(st.lists(st.tuples(TEXTS, st.just("x")), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_text_changes_on_its_way_through_csv(rows: list[tuple[str, str]]) -> None:
    assert [list(row) for row in rows] == texts(read(write("csv", ("name", "x"), rows)))


def test_nothing_in_a_csv_file_begins_a_formula() -> None:
    told = write("csv", ("name",), [(text,) for text in RISKY]).decode()
    assert not [row for row in csv.reader(io.StringIO(told)) if row and row[0].startswith(("=", "+", "-", "@", "\t"))]


def test_every_cell_of_an_xlsx_file_is_a_text() -> None:
    book = load_workbook(io.BytesIO(write("xlsx", ("name", "mac"), [("=1+1", "001565000001")])))
    cells = [cell for row in book.active.iter_rows() for cell in row]  # type: ignore[union-attr]
    assert {("s", "@")} == {(cell.data_type, cell.number_format) for cell in cells}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimiter_and_encoding_are_found(delimiter: str, encoding: str) -> None:
    data = delimiter.join(("mac", "name")) + "\r\n" + delimiter.join(("805ec0000001", "Büro")) + "\r\n"
    assert [["805ec0000001", "Büro"]] == texts(read(data.encode(encoding)))


def test_excels_own_first_line_tells_the_delimiter_and_rows_keep_their_lines() -> None:
    read_ = read(b"sep=;\r\nmac;name\r\n\r\n805ec0000001;a,b\r\n")
    assert ("mac", "name") == read_.headings
    assert [(4, ["805ec0000001", "a,b"])] == [(row.number, [cell.text for cell in row.cells]) for row in read_.rows]


def test_numbers_and_dates_of_xlsx_files_are_told_apart_from_texts() -> None:
    read_ = read(xlsx(["mac", "a", "b", "c"], ["0015", 156511000000, 100.0, date(2026, 1, 2)]))
    assert ["text", "number", "number", "date"] == [cell.content for cell in read_.rows[0].cells]
    assert ["0015", "156511000000", "100", "2026-01-02T00:00:00"] == texts(read_)[0]


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/") if "__" in name else name, content)
    return out.getvalue()


def planted(name: str, content: bytes) -> bytes:
    """A good XLSX file with one part exchanged."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["mac"], ["x"]))) as good,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for part in good.namelist():
            bad.writestr(part, content if part == name else good.read(part))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel file"),
        (b"mac\0name\n", "neither a CSV nor an XLSX"),
        (b'mac,name\n"805ec0,x\n', "cannot be read"),
        (b"PK\x03\x04 nothing", "no XLSX file"),
        (archive(other=b"x"), "no XLSX file"),
        (planted(SHEET, BOMB), "declares XML entities"),
        (planted("xl/workbook.xml", b" " * 1024 + BOMB), "declares XML entities"),
        (planted(SHEET, BOMB.decode().encode("utf-16")), "not in UTF-8"),
        (planted(SHEET, BOMB.replace(b'"1.0"', b'"1.0" encoding="utf-7"')), "not in UTF-8"),
        (planted("xl/styles.xml", b" " * (xlsx_files.MOST_OTHERS + 1)), "unpacks to more"),
        (planted(SHEET, b"<x/>"), "is empty"),
        (b"a" * (sheet.MOST_BYTES + 1), "larger than"),
        (("x," * (sheet.MOST_COLUMNS + 1)).encode(), "columns"),
        (b"mac\n" + b"x" * (sheet.LONGEST_CELL + 1), "characters"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_or_does_harm_is_refused_with_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read(data)


def test_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 3)
    with pytest.raises(Invalid, match="more than 3 rows"):
        read(b"mac\n" + b"x\n" * 4)


def test_an_archive_that_would_unpack_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_files, "MOST_UNPACKED", 1000)
    with pytest.raises(Invalid, match="unpacks to more than"):
        read(xlsx(["mac"], ["x"]))


@pytest.mark.parametrize("cut", [10, 200, 1000, 3000])
def test_half_a_file_is_refused(cut: int) -> None:
    with pytest.raises(Invalid, match="no XLSX file"):
        read(xlsx(["mac"], ["x"])[:cut])
