"""Names for settings that a phone only knows by number, as a table in TOML.

``[names]`` gives one number a name. ``[series]`` has names with one or more ``{}`` for indices from 1::

    "Account{}_Active" = [271, 401, 501, 601, { first = 20360, count = 2 }, { first = 24090 }]
    "Exp{}_{}_{}_Type" = { first = 60000, steps = [1000, 100, 5] }

A list holds the numbers of 1, 2 and so on; a table in it goes on in steps of ``step`` (1) for ``count`` numbers, or
without end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any


class Numbers:
    """What `number` finds was found once: templates ask for the same few names again and again."""

    def __init__(self, names: Mapping[str, int], series: Mapping[str, Any]) -> None:
        self._known: dict[str, int | None] = dict(names)
        self._series = [(_pattern(name), row) for name, row in series.items()]

    @classmethod
    def load(cls, package: str, name: str = "keys.toml") -> Numbers:
        """The table of a package."""
        table = tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))
        return cls(table["names"], table["series"])

    def number(self, name: str) -> int | None:
        """The number of a name, None where the table has none."""
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> int | None:
        for pattern, row in self._series:
            match = pattern.fullmatch(name)
            if match:
                return _number(row, [int(index) for index in match.groups()])
        return None


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(r"([1-9]\d*)".join(re.escape(part) for part in name.split("{}")))


def _number(row: Any, indices: Sequence[int]) -> int | None:
    if isinstance(row, list):
        return _listed(row, indices[0] - 1)
    return int(row["first"] + sum(step * (n - 1) for step, n in zip(row["steps"], indices, strict=True)))


def _listed(row: Sequence[Any], left: int) -> int | None:
    """The number that comes after ``left`` others."""
    for entry in row:
        count = 1 if isinstance(entry, int) else entry.get("count", left + 1)
        if left < count:
            return int(entry if isinstance(entry, int) else entry["first"] + entry.get("step", 1) * left)
        left -= count
    return None
