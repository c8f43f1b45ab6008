"""Spreadsheets in and out: CSV and XLSX files of devices, extensions, locations and location assignments.

`read` makes a `Sheet` of a file, `guess` finds out which of its columns is what, `run` judges or imports
its rows through the services, and `write` makes a file of records that `read` takes back unchanged.
"""

from provisioner.spreadsheets.columns import KINDS, Column, Kind, guess, lacking, mapped
from provisioner.spreadsheets.files import MEDIA_TYPES, Format, read, write
from provisioner.spreadsheets.importing import Imported, Verdict, run
from provisioner.spreadsheets.records import headings, records
from provisioner.spreadsheets.sheet import MOST_BYTES, MOST_ROWS, Cell, Row, Sheet

__all__ = [
    "KINDS",
    "MEDIA_TYPES",
    "MOST_BYTES",
    "MOST_ROWS",
    "Cell",
    "Column",
    "Format",
    "Imported",
    "Kind",
    "Row",
    "Sheet",
    "Verdict",
    "guess",
    "headings",
    "lacking",
    "mapped",
    "read",
    "records",
    "run",
    "write",
]
