"""What a simulation found, as a table for people and as data for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.simulate.fleet import Tally

_HEAD = (
    "vendor", "phones", "asked", "served", "same", "missed", "retries", "gave up", "without", "last s", "p50 ms",
    "p99 ms",
)  # fmt: skip


def total(tallies: Mapping[str, Tally]) -> Tally:
    """All vendors in one."""
    whole = Tally()
    for tally in tallies.values():
        whole.phones += tally.phones
        whole.asked += tally.asked
        whole.served += tally.served
        whole.unchanged += tally.unchanged
        whole.missed += tally.missed
        whole.retries += tally.retries
        whole.gave_up += tally.gave_up
        whole.without += tally.without
        whole.received += tally.received
        whole.last_s = max(whole.last_s, tally.last_s)
        whole.took_s += tally.took_s
        whole.failures.update(tally.failures)
    return whole


def table(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """A line for each vendor and one for all of them, then what went wrong."""
    rows = [_HEAD, *(_row(name, tally) for name, tally in sorted(tallies.items())), _row("all", total(tallies))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for name, *numbers in rows:
        cells = (cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True))
        yield "  ".join((name.ljust(widths[0]), *cells))
    for reason, times in _failures(tallies).most_common():
        yield f"{times} times: {reason}"


def data(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """The same for programs: ``vendors`` by name, ``all``, and ``failures`` by reason."""
    return {
        "all": _fields(total(tallies)),
        "vendors": {name: _fields(tally) for name, tally in sorted(tallies.items())},
        "failures": dict(_failures(tallies)),
    }


def _failures(tallies: Mapping[str, Tally]) -> Counter[str]:
    return total(tallies).failures


def _row(name: str, tally: Tally) -> tuple[str, ...]:
    counts = (
        tally.phones, tally.asked, tally.served, tally.unchanged, tally.missed, tally.retries, tally.gave_up,
        tally.without,
    )  # fmt: skip
    times = (f"{tally.last_s:.1f}", f"{tally.quantile_ms(0.5):.0f}", f"{tally.quantile_ms(0.99):.0f}")
    return name, *map(str, counts), *times


def _fields(tally: Tally) -> dict[str, Any]:
    return {
        "phones": tally.phones,
        "asked": tally.asked,
        "served": tally.served,
        "unchanged": tally.unchanged,
        "missed": tally.missed,
        "retries": tally.retries,
        "gave_up": tally.gave_up,
        "without": tally.without,
        "bytes": tally.received,
        "last_s": round(tally.last_s, 3),
        "p50_ms": round(tally.quantile_ms(0.5), 2),
        "p99_ms": round(tally.quantile_ms(0.99), 2),
    }
