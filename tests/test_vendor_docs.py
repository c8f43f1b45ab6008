"""The vendors' documents say what the data says, and people wrote their part of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.vendor_api import Vendor
from provisioner.vendor_docs import document, documented, main, notes

DOCS = Path(__file__).parent.parent / "docs" / "vendors"
every_vendor = pytest.mark.parametrize("vendor", documented(), ids=lambda vendor: vendor.name)


@every_vendor
def test_the_document_is_what_make_docs_writes(vendor: Vendor) -> None:
    written = DOCS / f"{vendor.name}.md"
    assert written.is_file(), "run `make docs`"
    assert document(vendor) == written.read_text("utf-8"), "run `make docs`"


@every_vendor
def test_people_say_how_to_point_phones_here_and_what_to_look_out_for(vendor: Vendor) -> None:
    pointing, _, traps = notes(vendor).partition("## Traps")
    assert pointing.startswith("## Pointing phones here\n")
    assert 3 <= pointing.count("\n- ") <= 15
    assert 3 <= traps.count("\n- ") <= 15


@every_vendor
def test_every_model_and_every_file_is_named(vendor: Vendor) -> None:
    text = document(vendor)
    assert [name for name in vendor.models if f"| {name} |" not in text] == []
    assert [file.pattern for file in vendor.files if f"| `{file.pattern}` |" not in text] == []


def test_there_is_no_document_of_a_vendor_that_is_gone() -> None:
    assert {vendor.name for vendor in documented()} == {path.stem for path in DOCS.glob("*.md")}


def test_the_command_writes_into_the_folder_that_it_is_given(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert len(documented()) == len(list((tmp_path / "new").glob("*.md")))
    assert main([]) == 2
