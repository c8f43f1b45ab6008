"""Mitel and Aastra: SIP phones 9xxxi, 67xxi, 68xxi and 69xx, which share one dialect since 2005."""

from __future__ import annotations

from provisioner.vendor_api import Agent, Boot, File, UserAgent, Vendor, load_lines, load_models
from provisioner.vendors.mitel.buttons import buttons
from provisioner.vendors.mitel.context import context, warn
from provisioner.vendors.mitel.reader import read
from provisioner.vendors.mitel.syntax import MitelSyntax

VENDOR = Vendor(
    name="mitel",
    title="Mitel / Aastra",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=MitelSyntax(),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    files=(
        # A phone that gets an empty common file never asks for its own; firmware up to 4.0 calls it aastra.cfg.
        File(kind="common", pattern="startup.cfg", template="common.cfg.j2", private=False),
        File(kind="common", pattern="aastra.cfg", template="common.cfg.j2", private=False),
        File(kind="model", pattern="{model}.cfg", private=False),
        File(kind="config", pattern="{MAC}.cfg", template="device.cfg.j2"),
        # The same files as the vendor's tool encrypts them; a phone goes on to the plain ones.
        File(kind="encrypted", pattern="security.tuz", private=False),
        File(kind="encrypted", pattern="startup.tuz", private=False),
        File(kind="encrypted", pattern="aastra.tuz", private=False),
        File(kind="encrypted", pattern="{model}.tuz", private=False),
        File(kind="encrypted", pattern="{MAC}.tuz"),
        File(kind="firmware", pattern="{model}.st", private=False),
        File(kind="language", pattern="lang_de.txt", private=False),
        File(kind="language", pattern="lang_fr.txt", private=False),
        File(kind="language", pattern="lang_fr_ca.txt", private=False),
        File(kind="language", pattern="lang_es.txt", private=False),
        File(kind="language", pattern="lang_it.txt", private=False),
        File(kind="language", pattern="lang_nl_nl.txt", private=False),
    ),
    boot=Boot(
        files=("security.tuz", "startup.tuz", "startup.cfg", "{model}.tuz", "{model}.cfg", "{MAC}.tuz", "{MAC}.cfg"),
        agents=(
            Agent(text="Mitel{called} MAC:{DASHES} V:{version}-SIP", when=lambda model: model.name.startswith("69")),
            Agent(text="Aastra{called} MAC:{DASHES} V:{version}-SIP"),
        ),
        version="{release}.140",
    ),
    user_agents=tuple(
        UserAgent(
            hint=name,
            pattern=rf"\b{name}\s*(?P<model>\w+)\s+MAC:(?P<mac>[0-9a-f]{{2}}(?:[:-][0-9a-f]{{2}}){{5}})"
            r"(?:\s+V:(?P<version>\d+(?:\.\d+)+))?",
        )
        for name in ("aastra", "mitel")
    ),
    ouis=("00085d", "08000f", "1400e9"),
    # The path on the server holds the device's token.
    secret_keys=r"passw|secret|pwd|token|http path|https path|tftp path",  # noqa: S106 (an expression over key names)
)
