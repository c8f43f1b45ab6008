"""What one cell says for its field; damage that a spreadsheet program did is explained, never mended by a guess."""

from __future__ import annotations

import re

from provisioner.spreadsheets.columns import Column, Reads
from provisioner.spreadsheets.sheet import Cell

_SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+[0-9]{1,3}|[0-9][.,][0-9]+[eE][0-9]{1,3}")
_SEPARATED = re.compile(r"[\s,;/|]+")
_YES = {"yes", "true", "1", "on", "x", "active", "enabled", "ja", "wahr", "aktiv", "y", "j"}
_NO = {"no", "false", "0", "off", "-", "inactive", "disabled", "nein", "falsch", "inaktiv", "n"}
_REMEDY = "format the column as text, and write it again from its source"
_DIGITS: frozenset[Reads] = frozenset({"mac", "ipei", "digits", "numbers", "secret"})
_LENGTHS = {"mac": (12, "a MAC has 12"), "ipei": (12, "an IPEI has 12 or 13")}


def value_of(column: Column, cell: Cell) -> object:
    """The value that the field gets, None where the cell leaves it as it is. Raises ValueError with the remedy."""
    text = cell.text.strip()
    if column.reads == "secret" and not cell.text:
        return None
    if cell.content == "error":
        raise ValueError(f"the spreadsheet has {text} here, an error of its own; write the value itself")
    if column.reads in _DIGITS:
        _refuse_damage(column, cell, text)
    if cell.content == "date" and column.reads in ("text", "degrees"):
        raise ValueError(f"a spreadsheet program made a date of it ({text}); {_REMEDY}")
    if column.reads == "secret":
        return cell.text
    if column.reads == "numbers":
        return tuple(part for part in _SEPARATED.split(text) if part)
    if column.reads == "flag":
        return _flag(text)
    return text.replace(",", ".") if column.reads == "degrees" and text.count(",") == 1 else text


def _refuse_damage(column: Column, cell: Cell, text: str) -> None:
    if cell.content == "date":
        raise ValueError(f"a spreadsheet program made a date of it ({text}); {_REMEDY}")
    if _SCIENTIFIC.fullmatch(text) and column.reads != "secret":
        raise ValueError(
            f"{text} is a number in scientific notation, in which a spreadsheet program lost digits for good; {_REMEDY}"
        )
    length, has = _LENGTHS.get(column.reads, (0, ""))
    if length and text.isdecimal() and text[0] != "0" and 6 <= len(text) < length:
        raise ValueError(
            f"{text} has {len(text)} digits and {has}: a spreadsheet program takes leading zeros away; {_REMEDY}"
        )
    if cell.content == "number" and not 0 < column.whole <= len(text):
        raise ValueError(
            f"{text} is a number to the spreadsheet program, which takes leading zeros and plus signs away; {_REMEDY}"
        )


def _flag(text: str) -> bool | None:
    if not text:
        return None
    told = text.casefold()
    if told not in _YES | _NO:
        raise ValueError("write yes or no")
    return told in _YES
