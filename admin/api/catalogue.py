"""Everything that the API can do, in the order of its document."""

from __future__ import annotations

from functools import cache

from admin.api import resources, tenants
from admin.api.operations import Operation


@cache
def catalogue() -> tuple[Operation, ...]:
    """Every operation."""
    return tuple(operation for module in (tenants, resources) for operation in module.operations())
