"""Flyingvoice: the FIP phones, whose language resembles another maker's without being the same."""

from __future__ import annotations

from provisioner.vendor_api import (
    Agent,
    Boot,
    File,
    LineSyntax,
    UserAgent,
    Vendor,
    load_models,
    release_numbers,
)
from provisioner.vendors.flyingvoice.buttons import buttons
from provisioner.vendors.flyingvoice.context import context, warn
from provisioner.vendors.flyingvoice.reader import read


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version: ``V0.6.24``."""
    return release_numbers(version.lstrip("Vv"))


VENDOR = Vendor(
    name="flyingvoice",
    title="Flyingvoice",
    models=load_models(__package__),
    syntax=LineSyntax(name="flyingvoice", clear=""),
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    # The phones also ask for y000000000000.boot and y000000000000.cfg, which by themselves tell no vendor: they are
    # nobody's here, so that a phone of the other maker that says no more is still known by them.
    files=(File(kind="config", pattern="{mac}.cfg", template="device.cfg.j2"),),
    boot=Boot(files=("{mac}.cfg",), agents=(Agent(text="Flyingvoice {called} V{version} {COLONS}"),)),
    user_agents=(
        UserAgent(
            hint="flyingvoice",
            pattern=r"\bflyingvoice\s+(?P<model>[A-Z]+\d+\w*)(?:\s+V?(?P<version>\d+(?:\.\d+)+))?"
            r"(?:\s+(?P<mac>[0-9a-f]{2}(?::?[0-9a-f]{2}){5})\b)?",
        ),
    ),
    ouis=("0021f2", "789912"),
)
