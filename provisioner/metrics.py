"""Counters for Prometheus; labels are bounded: vendor, outcome, transport."""

from __future__ import annotations

from prometheus_client import Counter

REQUESTS = Counter("provisioner_requests_total", "Requests of devices", ["vendor", "outcome", "transport"])
