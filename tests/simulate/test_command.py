"""``provisioner simulate`` from the outside: every vendor's start over real sockets, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from provisioner.metrics_folder import make_folder
from provisioner.registry import vendors
from provisioner.values import Transport
from tests.world import BACK, FRONT, make_world

PER_VENDOR = 6


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """New phones of every vendor start against a server of their own: they pair, and come back with their token."""
    count = PER_VENDOR * len(vendors())
    command = [sys.executable, "-m", "provisioner", "simulate", "--self", "--new", "--json", "--workers", "1"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROVISIONER_")}
    done = subprocess.run(
        [*command, "--phones", str(count)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("vendor", list(vendors()))
def test_every_vendors_phones_start_and_get_their_files(report: dict[str, Any], vendor: str) -> None:
    tally = report["vendors"][vendor]
    assert (tally["phones"], tally["gave_up"], tally["without"]) == (PER_VENDOR, 0, 0)
    assert tally["served"] >= PER_VENDOR


@pytest.mark.parametrize("name", [name for name, one in vendors().items() if one.boot.transport is Transport.HTTP])
def test_phones_come_back_with_the_etag_of_their_copy(report: dict[str, Any], name: str) -> None:
    assert report["vendors"][name]["unchanged"] >= 1


def test_the_whole_fleet_is_told(report: dict[str, Any]) -> None:
    assert report["all"]["phones"] == PER_VENDOR * len(vendors())
    assert report["all"]["asked"] == sum(tally["asked"] for tally in report["vendors"].values())


def test_the_devices_of_an_installation_take_part_when_they_may_ask(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    with world.serving():
        assert "no device may ask now" in world.run("simulate", expect=1)
        assert world.get(f"/{FRONT}.cfg")[0] == 200
        world.run("unpair", BACK)
        told = json.loads(world.run("simulate", "--json"))
    assert (told["all"]["phones"], told["all"]["served"], told["all"]["without"]) == (1, 1, 0)


def test_a_table_is_printed_and_a_fleet_that_is_not_served_ends_with_status_1(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    told = world.run("simulate", "--pair", "--retries", "0", "--timeout", "1", expect=1)
    assert re.search(r"^yealink +2 ", told, re.MULTILINE)
    assert "2 phones gave up" in told


def test_an_installation_with_a_tenant_is_not_filled(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    assert "not empty, it has the tenant acme" in world.run("simulate", "--fill", "5", expect=1)


def test_another_machine_needs_permission(tmp_path: Path) -> None:
    world = make_world(tmp_path, site=None)
    assert "--yes-i-own-it" in world.run("simulate", "--url", "http://192.0.2.1", expect=1)


def test_an_unknown_tenant_is_named(tmp_path: Path) -> None:
    world = make_world(tmp_path, site=None)
    assert "--tenant: there is no tenant 'acne'" in world.run("simulate", "--tenant", "acne", expect=1)


def test_an_unknown_vendor_is_named_with_the_known_ones(tmp_path: Path) -> None:
    world = make_world(tmp_path, site=None)
    assert "unknown: acme; known: ale," in world.run("simulate", "--vendors", "acme,snom", expect=1)


@pytest.mark.parametrize(
    "words",
    [
        ("--self", "--url", "http://127.0.0.1"),
        ("--self", "--fill", "5"),
        ("--new",),
        ("--database", "sqlite://"),
        ("--fill", "5", "--tenant", "acme"),
    ],
)
def test_options_that_mean_nothing_together_are_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    world = make_world(tmp_path, site=None)
    assert words[0] in world.run("simulate", *words, expect=2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("--spread", "nan"), ("--timeout", "nan"), ("--timeout", "inf")])
def test_seconds_are_a_number(tmp_path: Path, words: tuple[str, str]) -> None:
    world = make_world(tmp_path, site=None)
    assert f"Invalid value for '{words[0]}'" in world.run("simulate", *words, expect=2)


def test_a_server_of_its_own_leaves_installation_and_proxy_of_the_environment_alone(tmp_path: Path) -> None:
    world = make_world(tmp_path, site=None)
    world.environment_extra["http_proxy"] = "http://127.0.0.1:1"
    told = json.loads(world.run("simulate", "--self", "--phones", "2", "--workers", "1", "--json"))
    assert (told["all"]["phones"], told["all"]["without"]) == (2, 0)
    assert not list(tmp_path.iterdir())


def test_a_server_of_its_own_is_gone_when_the_simulation_is_told_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "provisioner", "simulate", "--self", "--phones", "2", "--spread", "600"]
    process = subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path)})
    try:
        deadline = time.monotonic() + 60
        while "Phones:" not in "".join(log.read_text("utf-8") for log in tmp_path.glob("*/log")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        server = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        counters = make_folder(next(tmp_path.iterdir()))
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM
    finally:
        process.kill()
    assert not list(tmp_path.iterdir())
    assert not Path(f"/proc/{server}").exists()
    assert not counters.exists()


def test_a_database_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    world = make_world(tmp_path, site=None)
    told = world.run("simulate", "--self", "--database", "mysql://nobody", expect=1)
    assert told.startswith("--database: write sqlite:///")
