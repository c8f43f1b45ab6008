"""A picture of a phone, drawn from its model's data: its keys with the labels that they will show.

Pure geometry. Each page of the phone and of its expansion modules is a panel with a drawing of its own, so that
panels stand beside each other where there is room and below each other where there is none. Every slot of the
model is on exactly one panel. A template turns panels into SVG.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil

from admin.words import _
from provisioner.keys import effective
from provisioner.registry import vendors
from provisioner.values import Mode, Slot
from provisioner.vendor_api import Buttons, Model, Vendor

CAP_W, CAP_H, GAP, EDGE, HEAD = 116, 32, 6, 10, 18
SCREEN_W, SMALL_W = 96, 80
MOST_ON_PAGE = 12
"""Keys left and right of a screen, where the model's data do not tell the page."""
MOST_ON_MODULE = 20
HARD_BESIDE = 12
"""Hard keys that are drawn on the phone itself; of more there are panels."""
HARD_ON_PANEL = 40
ROW = 4
UNITS = 17
"""How many narrow characters of a label a key shows; a small one shows fewer."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a button shows: its mode, its label, and what it works with."""

    mode: Mode
    label: str
    value: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One key: where it is on its panel, and what is on it.

    ``kind`` is ``used``, ``unused``, ``local`` (left to the phone's user) or ``other`` (the model does something
    else than asked, which ``title`` explains).
    """

    slot: str
    number: int
    x: int
    y: int
    width: int
    text: str = ""
    under: str = ""
    title: str = ""
    kind: str = "unused"
    is_rtl: bool = False
    height: int = CAP_H


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The screen between two columns of keys."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A page of the phone or of an expansion module."""

    title: str
    width: int
    height: int
    caps: tuple[Cap, ...]
    screen: Screen | None = None

    @property
    def used(self) -> int:
        """How many of its keys have a button."""
        return sum(cap.kind != "unused" for cap in self.caps)

    @property
    def says(self) -> str:
        """The panel in words, for those who cannot see it."""
        told = [cap.title for cap in self.caps if cap.kind != "unused"]
        return "; ".join(told) or _("no key of this page has a button")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A phone and its modules, panel by panel."""

    title: str
    panels: tuple[Panel, ...]

    @property
    def shown(self) -> list[Panel]:
        """The phone itself, and every further panel that has a button."""
        return [panel for number, panel in enumerate(self.panels) if not number or panel.used]

    @property
    def empty(self) -> list[Panel]:
        """The further panels, without a button."""
        return [panel for panel in self.panels[1:] if not panel.used]


def draw(vendor: str, model: Model, buttons: Mapping[Slot, Shown], modules: int | None = None) -> Picture:
    """The phone with these buttons, and so many modules: as many as the buttons use, where none are told."""
    wanted = max((slot.module for slot in buttons), default=0) if modules is None else modules
    expansion = model.expansion
    pen = _Pen(buttons, vendors()[vendor].buttons(model))
    panels = list(_phone(pen, vendors()[vendor], model))
    for module in range(1, min(wanted, expansion.modules if expansion else 0) + 1):
        panels += _module(pen, f"exp{module}", expansion.keys if expansion else 0, module)
    return Picture(title=f"{vendors()[vendor].title} {model.name}", panels=tuple(panels))


def line_pages(vendor: Vendor, model: Model) -> tuple[int, ...]:
    """How many line keys stand on each page: as the vendor tells, else pages as even as they can be."""
    told = vendor.pages(model)
    return told if told and sum(told) == model.line_keys else _even(model.line_keys, MOST_ON_PAGE)


@cache
def _even(keys: int, most: int) -> tuple[int, ...]:
    """Pages of the same size where one divides the keys, else full pages and a rest; none for no keys."""
    if keys <= most:
        return (keys,) if keys else ()
    size = next((size for size in range(most, most // 2 - 1, -1) if keys % size == 0), most - 2)
    return tuple(min(size, keys - start) for start in range(0, keys, size))


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws single keys."""

    buttons: Mapping[Slot, Shown]
    table: Buttons

    def cap(self, slot: Slot, x: int, y: int, width: int = CAP_W) -> Cap:
        shown = self.buttons.get(slot)
        bare = Cap(slot=str(slot), number=slot.number, x=x, y=y, width=width, title=_("{slot}: unused", slot=slot))
        if shown is None or shown.mode is Mode.NONE:
            return bare
        if shown.mode is Mode.LOCAL:
            says = _("{slot}: left to the phone’s user", slot=slot)
            return replace(bare, title=says, text=_("user’s own"), kind="local")
        mode, _code, why = effective(self.table, shown.mode, slot.group)
        parts = [f"{slot}: {shown.mode.value} {shown.value}".strip(), shown.label, shown.origin, why or ""]
        label = shown.label or shown.value or shown.mode.value
        under = f"{shown.mode.value} {shown.value}".strip()
        units = UNITS * width // CAP_W
        return replace(
            bare,
            text=fitting(label, units),
            under="" if under == label else fitting(under, units * 11 // 10),
            title=" · ".join(part for part in parts if part),
            kind="other" if why or mode is Mode.NONE else "used",
            is_rtl=is_rtl(label),
        )

    def column(self, slots: Iterable[Slot], x: int, y: int) -> Iterator[Cap]:
        return (self.cap(slot, x, y + row * (CAP_H + GAP)) for row, slot in enumerate(slots))

    def rows(self, slots: Iterable[Slot], y: int) -> Iterator[Cap]:
        for number, slot in enumerate(slots):
            row, column = divmod(number, ROW)
            yield self.cap(slot, EDGE + column * (SMALL_W + GAP), y + row * (CAP_H + GAP), SMALL_W)


def _phone(pen: _Pen, vendor: Vendor, model: Model) -> Iterator[Panel]:
    """The phone itself with the first page of its line keys, then the other pages, then hard keys that are many."""
    soft = _slots("soft", 1, model.soft_keys)
    hard = _slots("key", 1, model.keys)
    beside = hard if len(hard) <= HARD_BESIDE else []
    start = 1
    for number, keys in enumerate(line_pages(vendor, model) or (0,), 1):
        title = _("line keys {first}–{last}", first=start, last=start + keys - 1) if keys else ""
        lines = _slots("line", start, keys)
        yield _page(pen, title, lines, (soft, beside) if number == 1 else ())
        start += keys
    if not beside:
        for first in range(0, len(hard), HARD_ON_PANEL):
            yield _grid(pen, hard[first : first + HARD_ON_PANEL])


def _slots(group: str, first: int, count: int) -> list[Slot]:
    return [Slot(group, number) for number in range(first, first + count)]


def _page(pen: _Pen, title: str, lines: Sequence[Slot], below: Sequence[Sequence[Slot]]) -> Panel:
    """Keys left and right of a screen, the first half left; soft keys and hard keys in rows below it."""
    rows = max(ceil(len(lines) / 2), 2)
    half = ceil(len(lines) / 2)
    top = EDGE + HEAD
    right = EDGE + CAP_W + GAP + SCREEN_W + GAP
    screen = Screen(x=EDGE + CAP_W + GAP, y=top, width=SCREEN_W, height=_tall(rows))
    caps = [*pen.column(lines[:half], EDGE, top), *pen.column(lines[half:], right, top)]
    bottom = top + screen.height
    for group in below:
        if group:
            caps += pen.rows(group, bottom + GAP * 2)
            bottom += GAP * 2 + _tall(ceil(len(group) / ROW))
    return Panel(title=title, width=right + CAP_W + EDGE, height=bottom + EDGE, caps=tuple(caps), screen=screen)


def _tall(rows: int) -> int:
    return rows * (CAP_H + GAP) - GAP


def _grid(pen: _Pen, slots: Sequence[Slot]) -> Panel:
    title = _("keys {first}–{last}", first=slots[0].number, last=slots[-1].number)
    width = EDGE * 2 + ROW * SMALL_W + (ROW - 1) * GAP
    caps = tuple(pen.rows(slots, EDGE + HEAD))
    return Panel(title=title, width=width, height=EDGE * 2 + HEAD + _tall(ceil(len(slots) / ROW)), caps=caps)


def _module(pen: _Pen, group: str, keys: int, module: int) -> Iterator[Panel]:
    """The pages of an expansion module: two columns, counted downwards."""
    start = 1
    for count in _even(keys, MOST_ON_MODULE):
        half = ceil(count / 2)
        slots = _slots(group, start, count)
        top = EDGE + HEAD
        caps = [*pen.column(slots[:half], EDGE, top), *pen.column(slots[half:], EDGE + CAP_W + GAP, top)]
        title = _("module {n}, keys {first}–{last}", n=module, first=start, last=start + count - 1)
        width, height = EDGE * 2 + CAP_W * 2 + GAP, EDGE * 2 + HEAD + _tall(half)
        yield Panel(title=title, width=width, height=height, caps=tuple(caps))
        start += count


def fitting(text: str, units: int) -> str:
    """As much of a text as so many narrow characters are wide, with an ellipsis where it is cut."""
    taken, kept = 0, 0
    for number, character in enumerate(text):
        taken += _units(character)
        if taken > units:
            return f"{text[:kept].rstrip()}…"
        # The last character must leave room for the ellipsis.
        kept = number + 1 if taken <= units - 1 else kept
    return text


def units_of(text: str) -> int:
    """How wide a text is, in narrow characters."""
    return sum(_units(character) for character in text)


def _units(character: str) -> int:
    """Marks that sit on another character take no room, ideographs take two."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def is_rtl(text: str) -> bool:
    """Whether a text is written from right to left: as its first letter is."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"
