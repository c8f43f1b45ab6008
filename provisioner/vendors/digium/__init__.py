"""Digium: the D phones, whose keys are contacts pinned to places."""

from __future__ import annotations

import re

from provisioner.vendor_api import Agent, Boot, File, UserAgent, Vendor, load_models
from provisioner.vendors.digium.buttons import buttons
from provisioner.vendors.digium.context import context, warn
from provisioner.vendors.digium.reader import read
from provisioner.vendors.digium.syntax import DigiumSyntax


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version: ``2_9_27``, with dots or underscores."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:6])


_XML = "text/xml; charset=utf-8"

VENDOR = Vendor(
    name="digium",
    title="Digium D / Sangoma P",
    models=load_models(__package__),
    syntax=DigiumSyntax(),
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    # The addresses of the three files hold the device's token.
    secret_keys=r"passw|secret|pwd|token|passcode|url",  # noqa: S106 (an expression over key names)
    files=(
        File(kind="config", pattern="{mac}.cfg", template="device.cfg.j2", media_type=_XML),
        # Named by us in the first file; the phone fetches whatever stands there.
        File(kind="contacts", pattern="{mac}-contacts.xml", template="contacts.xml.j2", media_type=_XML),
        File(kind="keys", pattern="{mac}-smartblf.xml", template="smartblf.xml.j2", media_type=_XML),
        # A phone without a file of its own also asks for 000000000000.cfg, which by itself tells no vendor: it is
        # nobody's here, so that the phones of the other maker that begin with it are still known by it.
    ),
    boot=Boot(
        files=("{mac}.cfg", "{mac}-contacts.xml", "{mac}-smartblf.xml"),
        agents=(Agent(text="Digium {called} {version} {mac}"),),
    ),
    user_agents=tuple(
        UserAgent(
            hint=name,
            pattern=rf"\b{name}[\s/_-]+(?P<model>[DP]\d{{2,3}})\b(?:[\s/_-]+(?P<version>\d+(?:[._]\d+){{2,4}}))?"
            r"(?:.*?\b(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?::[0-9a-f]{2}){5})\b)?",
        )
        for name in ("digium", "sangoma")
    ),
    ouis=("000fd3",),
)
