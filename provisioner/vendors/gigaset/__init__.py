"""Gigaset: DECT bases N510 to N870 and the C-line, Maxwell and P-series phones, which read four unlike dialects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from provisioner.vendor_api import Agent, Boot, File, Model, UserAgent, Vendor, load_lines, load_models
from provisioner.vendors.gigaset.buttons import buttons
from provisioner.vendors.gigaset.context import context
from provisioner.vendors.gigaset.reader import read
from provisioner.vendors.gigaset.syntax import PROVIDER_FRAME, PROVISIONING, SETTINGS
from provisioner.vendors.gigaset.warnings import warn


def release(version: str) -> tuple[int, ...]:
    """The numbers of ``83.V2.65.0``, the product's first."""
    return tuple(int(number) for number in re.findall(r"[0-9]+", version)) or (0,)


def _reads(*dialects: str) -> Callable[[Model], bool]:
    """Whether a model reads one of these dialects."""
    return lambda model: model.extra["dialect"] in dialects


_FRAME, _BASE = _reads("n510", "n720"), _reads("nx70")
_MAXWELL, _DESKTOP = _reads("maxwell"), _reads("desktop")
_XML = "text/xml; charset=utf-8"
_LATIN_XML = "text/xml; charset=iso-8859-1"

# What the old bases ask for below their data server; without it they go on to their own file.
_DATA_SERVER = ("master.bin", "baselines.bin", "version.bin", "sifsroot.bin", "sih_4xx.bin", "sit_44x.bin")


def _p_series_ouis() -> Iterator[str]:
    """The ranges within another maker's 000413 that are of P-series phones (Tancredi, data/patterns.d)."""
    yield from ("000413e2", "000413e3", "000413e5", "000413e7", "00acdce3", "00acdce4")
    yield from (f"00041380{n:02x}" for n in (*range(0xA0), *range(0xA2, 0xF6)))
    yield from (f"00041380f8{n:x}" for n in range(0xE, 0x10))
    yield from (f"000413d84f{n:x}" for n in (*range(0x3, 0x10),))
    yield from (f"000413d85{n}{m}" for n in range(3) for m in range(8))
    yield from (f"000413d86e{n:x}" for n in range(0xE, 0x10))
    yield from (f"000413d87{n}{m}" for n in range(2) for m in range(10))


VENDOR = Vendor(
    name="gigaset",
    title="Gigaset",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=SETTINGS,
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    resync=lambda _model: "check-sync;reboot=false",
    # The addresses of the provisioning server hold the device's token.
    secret_keys=r"passw|pass$|user_pass|KdsPin|DECT_AC|ProvisioningServer|CONFIGFILE_URL|DATA_SERVER|setting_server",  # noqa: S106
    files=(
        File(
            kind="config",
            pattern="{MAC}.xml",
            template="n510.xml.j2",
            media_type=_LATIN_XML,
            syntax=PROVIDER_FRAME,
            when=_reads("n510"),
        ),
        File(
            kind="config",
            pattern="{MAC}.xml",
            template="n720.xml.j2",
            media_type=_LATIN_XML,
            syntax=PROVIDER_FRAME,
            when=_reads("n720"),
        ),
        File(
            kind="config", pattern="{mac}.xml", template="nx70.xml.j2", media_type=_XML, syntax=PROVISIONING, when=_BASE
        ),
        File(
            kind="config",
            pattern="{mac}.xml",
            template="maxwell.xml.j2",
            media_type=_XML,
            syntax=PROVISIONING,
            when=_MAXWELL,
        ),
        File(kind="config", pattern="{mac}.xml", template="desktop.xml.j2", media_type=_XML, when=_DESKTOP),
        # Asked for where the setting server names no file (unsure: as phones with the same firmware do).
        File(
            kind="config", pattern="gigaset{model}-{MAC}.htm", template="desktop.xml.j2", media_type=_XML, when=_DESKTOP
        ),
        File(kind="common", pattern="gigaset{model}.htm", private=False, when=_DESKTOP),
        *(File(kind="data", pattern=name, private=False, when=_FRAME) for name in _DATA_SERVER),
    ),
    boot=Boot(
        files=(
            *(name for name in _DATA_SERVER if "master" in name),
            "gigaset{model}.htm",
            ("gigaset{model}-{MAC}.htm", "{MAC}.xml", "{mac}.xml"),
        ),
        agents=(
            Agent(text="Mozilla/4.0 (compatible; gigaset{called}-SIP {version} 1.1.3-u {MAC})", when=_DESKTOP),
            Agent(text="{called}/{version};{MAC}"),
        ),
    ),
    user_agents=(
        *(
            UserAgent(
                hint=hint,
                # The firmware may name its build, and the Nx70 how many handsets it takes.
                pattern=r"\b(?P<model>(?:N\d{3}E?|[CS]\d{3}A?)[\s_-](?:(?:IP|DM|VI)[\s_-]PRO|IP))"
                r"/(?P<version>\d+\.V?\d+(?:\.\d+)*)[^;]*(?:;\s*(?P<mac>[0-9a-f]{12}))?",
            )
            for hint in ("ip pro", "dm pro", "vi pro", "ip-pro", "dm-pro", "ip/")
        ),
        UserAgent(
            hint="maxwell",
            pattern=r"\b(?P<model>Maxwell[\s_-]?(?:Basic|[234]))\b[^/;]*(?:/\s*(?P<version>\d+(?:\.\d+)+)[^;]*)?"
            r"(?:;\s*(?P<mac>[0-9a-f]{12}))?",
        ),
        # The firmware's images are called gigasetP810-10.1.226.13-SIP, after the name that the phone says.
        UserAgent(
            hint="gigasetp",
            pattern=r"\bgigaset(?P<model>P\d{3}\w*)-SIP\s+(?P<version>\d+(?:\.\d+)+)"
            r"(?:.*?\s(?P<mac>[0-9a-f]{12})(?=[\s)]))?",
        ),
    ),
    ouis=("7c2f80", "589ec6", "14b370", "002104", *_p_series_ouis()),
)
