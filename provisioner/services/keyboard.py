"""The buttons of templates, extensions and devices: those of new ones, and stored ones that become others in place."""

from __future__ import annotations

from typing import Any

from provisioner.services.buttons import Buttons, columns
from provisioner.services.change import Change, Part
from provisioner.store.tables import Button


def new_buttons(owner: str, given: Buttons) -> list[Part]:
    """The buttons of something new; ``owner`` is the column that names it."""
    return [Part(Button, owner, columns(button, position)) for position, button in enumerate(given)]


def set_buttons(change: Change, rows: list[Button], given: Buttons) -> None:
    """Make the buttons of a template, an extension or a device so."""
    wanted = {str(button.slot): columns(button, position) for position, button in enumerate(given)}
    for row in [row for row in rows if row.slot not in wanted]:
        rows.remove(row)
        change.breathe()
    known = {row.slot: row for row in rows}
    for slot, values in wanted.items():
        if slot in known:
            _set(change, known[slot], values)
        else:
            rows.append(Button(**values))
            change.breathe()


def _set(change: Change, row: Button, values: dict[str, Any]) -> None:
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    if differing:
        change.breathe()
