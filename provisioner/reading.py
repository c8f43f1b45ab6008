"""What a vendor's reader finds in a file that a phone already has: accounts and buttons, as the file states them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from provisioner.values import Mode, Slot

Place = TypeVar("Place")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAccount:
    """An account as a file states it."""

    index: int
    number: str
    name: str = ""
    auth_user: str = ""
    password: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadButton:
    """A button as a file states it; its mode is one whose code the file holds."""

    slot: Slot
    mode: Mode
    value: str = ""
    label: str = ""
    account: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a vendor's reader finds in one document. ``taken`` are the keys that it understood."""

    accounts: tuple[ReadAccount, ...] = ()
    buttons: tuple[ReadButton, ...] = ()
    taken: frozenset[str] = frozenset()


def grouped(
    values: Mapping[str, str],
    pattern: re.Pattern[str],
    taken: set[str],
    place: Callable[[re.Match[str]], Place | None],
) -> dict[Place, dict[str, str]]:
    """Values whose key is the whole of ``pattern``: by the ``place`` that its match tells, then by its group ``field``.

    A key without a place (None) is passed over; all others are added to ``taken``.
    """
    found: dict[Place, dict[str, str]] = {}
    for key, value in values.items():
        match = pattern.fullmatch(key)
        where = place(match) if match else None
        if match and where is not None:
            found.setdefault(where, {})[match["field"]] = value
            taken.add(key)
    return found


def numbered(values: Mapping[str, str], pattern: re.Pattern[str], taken: set[str]) -> dict[int, dict[str, str]]:
    """The same by the number that is the group ``n`` of the expression."""
    return grouped(values, pattern, taken, lambda match: int(match["n"]))
