"""Algo: SIP speakers, strobe lights and paging adapters."""

from __future__ import annotations

from provisioner.vendor_api import Boot, File, LineSyntax, Vendor, load_models
from provisioner.vendors.algo.buttons import buttons
from provisioner.vendors.algo.context import context, warn
from provisioner.vendors.algo.reader import read

VENDOR = Vendor(
    name="algo",
    title="Algo",
    models=load_models(__package__),
    syntax=LineSyntax(name="algo", clear=""),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    # The path on the server holds the device's token.
    secret_keys=r"passw|secret|pwd|token|cfgpath",  # noqa: S106 (an expression over key names)
    files=(
        File(kind="config", pattern="algom{MAC}.conf", template="device.conf.j2"),
        # The name in older firmware.
        File(kind="config", pattern="algo{MAC}.conf", template="device.conf.j2"),
        File(kind="model", pattern="algop{model}.conf", private=False),
        File(kind="checksum", pattern="algom{MAC}.md5"),
        File(kind="checksum", pattern="algo{MAC}.md5"),
    ),
    # No source has seen what they call themselves.
    # Whether the checksum comes before the file is not known; a phone that finds none takes the file as it is.
    boot=Boot(files=("algop{model}.conf", "algom{MAC}.md5", "algom{MAC}.conf")),
    user_agents=(),
    ouis=("0022ee",),
)
