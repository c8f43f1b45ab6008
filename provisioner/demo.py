"""A sample tenant, so that an empty installation has something to show."""

from __future__ import annotations

from provisioner.answer import Provisioner


def fill(server: Provisioner) -> None:
    """Apply the shipped sample site."""
