"""Snom: the desk phones D1xx to D8xx and their ancestors, the conference phone MP and the pager PA1."""

from __future__ import annotations

from provisioner.vendor_api import File, Model, UserAgent, Vendor, load_lines, load_models
from provisioner.vendors.snom.buttons import buttons
from provisioner.vendors.snom.context import context
from provisioner.vendors.snom.reader import read
from provisioner.vendors.snom.syntax import SYNTAX


def release(version: str) -> tuple[int, ...]:
    """The numbers of ``10.1.215.13``, as far as they are numbers."""
    parts = [part for part in version.split(".") if part.isdecimal()]
    return tuple(int(part) for part in parts) or (0,)


def _goes_by_another_name(model: Model) -> bool:
    """A D715 says ``snom715``, but not in every firmware."""
    return bool(model.extra["phone"] != model.name)


_XML = "text/xml; charset=utf-8"

VENDOR = Vendor(
    name="snom",
    title="Snom",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=SYNTAX,
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    # The setting server holds the device's token.
    secret_keys=r"pass|secret|token|user_hash|setting_server",  # noqa: S106  key names, not a secret
    files=(
        File(kind="config", pattern="snom{phone}-{MAC}.htm", template="device.xml.j2", media_type=_XML),
        File(
            kind="config",
            pattern="snom{model}-{MAC}.htm",
            template="device.xml.j2",
            media_type=_XML,
            when=_goes_by_another_name,
        ),
        # The name that other systems write into the setting server.
        File(kind="config", pattern="{MAC}.xml", template="device.xml.j2", media_type=_XML),
        # Asked for first; a phone that finds none goes on to its own file.
        File(kind="common", pattern="snom{phone}.htm", private=False),
        File(kind="common", pattern="snom{model}.htm", private=False),
    ),
    user_agents=(
        UserAgent(
            hint="snom",
            # The MAC comes last but for the counts of modules; a build date in brackets may stand before it.
            pattern=r"\bsnom(?P<model>[\w+]+)-SIP\s+(?P<version>\d+(?:\.\d+)+)(?:.*?\s(?P<mac>[0-9a-f]{12})(?=[\s)]))?",
        ),
        UserAgent(hint="snom", pattern=r"\bsnom lid (?P<version>\d+)", boot=True),
    ),
    # The longest prefix wins, so Gigaset's ranges within 000413 stay Gigaset's.
    ouis=("000413", "1c7126"),
)
