"""Finds the vendors: every package under ``provisioner/vendors/`` and the entry points of that name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType

import structlog

from provisioner import vendors as home
from provisioner.vendor_api import Model, Vendor

log = structlog.get_logger()


@cache
def vendors() -> Mapping[str, Vendor]:
    """Every vendor by name, in alphabetical order; one that cannot be imported spoils no other."""
    found = (_imported(name, load) for name, load in packages())
    ordered = sorted((vendor for vendor in found if vendor is not None), key=lambda vendor: vendor.name)
    return MappingProxyType({vendor.name: vendor for vendor in ordered})


def packages() -> Iterator[tuple[str, Callable[[], Vendor]]]:
    """The name of every vendor package, and how to import its vendor."""
    for module in iter_modules(home.__path__):
        path = f"{home.__name__}.{module.name}"
        yield module.name, lambda path=path: import_module(path).VENDOR  # type: ignore[misc]  # bound per package
    for entry in entry_points(group="provisioner.vendors"):
        yield entry.name, entry.load


def _imported(name: str, load: Callable[[], Vendor]) -> Vendor | None:
    try:
        return load()
    except Exception:
        log.exception("vendor.broken", vendor=name)
        return None


def find_model(vendor: str, model: str) -> tuple[Vendor, Model]:
    """The vendor and model of these names. Raises ValueError with the names that would be right."""
    known = vendors().get(vendor.lower())
    if known is None:
        raise ValueError(f"unknown vendor {vendor[:40]!r}; known: {', '.join(vendors())}")
    found = known.models.find(model)
    if found is None:
        raise ValueError(f"{known.title} has no model {model[:40]!r}; known: {', '.join(known.models)}")
    return known, found
