"""Fanvil: X and V desk phones, H hotel phones, W Wi-Fi phones and i doors."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.vendor_api import Agent, Boot, File, Model, Profile, UserAgent, Vendor, load_lines, load_models
from provisioner.vendors.fanvil.buttons import buttons
from provisioner.vendors.fanvil.context import context, format_of, warn
from provisioner.vendors.fanvil.reader import read
from provisioner.vendors.fanvil.syntax import TEXT, XML


def _takes_text(model: Model) -> bool:
    return bool(model.extra["format"] == "text")


def _takes_xml(model: Model) -> bool:
    return not _takes_text(model)


def _is_wireless(model: Model) -> bool:
    """The Wi-Fi phones are known to be given a file of this name."""
    return model.name.startswith("W6")


def _pages(model: Model) -> tuple[int, ...]:
    """The keys beside the screen, page after page, then the function keys."""
    groups = [model.extra[name] for name in ("side", "func") if name in model.extra]
    return tuple(keys for pages, keys in groups for _page in range(pages))


# FusionPBX's X4 and V67, and the text that an X3 exports.
_LOGINS = {
    "sysconf": ("ap/DefaultUsername", "ap/DefaultPassword"),
    "voip": ("AUTOUPDATE_CONFIG_MODULE/Download_Username", "AUTOUPDATE_CONFIG_MODULE/Download_Password"),
    "text": ("AUTOUPDATE CONFIG MODULE/Default Username", "AUTOUPDATE CONFIG MODULE/Default Password"),
}


def http_login(profile: Profile, user: str, password: str) -> Mapping[str, str]:
    """The account of auto provisioning, by the names of the format that the phone reads."""
    return dict(zip(_LOGINS[format_of(profile)], (user, password), strict=True))


VENDOR = Vendor(
    name="fanvil",
    title="Fanvil",
    models=load_models(__package__),
    pages=_pages,
    lines=load_lines(__package__),
    syntax=XML,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    secret_keys=r"passw|pswd|secret|token|FlashServerIP|Flash Server IP|Download_Server_IP",  # noqa: S106
    http_login=http_login,
    files=(
        File(
            kind="config",
            pattern="{mac}.cfg",
            template="device.xml.j2",
            media_type="application/xml; charset=utf-8",
            when=_takes_xml,
        ),
        File(kind="config", pattern="{mac}.cfg", template="device.cfg.j2", syntax=TEXT, when=_takes_text),
        File(
            kind="config",
            pattern="{mac}.xml",
            template="device.xml.j2",
            media_type="application/xml; charset=utf-8",
            when=_is_wireless,
        ),
        # A phone that finds no common file goes on to its own; what its firmware would be is nobody's business here.
        File(kind="common", pattern="{common}", private=False),
        File(kind="firmware", pattern="fanvil_{model}_hwv1_0.txt", private=False),
        File(kind="firmware", pattern="fanvil_{model}_hwv2_0.txt", private=False),
        File(kind="firmware", pattern="fanvil_{model}_hw1_1.txt", private=False),
    ),
    boot=Boot(
        files=("{common}", ("{mac}.cfg", "{mac}.xml")),
        agents=(Agent(text="Fanvil {called} {version} {mac}"),),
        release="2.12.2",
    ),
    user_agents=(
        UserAgent(
            hint="fanvil",
            pattern=r"\bfanvil\s+(?P<model>[A-Z]\d+\w*(?:-V\d)?(?:[\s-]?Pro)?)(?:\s+(?P<version>\d+(?:\.\d+)+))?"
            r"(?:\s+(?P<mac>[0-9a-f]{12})\b)?",
        ),
    ),
    ouis=("0c383e", "00a859"),
)
