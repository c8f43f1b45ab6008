"""A picture of a phone, drawn from its model's data: its keys with the labels that they will show.

Pure geometry: caps and panels with their places; a template turns them into SVG.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from provisioner.keys import effective
from provisioner.registry import vendors
from provisioner.values import Mode, Slot
from provisioner.vendor_api import Buttons, Model

CAP_W, CAP_H, GAP, EDGE = 112, 24, 6, 10
ROWS = 5
"""Keys on each side of a screen page."""
MODULE_ROWS = 10
LONGEST = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """What a button shows: its mode, its label, and what it works with."""

    mode: Mode
    label: str
    value: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """One key: where it is, what is on it."""

    slot: str
    x: int
    y: int
    text: str
    title: str
    is_used: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """A page of the screen, or of an expansion module, or a row of hard keys."""

    title: str
    x: int
    y: int
    width: int
    height: int
    caps: tuple[Cap, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All panels, and the size of the whole."""

    title: str
    width: int
    height: int
    panels: tuple[Panel, ...]
    hidden: int = 0


def draw(vendor: str, model: Model, buttons: Mapping[Slot, Shown], modules: int | None = None) -> Picture:
    """The phone with these buttons. Pages without a button are left out, but for the first."""
    wanted = max((slot.module for slot in buttons), default=0) if modules is None else modules
    fitting = min(wanted, model.expansion.modules if model.expansion else 0)
    groups = (("line", "line keys"), ("key", "keys"), ("soft", "soft keys"))
    sheets = [sheet for group, title in groups for sheet in _sheets(group, model.slots(group), title, ROWS)]
    for module in range(1, fitting + 1):
        keys = model.expansion.keys if model.expansion else 0
        sheets += _sheets(f"exp{module}", keys, f"module {module}", MODULE_ROWS)
    shown = [sheet for number, sheet in enumerate(sheets) if not number or any(slot in buttons for slot in sheet.slots)]
    table = vendors()[vendor].buttons(model)
    panels, x = [], 0
    for sheet in shown:
        panel = _panel(sheet, x, buttons, table)
        panels.append(panel)
        x += panel.width + GAP * 2
    height = max((panel.height for panel in panels), default=0)
    return Picture(model.name, max(0, x - GAP * 2), height, tuple(panels), len(sheets) - len(shown))


@dataclass(frozen=True, slots=True)
class _Sheet:
    title: str
    slots: tuple[Slot, ...]
    rows: int


def _sheets(group: str, count: int, title: str, rows: int) -> list[_Sheet]:
    """The keys of a group, as many on a page as stand left and right of a screen."""
    on_page = rows * 2
    pages = ceil(count / on_page)
    return [
        _Sheet(
            title=f"{title} {first + 1}–{min(count, first + on_page)}" if pages > 1 else title,
            slots=tuple(Slot(group, number) for number in range(first + 1, min(count, first + on_page) + 1)),
            rows=rows,
        )
        for first in range(0, count, on_page)
    ]


def _panel(sheet: _Sheet, x: int, buttons: Mapping[Slot, Shown], table: Buttons) -> Panel:
    rows = min(sheet.rows, ceil(len(sheet.slots) / 2)) if len(sheet.slots) > 1 else 1
    columns = 2 if len(sheet.slots) > rows else 1
    width = EDGE * 2 + columns * CAP_W + (columns - 1) * GAP
    height = EDGE * 2 + 16 + rows * (CAP_H + GAP) - GAP
    caps = tuple(_caps(sheet.slots, rows, x, buttons, table))
    return Panel(sheet.title, x, 0, width, height, caps)


def _caps(slots: Sequence[Slot], rows: int, x: int, buttons: Mapping[Slot, Shown], table: Buttons) -> Iterator[Cap]:
    """The first half stands left of the screen, the second half right of it."""
    for number, slot in enumerate(slots):
        column, row = divmod(number, rows)
        left = x + EDGE + column * (CAP_W + GAP)
        top = EDGE + 16 + row * (CAP_H + GAP)
        yield _cap(slot, left, top, buttons.get(slot), table)


def _cap(slot: Slot, x: int, y: int, shown: Shown | None, table: Buttons) -> Cap:
    if shown is None or shown.mode is Mode.NONE:
        return Cap(str(slot), x, y, "", f"{slot}: unused", is_used=False)
    _mode, _code, why = effective(table, shown.mode, slot.group)
    label = shown.label or shown.value or shown.mode.value
    parts = [f"{slot}: {shown.mode.value} {shown.value}".strip(), shown.label, shown.origin, why or ""]
    title = " · ".join(part for part in parts if part)
    text = label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
    return Cap(str(slot), x, y, text, title, is_used=True)
