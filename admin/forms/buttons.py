"""The button editor: rows of slot, name, mode, value and label, as they are typed and before they are right.

The editor keeps nothing at the server: every step (another row, a filled range, a pasted list, a move) takes
the rows as they were sent and gives them back changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from admin.sayings import say
from admin.words import _
from provisioner.errors import Invalid, Problem
from provisioner.services.buttons import ButtonIn
from provisioner.values import Mode, Slot
from provisioner.vendor_api import Model

MOST_ROWS = 400
BLANK_ROWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One button as it is typed; ``errors`` by the name of the field that they are about."""

    slot: str = ""
    name: str = ""
    mode: str = "blf"
    value: str = ""
    label: str = ""
    account: str = ""
    pickup: str = ""
    fixed: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        return not (self.slot or self.name or self.value or self.label)


NAMES = ("slot", "name", "mode", "value", "label", "account", "pickup", "fixed")


def rows_of(buttons: Iterable[ButtonIn]) -> list[Row]:
    """Stored buttons as rows."""
    return [
        Row(
            slot=str(one.slot),
            name=one.name,
            mode=one.mode.value,
            value=one.value,
            label=one.label,
            account=str(one.account or ""),
            pickup=one.pickup or "",
            fixed="1" if one.fixed else "",
        )
        for one in buttons
    ]


def read(sent: Mapping[str, str]) -> list[Row]:
    """The rows of a sent form, without those that are to go."""
    found = []
    for number in range(min(_whole(sent.get("rows", "")), MOST_ROWS)):
        given: dict[str, Any] = {name: sent.get(f"{name}-{number}", "").strip() for name in NAMES}
        if not sent.get(f"delete-{number}"):
            found.append(Row(**given))
    return found


def changed(rows: Sequence[Row], sent: Mapping[str, str], model: Model | None = None) -> list[Row]:
    """The rows after what the person asked the editor to do with them; ``model`` tells how long its modules are."""
    kept = [row for row in rows if not row.is_blank]
    wanted = sent.get("do", "")
    if wanted == "fill":
        return _over(kept, _filled(kept, sent, model))[:MOST_ROWS]
    if wanted == "paste":
        return _over(kept, _pasted(kept, sent, model))[:MOST_ROWS]
    if wanted.startswith(("up-", "down-")):
        return moved(rows, wanted)
    if wanted.startswith("drop-"):
        at = _whole(wanted.partition("-")[2])
        return [row for number, row in enumerate(rows) if number != at]
    return list(rows)


def with_blanks(rows: Sequence[Row]) -> list[Row]:
    """The rows and a few empty ones, with the slots that come next."""
    kept = [row for row in rows if not row.is_blank]
    return [*kept, *(Row() for _number in range(min(BLANK_ROWS, MOST_ROWS - len(kept))))]


def moved(rows: Sequence[Row], wanted: str) -> list[Row]:
    """A button changes places with its neighbour: the slots stay in their order, what they hold moves."""
    direction, _dash, number = wanted.partition("-")
    at = _whole(number)
    to = at - 1 if direction == "up" else at + 1
    found = list(rows)
    if 0 <= at < len(found) and 0 <= to < len(found):
        found[at], found[to] = replace(found[to], slot=found[at].slot), replace(found[at], slot=found[to].slot)
    return found


