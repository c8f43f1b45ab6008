"""Metrics for Prometheus. Labels are bounded: vendor, outcome, transport, plane.

The processes of a machine share one folder, from which the portal's ``/metrics``
answers for all of them. Requests are tallied in plain numbers on their way and handed over once a second.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from provisioner.metrics_folder import FOLDER_VARIABLE

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Tallied(Histogram):
    """A histogram that takes many observations at once."""

    def take(self, counts: Sequence[int], seconds: float) -> None:
        """Add so many observations to each bucket, the last one for what is beyond all bounds."""
        for bucket, count in zip(self._buckets, counts, strict=True):
            if count:
                bucket.inc(count)
        self._sum.inc(seconds)


REQUESTS = Counter("provisioner_requests", "Requests of devices", ["vendor", "outcome", "transport"])
LATENCY = Tallied("provisioner_request_seconds", "From a request to its answer", ["transport"], buckets=SECONDS)
CACHE = Counter("provisioner_cache_lookups", "Rendered files looked for in a process's memory", ["found"])
RENDERING = Histogram("provisioner_render_seconds", "Loading, merging and rendering one file", buckets=SECONDS)
LAST_GOOD = Counter("provisioner_last_good", "Files served from this machine's copies while the database was away")
DATABASE_AWAY = Gauge(
    "provisioner_database_away", "Whether processes cannot ask the database", multiprocess_mode="livemax"
)
CACHE_BYTES = Gauge("provisioner_cache_bytes", "Rendered files held in memory", multiprocess_mode="livesum")
PENDING_SIGHTINGS = Gauge("provisioner_pending_sightings", "Sightings not written yet", multiprocess_mode="livesum")
OLDEST_SIGHTING = Gauge(
    "provisioner_oldest_sighting_seconds", "How long the oldest sighting waits", multiprocess_mode="livemax"
)
TRANSFER_ENDS = Counter("provisioner_tftp_transfer_ends", "How TFTP transfers ended", ["how"])
TRANSFERS = Gauge("provisioner_tftp_transfers", "Open TFTP transfers", multiprocess_mode="livesum")


class Tally:
    """What a process counted since the last `flush`; the counting itself costs no lock and no shared memory."""

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self._buckets: defaultdict[str, list[int]] = defaultdict(_buckets)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._gauges: list[tuple[Gauge, Callable[[], float]]] = []
        self._followed: list[tuple[Counter, Callable[[], int]]] = []
        self._told: defaultdict[int, int] = defaultdict(int)

    def watch(self, gauge: Gauge, value: Callable[[], float]) -> None:
        """Read a gauge's value at each flush."""
        self._gauges.append((gauge, value))

    def follow(self, counter: Counter, value: Callable[[], int]) -> None:
        """Add to a counter, at each flush, by how much a number has grown."""
        self._followed.append((counter, value))

    def request(self, vendor: str, outcome: str, transport: str, seconds: float) -> None:
        """One request and how long its answer took."""
        self._requests[vendor, outcome, transport] += 1
        self._buckets[transport][bisect_left(SECONDS, seconds)] += 1
        self._seconds[transport] += seconds

    def flush(self) -> None:
        """Hand everything over."""
        requests, self._requests = self._requests, defaultdict(int)
        for labels, count in requests.items():
            REQUESTS.labels(*labels).inc(count)
        buckets, self._buckets = self._buckets, defaultdict(_buckets)
        seconds, self._seconds = self._seconds, defaultdict(float)
        for transport, counts in buckets.items():
            LATENCY.labels(transport).take(counts, seconds[transport])
        for number, (counter, grown) in enumerate(self._followed):
            before, self._told[number] = self._told[number], grown()
            counter.inc(self._told[number] - before)
        for gauge, value in self._gauges:
            gauge.set(value())


def _buckets() -> list[int]:
    return [0] * (len(SECONDS) + 1)


def bury(process: int) -> None:
    """Forget the gauges of a process that ended; its counters stay."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(process)  # type: ignore[no-untyped-call]  # it has no types


def exposition() -> bytes:
    """All metrics of this machine's processes in the text format of Prometheus."""
    if FOLDER_VARIABLE not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    return generate_latest(registry)
