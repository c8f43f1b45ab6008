"""Everything that the API can do, in the order of its document."""

from __future__ import annotations

from functools import cache

from admin.api import (
    assignments,
    device_doings,
    device_files,
    events,
    features,
    imports,
    proofs,
    resources,
    server_wide,
    site,
    tenants,
)
from admin.api.operations import Operation


@cache
def catalogue() -> tuple[Operation, ...]:
    """Every operation."""
    return tuple(operation for module in _MODULES for operation in module.operations())


_MODULES = (
    tenants, resources, assignments, features, imports, device_files, device_doings, proofs, site, events, server_wide,
)  # fmt: skip
