"""Charts as shapes: pure functions from numbers to where things stand, which a template draws as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
WIDTH, HEIGHT, FOOT = 720, 180, 26
"""Of a chart over time, in its own units; ``FOOT`` is what the hours below it take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What was counted in an hour."""

    at: datetime
    served: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.served + self.other


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle: which series it is of, and where it stands."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Stacked bars, one an hour, with the hours that are written below them and the value that the top stands for."""

    hours: tuple[Hour, ...]
    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, datetime], ...]
    top: int
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - FOOT

    @property
    def served(self) -> int:
        """How many requests were answered with a file."""
        return sum(one.served for one in self.hours)

    @property
    def other(self) -> int:
        """How many were not."""
        return sum(one.other for one in self.hours)


def timeline(counts: Mapping[tuple[datetime, str], int], now: datetime, hours: int = 48) -> Timeline:
    """The last hours up to now; ``counts`` is by hour and outcome, and an hour that is not in it had none."""
    end = now.replace(minute=0, second=0, microsecond=0)
    shown = tuple(_hour(counts, end - HOUR * back) for back in reversed(range(hours)))
    top = rounded_up(max(one.total for one in shown))
    step = WIDTH / hours
    bars = tuple(bar for number, one in enumerate(shown) for bar in _stack(one, number * step, step, top))
    marks = tuple((number * step, one.at) for number, one in enumerate(shown) if one.at.hour % 6 == 0)
    return Timeline(hours=shown, bars=bars, marks=marks, top=top)


def _hour(counts: Mapping[tuple[datetime, str], int], at: datetime) -> Hour:
    found = {outcome: count for (hour, outcome), count in counts.items() if hour == at}
    served = found.pop("served", 0)
    return Hour(at=at, served=served, other=sum(found.values()))


def _stack(hour: Hour, x: float, step: float, top: int) -> Sequence[Bar]:
    """What was served at the bottom, the rest on it."""
    room, bars, foot = HEIGHT - FOOT, [], float(HEIGHT - FOOT)
    for kind, count in (("served", hour.served), ("other", hour.other)):
        if count:
            # A single one among thousands is still to be seen.
            height = max(1.0, count / top * room)
            foot = max(0.0, foot - height)
            bars.append(Bar(kind, round(x + 1, 2), round(foot, 2), round(step - 2, 2), round(height, 2)))
    return bars


def rounded_up(value: int) -> int:
    """The next number of the row 1, 2, 5, 10, 20, 50 …: what an axis is easily read by."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size >= value:
                return factor * size
        size *= 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of a whole, as the width of its bar out of 100."""

    name: str
    count: int
    query: str
    width: float


def shares(counts: Sequence[tuple[str, str, int]]) -> tuple[Share, ...]:
    """The greatest fills its bar; each of ``counts`` is a name, the search that finds it, and how many."""
    most = max((count for *_rest, count in counts), default=0)
    return tuple(
        Share(name=name, query=query, count=count, width=round(max(1.0, count / most * 100), 1))
        for name, query, count in counts
        if count
    )
