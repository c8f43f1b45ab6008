"""Grandstream: GXP, GRP and GXV desk phones and GHP hotel phones."""

from __future__ import annotations

from provisioner.vendor_api import File, UserAgent, Vendor, load_lines, load_models
from provisioner.vendors.grandstream.buttons import buttons
from provisioner.vendors.grandstream.context import context
from provisioner.vendors.grandstream.reader import read
from provisioner.vendors.grandstream.syntax import GrandstreamSyntax


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version: ``1.0.11.79``."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


VENDOR = Vendor(
    name="grandstream",
    title="Grandstream",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=GrandstreamSyntax(),
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    files=(
        File(
            kind="config",
            pattern="cfg{mac}.xml",
            template="device.xml.j2",
            media_type="application/xml; charset=utf-8",
        ),
        # Before or after it, by model and firmware; a 404 on any of them is fine, the phone goes on.
        File(kind="binary", pattern="cfg{mac}"),
        File(kind="binary", pattern="cfg{mac}.bin"),
        File(kind="device", pattern="dev{mac}.cfg"),
        File(kind="model", pattern="cfg{model}.xml", private=False),
        File(kind="common", pattern="cfg.xml", private=False),
        File(kind="phonebook", pattern="phonebook.xml"),
        File(kind="phonebook", pattern="gs_phonebook.xml"),
        File(kind="firmware", pattern="{model}fw.bin", private=False),
    ),
    user_agents=(
        # A phone may carry a prefix of its own before this (P8358), so the expression starts anywhere.
        UserAgent(
            hint="grandstream",
            pattern=r"grandstream\s+(?:model\s+hw\s+)?(?P<model>[A-Z]{2,3}\d\w*)(?:\s+V\d\S*)?"
            r"(?:\s+(?:SW\s+|\(\w+\.bin:)?(?P<version>\d+(?:\.\d+)+))?"
            r"(?:.*?\bDevId\s+(?P<mac>[0-9a-f]{12})\b)?",
        ),
    ),
    ouis=("000b82", "c074ad", "ec74d7"),
    # Passwords of accounts, web access, files and services by their P-values; 237 holds the device's token.
    secret_keys=r"passw|secret|pwd|token|serverPath"  # noqa: S106 (an expression over key names)
    r"|^P(2|34|196|237|406|506|606|1706|1806|506\d\d|1359|1361|1383|4505|4512|6714|6769|8024)$",
)
