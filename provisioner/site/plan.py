"""What an apply does, or would do: printed line by line, the counts last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.services.change import Kind, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The outcome of each object, warnings, and the stored devices whose files change."""

    tenant: str
    outcomes: tuple[Outcome, ...]
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    dry_run: bool = False

    def count(self, kind: Kind) -> int:
        """How many objects came out so."""
        return Counter(outcome.kind for outcome in self.outcomes)[kind]

    @property
    def added(self) -> int:
        """How many objects are new."""
        return self.count("added")

    @property
    def changed(self) -> int:
        """How many objects change."""
        return self.count("changed")

    @property
    def removed(self) -> int:
        """How many objects go."""
        return self.count("removed")

    def lines(self) -> Iterator[str]:
        """The plan as people read it; what stays as it is is not in it."""
        yield from (str(outcome) for outcome in self.outcomes if outcome.kind != "unchanged")
        yield from (f"> {device}: its files change" for device in self.files)
        yield from (f"! {warning}" for warning in self.warnings)
        yield f"{self.added} added, {self.changed} changed, {self.removed} removed"

    def __str__(self) -> str:
        return "\n".join(self.lines())
