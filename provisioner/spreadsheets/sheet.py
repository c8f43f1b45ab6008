"""A spreadsheet as we see it, whatever file it came from; its limits, and what keeps formulas out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from provisioner.errors import Invalid, Problem

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
LONGEST_CELL = 8_192

Content = Literal["text", "number", "date", "error"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell. A ``number`` or ``date`` has gone through a program that takes zeros away."""

    text: str = ""
    content: Content = "text"


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` is what the spreadsheet program shows beside it, or the line of a CSV file."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, place: int) -> Cell:
        """The cell of a column, empty where the row ends before it."""
        return self.cells[place] if place < len(self.cells) else EMPTY


@dataclass(frozen=True, slots=True)
class Sheet:
    """A heading and the rows below it that hold anything."""

    headings: tuple[str, ...]
    rows: Sequence[Row]


def refuse(message: str, *, field: str = "file", line: int | None = None) -> Invalid:
    """The error that the whole file makes."""
    return Invalid([Problem(field=field, message=message, line=line)])


def sheet_of(rows: Sequence[Row]) -> Sheet:
    """The first row that holds anything is the heading. Raises Invalid where nothing does."""
    filled = [row for row in rows if any(cell.text.strip() for cell in row.cells)]
    if not filled:
        raise refuse("is empty: its first row names the columns, and one row for each thing follows")
    if len(filled) > MOST_ROWS + 1:
        raise refuse(f"has more than {MOST_ROWS:,} rows; divide it")
    return Sheet(tuple(cell.text.strip() for cell in filled[0].cells), filled[1:])


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_RISKY = frozenset({*_FORMULA, "'"})


def _begins_a_formula(text: str) -> bool:
    return text[:1] in _RISKY and text.lstrip("'").startswith(_FORMULA)


def guarded(text: str) -> str:
    """A text that no spreadsheet program takes for a formula; `unguarded` takes exactly this back."""
    return f"'{text}" if _begins_a_formula(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _begins_a_formula(text) else text
