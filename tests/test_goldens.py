"""Golden files: ``fixtures/<vendor>/<model>/<file>`` is what the rich device of that model gets, byte for byte.

Found by listing the disk: a folder named like a model is a case.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.merge import merge
from provisioner.registry import find_model, vendors
from provisioner.render import render
from tests.factories import rich_record

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(path for vendor in vendors() for path in (FIXTURES / vendor).glob("*") if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_golden_files(case: Path, request: pytest.FixtureRequest) -> None:
    vendor, model = find_model(case.parent.name, case.name)
    profile = merge(rich_record(vendor.name, model.name, mac=(vendor.ouis[0] + "123456")[:12]))
    files = [file for file in vendor.files if file.template and file.fits(model)]
    rendered = {answer.name: answer.body for answer in (render(profile, file) for file in files)}
    if request.config.getoption("--update-goldens"):
        for name, body in rendered.items():
            (case / name).write_bytes(body)
    assert {path.name for path in case.iterdir()} == set(rendered)
    for name, body in rendered.items():
        assert (case / name).read_bytes() == body


@pytest.mark.parametrize("vendor", list(vendors()))
def test_every_vendor_has_golden_files(vendor: str) -> None:
    assert len([case for case in CASES if case.parent.name == vendor]) >= 3
