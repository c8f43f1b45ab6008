"""Tables as files that a spreadsheet opens without running anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response

from provisioner.spreadsheets import MEDIA_TYPES, Format, write


def csv_answer(name: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A CSV file to be saved under this name, which ends in ``.csv``."""
    return sheet_answer(name.removesuffix(".csv"), "csv", headings, rows)


def sheet_answer(name: str, form: Format, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A CSV or XLSX file to be saved under this name and its format's ending."""
    return Response(
        write(form, headings, rows),
        content_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )
