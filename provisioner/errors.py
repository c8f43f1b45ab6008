"""Every error that this project raises on purpose, and what a phone sees of it.

    ProvisionerError
    ├── NotOurs         no vendor's file                      constant 404    TFTP 1
    ├── Unknown         a device of no tenant                 constant 404    TFTP 1
    ├── Refused         the gate said no                      constant 404    TFTP 1
    ├── Unassigned      known, but nothing to serve           constant 404    TFTP 1
    ├── Broken          our data or a template is at fault    500             TFTP 0
    └── Invalid         input that a person can mend          never reaches a phone

The first four look alike from outside; the log and ``provisioner why`` tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ProvisionerError(Exception):
    """Root of the tree above."""


class NotOurs(ProvisionerError):
    """No vendor knows a file of this name."""


class Unknown(ProvisionerError):
    """The identity belongs to no tenant."""


class Refused(ProvisionerError):
    """The gate refuses the requester; the message says why, for the log only."""


class Unassigned(ProvisionerError):
    """The device is known but has no file of this name."""


class Broken(ProvisionerError):
    """Our own data or a template is at fault: a phone that gets an error keeps its last configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that a person has to mend: where it is, and what would be right."""

    field: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.field}: {self.message}"


class Invalid(ProvisionerError):
    """Input that a person can mend, with all its problems at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
