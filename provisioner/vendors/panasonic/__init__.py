"""Panasonic: KX-UT and KX-HDV desk phones, KX-TGP DECT bases and the KX-UDS124 cell station."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.vendor_api import Agent, Boot, File, Model, UserAgent, Vendor, load_lines, load_models
from provisioner.vendors.panasonic.buttons import buttons
from provisioner.vendors.panasonic.context import context, warn
from provisioner.vendors.panasonic.reader import read
from provisioner.vendors.panasonic.syntax import PanasonicSyntax


def _speaks(*dialects: str) -> Callable[[Model], bool]:
    return lambda model: model.extra["dialect"] in dialects


VENDOR = Vendor(
    name="panasonic",
    title="Panasonic",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=PanasonicSyntax(),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    files=(
        # Everything is in the file of the highest rank; product and master file are left empty.
        File(
            kind="config",
            pattern="Config{MAC}.cfg",
            template="phone.cfg.j2",
            when=_speaks("ut", "ut670", "hdv", "tgp6"),
        ),
        File(kind="config", pattern="Config{MAC}.cfg", template="tgp500.cfg.j2", when=_speaks("tgp5")),
        File(kind="config", pattern="Config{MAC}.cfg", template="uds124.cfg.j2", when=_speaks("uds")),
        # What a phone asks for that knows a server's name only; it tells where the device's own file is.
        File(kind="start", pattern="KX-{model}.cfg", template="start.cfg.j2"),
        File(kind="master", pattern="ConfigCommon.cfg", private=False),
        File(kind="product", pattern="ConfigKX-{model}.cfg", private=False),
        # Names in other systems' URLs.
        File(kind="config", pattern="{mac}.cfg"),
        File(kind="config", pattern="Config{mac}.xml"),
    ),
    boot=Boot(
        files=("KX-{model}.cfg", "Config{MAC}.cfg"),
        agents=(Agent(text="Panasonic_KX-{called}/{version} ({mac})"),),
    ),
    user_agents=(
        # Letters behind the number are the region. A UT670 was seen with eleven digits for a MAC: then the URL tells.
        UserAgent(
            hint="panasonic",
            pattern=r"\bpanasonic[_-](?P<model>KX-[A-Z]+\d+)(?:[A-Z][A-Z0-9]*)?/(?P<version>\d+(?:\.\d+)*)"
            r"(?:\s*\((?P<mac>[0-9a-f]{12})\))?",
        ),
    ),
    ouis=("0080f0", "080023", "bcc342"),
    # CFG_STANDARD_FILE_PATH holds the device's token.
    secret_keys=r"pass|secret|pwd|token|CFG_FILE_KEY|FILE_PATH",  # noqa: S106 (an expression over key names)
)
