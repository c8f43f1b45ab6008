"""Stored things as rows of a sheet: what `records` writes, an import takes back unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from provisioner.services.fields import Schema
from provisioner.spreadsheets.columns import KINDS


def headings(kind: str, *, secrets: bool = False) -> tuple[str, ...]:
    """The first row of such a sheet; the secret columns only where they are wanted."""
    return tuple(column.name for column in KINDS[kind].columns if secrets or column.reads != "secret")


def records(kind: str, things: Iterable[Schema], *, secrets: bool = False) -> Iterator[tuple[str, ...]]:
    """One row for each thing, as the services dump it (assignments are made of extensions)."""
    names = headings(kind, secrets=secrets)
    taken = _FIELDS.get(kind, {})
    for thing in things:
        yield tuple(_told(taken[name](thing) if name in taken else getattr(thing, name)) for name in names)


_FIELDS: Mapping[str, Mapping[str, Callable[[Any], object]]] = {"assignments": {"extension": lambda one: one.number}}


def _told(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
