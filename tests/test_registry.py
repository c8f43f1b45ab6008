"""Vendors are found by walking a folder."""

from __future__ import annotations

import pytest

from provisioner.registry import find_model, packages, vendors


def test_every_vendor_package_can_be_imported() -> None:
    assert {name for name, _ in packages()} == set(vendors())


def test_names_are_found_in_any_case_and_spelling() -> None:
    assert ("yealink", "T21P_E2") == tuple(one.name for one in find_model("Yealink", "t21p e2"))


WRONG = [("nobody", "X", "unknown vendor"), ("yealink", "X9", "no model")]


@pytest.mark.parametrize(("vendor", "model", "says"), WRONG)
def test_a_wrong_name_is_answered_with_the_right_ones(vendor: str, model: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        find_model(vendor, model)


def test_no_two_vendors_claim_a_mac_prefix() -> None:
    claimed = [oui.lower() for vendor in vendors().values() for oui in vendor.ouis]
    assert len(claimed) == len(set(claimed))
