"""Poly, once Polycom: SoundPoint and SoundStation IP, VVX, Trio, CCX and Edge E."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from provisioner.vendor_api import (
    Agent,
    Boot,
    DeviceCertificate,
    File,
    Model,
    Profile,
    UserAgent,
    Vendor,
    load_lines,
    load_models,
)
from provisioner.vendors.poly.buttons import buttons
from provisioner.vendors.poly.context import context
from provisioner.vendors.poly.reader import read
from provisioner.vendors.poly.syntax import PolySyntax
from provisioner.vendors.poly.warnings import warn

_XML = "text/xml; charset=utf-8"
_PHONE = r"Poly(?:com)?[A-Za-z]+-(?P<model>\w+?)-UA/(?P<version>[\d.]+)(?:\s+\(SN:(?P<mac>[0-9a-f]{12})\))?"
_OLD_PHONE = r"PolycomSound\w+-(?P<model>\w+?)-UA/(?P<version>[\d.]+)(?:\s+\(SN:(?P<mac>[0-9a-f]{12})\))?"


def release(version: str) -> tuple[int, ...]:
    """The first two numbers: (6, 4) of ``6.4.7.4477``."""
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version)[:2]) or (0,)


_VERSION = "{release}.0.1001"
_BRANDS = {
    "SPIP": "PolycomSoundPointIP",
    "SS": "PolycomSoundStationIP",
    "VVX": "PolycomVVX",
    "Trio": "PolycomRealPresenceTrio",
    "CCX": "PolyCCX",
    "Edge": "PolyEdge",
}


def _called(model: Model) -> str:
    """``VVX_450`` and ``Edge_E450``, as user-agents write what everybody else writes in one."""
    return re.sub(r"^(SPIP|SSIP|VVX|CCX|Trio|Edge)", r"\1_", model.name)


def _agents(stage: str) -> tuple[Agent, ...]:
    """What the phones of each family send in this stage of their start."""
    return tuple(
        Agent(
            text=f"FileTransport {brand}-{{called}}-UA/{{version}} (SN:{{mac}}) Type/{stage}",
            when=partial(_begins_with, family),
        )
        for family, brand in _BRANDS.items()
    )


def _begins_with(family: str, model: Model) -> bool:
    return model.name.startswith(family)


def http_login(_profile: Profile, user: str, password: str) -> Mapping[str, str]:
    """Values of the flash memory, each with the switch that makes the phone take it."""
    pairs = {"device.prov.user": user, "device.prov.password": password}
    return {**pairs, **{f"{name}.set": "1" for name in pairs}}


VENDOR = Vendor(
    name="poly",
    title="Poly",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=PolySyntax(name="poly"),
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    http_login=http_login,
    certificate=DeviceCertificate(
        field="CN",
        source="UC Software administrator guide 5.9, Factory certificate",
    ),
    files=(
        # Asked for second, listed first: native keys that no template states belong here, never in the master.
        File(kind="config", pattern="{mac}-settings.cfg", template="settings.cfg.j2", media_type=_XML),
        File(kind="master", pattern="{mac}.cfg", template="master.cfg.j2", media_type=_XML),
        # A phone whose own master is refused asks for the common one. It stays a 404 too: a master that names
        # files which are then refused leaves a phone without its settings, no master at all leaves it as it was.
        File(kind="common master", pattern="000000000000.cfg", private=False),
        File(kind="common licence", pattern="000000000000-license.cfg", private=False),
        File(kind="common directory", pattern="000000000000-directory.xml", private=False),
        # What phones upload and read back. A contact list of ours would wipe the user's own at every boot.
        File(kind="overrides", pattern="{mac}-phone.cfg"),
        File(kind="overrides", pattern="{mac}-web.cfg"),
        File(kind="directory", pattern="{mac}-directory.xml"),
        File(kind="calls", pattern="{mac}-calls.xml"),
        File(kind="log", pattern="{mac}-app.log"),
        File(kind="log", pattern="{mac}-boot.log"),
        File(kind="licence", pattern="{mac}-license.cfg"),
        # The names of other products, which a phone still asks for when it comes from one.
        File(kind="foreign", pattern="{mac}-user.cfg"),
        File(kind="foreign", pattern="{mac}-sip.cfg"),
        File(kind="foreign", pattern="{mac}-registration.cfg"),
        File(kind="foreign", pattern="{mac}-site.cfg"),
        File(kind="foreign", pattern="phone{mac}.cfg"),
        File(kind="foreign", pattern="exten{mac}.cfg"),
        File(kind="foreign", pattern="{model}-{mac}.cfg"),
    ),
    # The updater and, on SoundPoint, every request without a type carry the boot loader's version (wazo_polycom).
    # The updater asks for the master file, and so does the application after it.
    boot=Boot(
        loader=Boot(
            files=(("{mac}.cfg", "000000000000.cfg"),), agents=_agents("Updater"), called=_called, version=_VERSION
        ),
        files=(
            ("{mac}.cfg", "000000000000.cfg"),
            "{mac}-settings.cfg",
            "{mac}-phone.cfg",
            "{mac}-web.cfg",
            "000000000000-license.cfg",
            ("{mac}-directory.xml", "000000000000-directory.xml"),
        ),
        agents=_agents("Application"),
        called=_called,
        version=_VERSION,
    ),
    user_agents=(
        UserAgent(hint="poly", pattern=_PHONE + r"\s+Type/Updater", boot=True),
        UserAgent(hint="poly", pattern="FileTransport " + _OLD_PHONE + r"\s*$", boot=True),
        UserAgent(hint="poly", pattern=_PHONE),
    ),
    ouis=("0004f2", "64167f", "482567", "f04ea4", "00907a"),
)
