"""A bounded run of the fuzzer, and every seed once on its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.targets import ROOT, TARGETS, close_door, seeds

RUNS = 15_000


@pytest.fixture(scope="module", autouse=True)
def door_is_closed() -> Iterator[None]:
    yield
    close_door()


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_keep_every_promise(target: str) -> None:
    given = list(seeds(target))
    assert given
    for seed in given:
        TARGETS[target](seed)


def test_thousands_of_mutations_break_no_promise(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", f"--runs={RUNS}", "--seconds=20", f"--findings={tmp_path}"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    executed = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    assert executed is not None
    assert int(executed[1]) > 500