def given(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What the rows say, as the schema takes it."""
    return [_given(row) for row in rows if not row.is_blank]


def _given(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(row, name) for name in ("slot", "name", "mode", "value", "label")}
    found |= {"account": row.account or None, "pickup": row.pickup or None, "fixed": bool(row.fixed)}
    return found


def judged(rows: Sequence[Row], invalid: Invalid) -> tuple[list[Row], list[Problem]]:
    """The rows with what is wrong beside each field; and the problems that belong to no row."""
    typed = [number for number, row in enumerate(rows) if not row.is_blank]
    errors: dict[int, dict[str, str]] = {}
    others = []
    for problem in invalid.problems:
        match = re.fullmatch(r"buttons\.(\d+)(?:\.(\w+))?", problem.field)
        if match and int(match[1]) < len(typed):
            errors.setdefault(typed[int(match[1])], {}).setdefault(match[2] or "slot", say(problem.message))
        else:
            others.append(problem)
    return [replace(row, errors=errors.get(number, {})) for number, row in enumerate(rows)], others


def complaint(sent: Mapping[str, str]) -> str:
    """What is wrong with the range or the list that the editor was asked to take; empty when nothing is."""
    do = sent.get("do", "")
    place = sent.get(f"{do}-slot", "").strip() if do in ("fill", "paste") else ""
    if place and not _is_slot(place):
        return _("{place} is no slot: write line:N, key:N, soft:N or exp1:N, with N from 1", place=place[:40])
    if do == "fill":
        first, last = _range(sent)
        if first is None or last is None:
            return _("Write the first and the last number of the range, in digits.")
        if last < first or last - first >= MOST_ROWS:
            return _("A range goes upwards, and has {n} numbers at most.", n=MOST_ROWS)
    if do == "paste" and not sent.get("paste", "").strip():
        return _("Paste the rows of a spreadsheet first.")
    return ""


def _range(sent: Mapping[str, str]) -> tuple[int | None, int | None]:
    texts = (sent.get(name, "").strip() for name in ("fill-first", "fill-last"))
    first, last = (int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None for text in texts)
    return first, last


def _filled(rows: Sequence[Row], sent: Mapping[str, str], model: Model | None) -> Iterator[Row]:
    """Buttons for a range of numbers, on the slots from a first one on."""
    first, last = _range(sent)
    if first is None or last is None or complaint(sent):
        return
    slots = _slots_from(sent.get("fill-slot", ""), rows, model)
    label = sent.get("fill-label", "").strip()
    digits = len(sent.get("fill-first", "").strip())
    for number in range(first, last + 1):
        value = str(number).zfill(digits)
        yield Row(slot=next(slots), mode=sent.get("fill-mode", "blf"), value=value, label=label.replace("#", value))


def _slots_from(text: str, rows: Sequence[Row], model: Model | None) -> Iterator[str]:
    """Slots from this one on, else from the one after the last that is used; a full module is followed by the next."""
    try:
        slot = Slot.parse(text)
    except ValueError:
        slot = _after_last(rows)
    while True:
        expansion = model.expansion if model else None
        if slot.module and expansion and slot.number > expansion.keys and slot.module < expansion.modules:
            slot = Slot(f"exp{slot.module + 1}", 1)
        yield str(slot)
        slot = Slot(slot.group, slot.number + 1)


def _after_last(rows: Sequence[Row]) -> Slot:
    for row in reversed(rows):
        try:
            last = Slot.parse(row.slot)
        except ValueError:
            continue
        return Slot(last.group, last.number + 1)
    return Slot("line", 1)


def _pasted(rows: Sequence[Row], sent: Mapping[str, str], model: Model | None) -> Iterator[Row]:
    """Lines of a spreadsheet: slot, mode, value, label, with a name behind the slot or without; or value and label."""
    if complaint(sent):
        return
    following = _slots_from(sent.get("paste-slot", ""), rows, model)
    for line in sent.get("paste", "").replace("\r", "").split("\n")[:MOST_ROWS]:
        cells = [cell.strip() for cell in (line.split("\t") if "\t" in line else re.split(r";|,(?!\s)", line))]
        if not any(cells) or cells[0].lower() == "slot":
            continue
        row = _whole_row(cells)
        if row is None:
            label = cells[1] if len(cells) > 1 else ""
            row = Row(slot=next(following), mode="blf", value=cells[0], label=label)
        yield row


def _whole_row(cells: Sequence[str]) -> Row | None:
    """A pasted row that names its slot and mode; None where it does not."""
    if not _is_slot(cells[0]):
        return None
    for name, rest in (("", cells[1:]), (cells[1] if len(cells) > 1 else "", cells[2:])):
        mode = rest[0].lower().replace(" ", "-") if rest else ""
        if mode in list(Mode):
            value, label = [*rest[1:3], "", ""][:2]
            return Row(slot=cells[0].lower(), name=name, mode=mode, value=value, label=label)
    return None


def _over(rows: Sequence[Row], new: Iterable[Row]) -> list[Row]:
    """New rows take the place of those with the same slot."""
    merged = {_canonical(row.slot): row for row in rows}
    merged |= {_canonical(row.slot): row for row in new}
    return list(merged.values())


def _canonical(slot: str) -> str:
    return str(Slot.parse(slot)) if _is_slot(slot) else slot


def _is_slot(text: str) -> bool:
    try:
        Slot.parse(text)
    except ValueError:
        return False
    return True


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def modes() -> list[tuple[str, str]]:
    """Every mode with what it is called in the list."""
    return [(mode.value, _(mode.value.replace("-", " "))) for mode in Mode]
