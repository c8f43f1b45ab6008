"""The units, as systemd itself reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.deploy.test_proxies import DEPLOY, program

UNITS = sorted(path.name for path in (DEPLOY / "systemd").iterdir())


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("systemd-analyze"), *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, beside a program that is there."""
    for name in UNITS:
        text = (DEPLOY / "systemd" / name).read_text().replace("/opt/provisioner/bin/provisioner", "/bin/true")
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_to_complain_of(units: Path, unit: str) -> None:
    name = unit.replace("@.", "@phones.")
    if name != unit:
        (units / name).write_text((units / unit).read_text().replace("%i", "phones"))
    done = analyze("verify", "--man=no", str(units / name))
    told = [line for line in (done.stdout + done.stderr).splitlines() if str(units) in line or unit in line]
    assert not told, told
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_little_is_exposed(units: Path, unit: str) -> None:
    done = analyze("security", "--offline=true", "--threshold=22", "--no-pager", str(units / unit))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
