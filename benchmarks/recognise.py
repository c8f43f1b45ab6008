"""Requests recognised per second with one, four and all vendors: the cost must not grow with their number.

python benchmarks/recognise.py
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from provisioner.recognise import Ask, Recogniser, recognise
from provisioner.registry import vendors
from provisioner.values import Transport
from provisioner.vendor_api import Vendor

FIXTURES = Path(__file__).parent.parent / "fixtures"
ROUNDS = 7
SECONDS = 0.3


def asks(names: Sequence[str]) -> list[Ask]:
    """The recorded requests of some vendors."""
    rows = [
        json.loads(line)
        for name in names
        for line in (FIXTURES / name / "requests.jsonl").read_text("utf-8").splitlines()
    ]
    return [
        Ask(path=row["path"], user_agent=row.get("user_agent", ""), transport=Transport(row.get("transport", "http")))
        for row in rows
    ]


def per_second(sample: list[Ask]) -> float:
    """The median rate over some rounds."""
    rates = []
    for _ in range(ROUNDS):
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            for ask in sample:
                recognise(ask)
            done += len(sample)
        rates.append(done / (time.perf_counter() - start))
    return statistics.median(rates)


def use(known: Sequence[Vendor]) -> float:
    """Recognise with these vendors only; how long their tables took to build, in seconds."""
    start = time.perf_counter()
    tables = Recogniser(known)
    tables.named("805ec0123456.cfg", "")
    tables.agent("Nobody/1.0")
    took = time.perf_counter() - start
    Recogniser.of_all = staticmethod(lambda: tables)  # type: ignore[assignment, method-assign]  # one process, one table
    return took


def main() -> None:
    """Print one row a number of vendors; the same requests, those of the first vendor, in each."""
    everybody = list(vendors().values())
    sample = asks([everybody[-1].name])
    base = 0.0
    print(f"{'vendors':>8} {'tables ms':>10} {'requests/s':>12} {'ratio':>6}")
    for count in sorted({1, min(4, len(everybody)), len(everybody)}):
        took = use(everybody[-count:])
        rate = per_second(sample)
        base = base or rate
        print(f"{count:>8} {took * 1000:>10.1f} {rate:>12,.0f} {rate / base:>6.2f}")


if __name__ == "__main__":
    main()
