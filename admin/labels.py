"""Printable labels for the keys of a phone: strips in the order of the keys, to be cut along their lines.

A strip has a label for each key of a column, also for one without a button, so that it fits beside the keys.
Sizes are millimetres; the drawing counts in tenths of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from admin.pictures import Picture, Shown, fitting, is_rtl, units_of
from provisioner.values import Mode, Slot

WIDTHS, HEIGHTS = range(15, 121), range(5, 41)
WIDTH, HEIGHT = 42, 9
MOST_FONT = 38
"""Tenths of a millimetre: the tallest letters, whatever room there is."""
LETTER = 0.56
"""How wide a narrow character is, of its height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text on a label, and how far from the label's top its letters stand."""

    text: str
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label: the key that it is for, and its text in one or two lines."""

    slot: str
    y: int
    font: int
    lines: tuple[Line, ...]
    is_rtl: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The labels of a column of keys, in tenths of a millimetre."""

    title: str
    width: int
    height: int
    each: int
    labels: tuple[Label, ...]


def strips(picture: Picture, buttons: Mapping[Slot, Shown], width: int = WIDTH, height: int = HEIGHT) -> list[Strip]:
    """A strip for each column of keys on which a button is; ``width`` and ``height`` of a label in millimetres."""
    return list(_strips(picture, buttons, width * 10, height * 10))


def _strips(picture: Picture, buttons: Mapping[Slot, Shown], width: int, height: int) -> Iterator[Strip]:
    for panel in picture.shown:
        columns = groupby(panel.caps, key=lambda cap: (cap.slot.partition(":")[0], cap.x if cap.width > 100 else 0))
        for (group, _x), caps in columns:
            slots = [Slot(group, cap.number) for cap in caps]
            if not any(_text(buttons.get(slot)) for slot in slots):
                continue
            labels = tuple(
                _label(slot, _text(buttons.get(slot)), number * height, width, height)
                for number, slot in enumerate(slots)
            )
            title = f"{slots[0]}–{slots[-1].number}"
            yield Strip(title=title, width=width, height=height * len(labels), each=height, labels=labels)


def _text(shown: Shown | None) -> str:
    if shown is None or shown.mode in (Mode.NONE, Mode.LOCAL):
        return ""
    return shown.label or shown.value or shown.mode.value


def _label(slot: Slot, text: str, y: int, width: int, height: int) -> Label:
    font = min(MOST_FONT, int(height * 0.5))
    units = int((width - 20) / (font * LETTER))
    if units_of(text) > units and height >= 70:
        font = min(font, int(height * 0.36))
        units = int((width - 20) / (font * LETTER))
        parts = wrapped(text, units)
    else:
        parts = [fitting(text, units)] if text else []
    step = int(font * 1.15)
    first = (height - step * len(parts)) // 2 + int(font * 0.88)
    lines = tuple(Line(text=part, y=y + first + step * number) for number, part in enumerate(parts))
    return Label(slot=str(slot), y=y, font=font, lines=lines, is_rtl=is_rtl(text))


def wrapped(text: str, units: int) -> list[str]:
    """The text in two lines at most, between words where that can be; what does not fit is cut."""
    words: Sequence[str] = text.split(" ")
    first = words[0]
    taken = 1
    while taken < len(words) and units_of(f"{first} {words[taken]}") <= units:
        first = f"{first} {words[taken]}"
        taken += 1
    rest = " ".join(words[taken:])
    return [fitting(first, units), *([fitting(rest, units)] if rest else [])]
