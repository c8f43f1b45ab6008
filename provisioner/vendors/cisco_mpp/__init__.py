"""Cisco phones for any SIP server: MPP (3PCC) 68xx to 98xx, SPA and Linksys phones, SPA and ATA adapters.

The enterprise firmware of the same hardware is another vendor: what a device asks for tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioner.vendor_api import (
    Agent,
    Boot,
    DeviceCertificate,
    Encryption,
    File,
    Model,
    Profile,
    Transport,
    UserAgent,
    Vendor,
    load_lines,
    load_models,
    openssl_salted,
)
from provisioner.vendors.cisco_mpp.buttons import buttons
from provisioner.vendors.cisco_mpp.context import context
from provisioner.vendors.cisco_mpp.reader import read
from provisioner.vendors.cisco_mpp.syntax import FlatProfile
from provisioner.vendors.cisco_mpp.warn import warn

_XML = "text/xml; charset=utf-8"
_VERSION = re.compile(r"(\d+)(?:[.(\-](\d+))?(?:[.(\-](\d+))?")
_LAST_MPP, _LAST_PHONEOS = 12, 4


def release(version: str) -> tuple[int, ...]:
    """The three numbers of ``11.3.7``, ``11.3(7)`` or ``12.0.5MPP0101``.

    PhoneOS began anew at 2 after MPP 12, so its numbers go on from there. SPA phones of release 3 and 4 land
    there too, and have none of the names that the lines change.
    """
    match = _VERSION.match(version)
    if match is None:
        return (0,)
    major, *minor = (int(part or 0) for part in match.groups())
    return (major + _LAST_MPP if 2 <= major <= _LAST_PHONEOS else major, *minor)


def _has_boot_file(model: Model) -> bool:
    return "boot" in model.extra


def _is_mpp(model: Model) -> bool:
    return str(model.extra.get("boot", "")).endswith("-3PCC.xml")


def file_keys(profile: Profile, key: str) -> Mapping[str, str]:
    """The key stands before the address in the rule (provisioning guides of SPA and MPP, "AES-256-CBC")."""
    rule = f"{profile.url}$MA.xml"
    return {"Profile_Rule": f"[--key {key}] {rule}" if key else rule}


VENDOR = Vendor(
    name="cisco_mpp",
    title="Cisco MPP / SPA",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=FlatProfile(name="cisco flat profile"),
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    resync=lambda _model: "resync",
    encryption=Encryption(name="AES-256-CBC", lengths=(32, 16), encrypt=openssl_salted, keys=file_keys),
    certificate=DeviceCertificate(
        field="ST",
        source="Cisco MPP 7800/8800 provisioning guide: OU=CP-8841-3PCC, L=serial, S=mac",
    ),
    files=(
        File(kind="config", pattern="{mac}.xml", template="device.xml.j2", media_type=_XML),
        # The same for devices whose rule is $MA.cfg, the name that other servers hand out.
        File(kind="config", pattern="{mac}.cfg", template="device.xml.j2", media_type=_XML),
        # What a factory-new device asks for tells no MAC: it only sends the device on to its own file.
        File(
            kind="bootstrap",
            pattern="{boot}",
            template="bootstrap.xml.j2",
            private=False,
            media_type=_XML,
            when=_has_boot_file,
        ),
        File(
            kind="bootstrap",
            pattern="CP-{boot}",
            template="bootstrap.xml.j2",
            private=False,
            media_type=_XML,
            when=_is_mpp,
        ),
        File(kind="foreign", pattern="spa{mac}.cfg"),
        File(kind="foreign", pattern="spa{mac}.xml"),
    ),
    boot=Boot(
        files=(("{boot}", "CP-{boot}"), "{mac}.xml"),
        agents=(
            Agent(text="Cisco-CP-{called}-3PCC/{version} ({mac})", when=_is_mpp),
            Agent(text="Cisco-DP-{called}/{version} ({mac})", when=lambda model: model.extra["family"] == "phoneos"),
            Agent(text="Linksys/{called}-{version} ({MAC})", when=lambda model: model.extra["family"] == "ata"),
            Agent(text="Cisco/{called}-{version} ({MAC})"),
        ),
        transport=Transport.TFTP,
    ),
    user_agents=(
        UserAgent(
            hint="cisco-cp",
            pattern=r"Cisco-CP-?(?P<model>\d{4}\w*)-3PCC(?:/(?P<version>[^\s(]+(?:\(\w+\)[^\s(]*)?))?"
            r"(?:\s*\((?P<mac>[0-9a-f]{12})\))?",
        ),
        UserAgent(
            hint="cisco-dp",
            pattern=r"Cisco-DP-?(?P<model>98\d\d\w*)(?:-3PCC)?(?:/(?P<version>[^\s(]+))?"
            r"(?:\s*\((?P<mac>[0-9a-f]{12})\))?",
        ),
        # A parenthesis that is not a MAC is a serial number.
        *(
            UserAgent(
                hint=hint,
                pattern=hint
                + r"(?P<model>SPA-?\d{3,4}G?2?|PAP2T?|ATA-?19[12])(?:-MPP|-3PCC)?-(?P<version>\d[\w.]*(?:\(\w+\))?)"
                r"(?:\s*\((?P<mac>[0-9a-f]{12})\))?",
            )
            for hint in ("cisco/", "linksys/")
        ),
    ),
    ouis=(
        "002699", "503de5", "00e16d", "00da55", "10bd18", "88019f", "8843e1", "0002fd", "00045a", "000625",
        "000e08", "d0ec35", "00562b",
    ),
)  # fmt: skip
