"""A sample tenant, so that an empty installation has something to show."""

from __future__ import annotations

from importlib import resources

from provisioner.answer import Provisioner
from provisioner.site.apply import apply


def fill(server: Provisioner) -> None:
    """Apply the shipped sample site."""
    text = resources.files("provisioner").joinpath("demo.yaml").read_text("utf-8")
    apply(server, text)
