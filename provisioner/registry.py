"""Finds the vendors: every package under ``provisioner/vendors/`` and the entry points of that name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType

from provisioner import vendors as home
from provisioner.vendor_api import Model, Vendor


@cache
def vendors() -> Mapping[str, Vendor]:
    """Every vendor by name, in alphabetical order."""
    found = sorted(_packages(), key=lambda vendor: vendor.name)
    return MappingProxyType({vendor.name: vendor for vendor in found})


def _packages() -> Iterator[Vendor]:
    for module in iter_modules(home.__path__):
        yield import_module(f"{home.__name__}.{module.name}").VENDOR
    for entry in entry_points(group="provisioner.vendors"):
        yield entry.load()


def find_model(vendor: str, model: str) -> tuple[Vendor, Model]:
    """The vendor and model of these names. Raises ValueError with the names that would be right."""
    known = vendors().get(vendor.lower())
    if known is None:
        raise ValueError(f"unknown vendor {vendor[:40]!r}; known: {', '.join(vendors())}")
    found = known.models.find(model)
    if found is None:
        raise ValueError(f"{known.title} has no model {model[:40]!r}; known: {', '.join(known.models)}")
    return known, found
