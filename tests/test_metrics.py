"""Metrics: all processes of a machine in one answer, documented, and shown by the dashboard."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from provisioner import metrics
from provisioner.recognise import Ask
from tests.world import FRONT, SITE, make_world, opened

ROOT = Path(__file__).parents[1]
NAMES = {name for name in REGISTRY._names_to_collectors if name.startswith("provisioner_")}


def families() -> set[str]:
    """What is documented of each metric: its name with the suffix of counters."""
    found = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    return {f"{one._name}_total" if one._type == "counter" else one._name for one in found}


def test_every_metric_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert families() == set(re.findall(r"^\| `(provisioner_[a-z_]+)`", text, re.MULTILINE))


def test_dashboard_and_alarms_name_metrics_that_are_there() -> None:
    texts = [(ROOT / "deploy" / "grafana-dashboard.json").read_text("utf-8")]
    texts.append((ROOT / "docs" / "operations.md").read_text("utf-8"))
    assert json.loads(texts[0])["panels"]
    assert set(re.findall(r"provisioner_[a-z_]+", " ".join(texts))) - NAMES == set()


def test_a_tally_hands_over_what_it_counted_once() -> None:
    tally = metrics.Tally()
    before = REGISTRY.get_sample_value("provisioner_request_seconds_count", {"transport": "test"}) or 0
    for seconds in (0.0001, 0.003, 99.0):
        tally.request("acme", "served", "test", seconds)
    tally.flush()
    tally.flush()
    labels = {"vendor": "acme", "outcome": "served", "transport": "test"}
    assert REGISTRY.get_sample_value("provisioner_requests_total", labels) == 3
    assert REGISTRY.get_sample_value("provisioner_request_seconds_count", {"transport": "test"}) == before + 3
    assert REGISTRY.get_sample_value("provisioner_request_seconds_bucket", {"transport": "test", "le": "0.005"}) == 2


def test_a_request_looks_for_its_file_in_memory_once_however_often_it_must(tmp_path: Path) -> None:
    site = SITE.replace("access: pairing", "access: network").replace("10.20.0.0/16", "127.0.0.0/8")
    ask = Ask(path=f"/{FRONT}.cfg", address="127.0.0.1")
    with opened(tmp_path, site) as server:
        assert server.at_once(ask) is None
        assert server.answer(ask)
        assert server.at_once(ask)
        assert (server.cache.hits, server.cache.misses) == (1, 1)


def test_the_portal_answers_for_the_phones_processes(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    wanted = 'provisioner_requests_total{outcome="served",transport="http",vendor="yealink"} 3.0'
    with world.serving():
        for _ in range(3):
            assert world.get(f"/{FRONT}.cfg")[0] == 200
        deadline = time.monotonic() + 40
        while wanted not in (told := scrape(world.portal)):
            assert time.monotonic() < deadline, told[:500]
            time.sleep(0.1)
    assert "s3cret" not in told
    assert FRONT not in told


def scrape(port: int) -> str:
    """What Prometheus would read."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode()
