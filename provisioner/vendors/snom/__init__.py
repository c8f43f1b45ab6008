"""Snom: the desk phones D1xx to D8xx and their ancestors, the pager PA1, and the DECT bases of the M series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.vendor_api import (
    Agent,
    Boot,
    DeviceCertificate,
    File,
    Keys,
    Model,
    Profile,
    UserAgent,
    Vendor,
    load_lines,
    load_models,
)
from provisioner.vendors.snom import context as desk
from provisioner.vendors.snom import dect
from provisioner.vendors.snom.buttons import buttons
from provisioner.vendors.snom.reader import read
from provisioner.vendors.snom.syntax import SYNTAX


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """What the template of the profile's model names."""
    return dect.context(profile) if profile.model.handsets else desk.context(profile, keys)


def _is_phone(model: Model) -> bool:
    return not model.handsets


def _is_base(model: Model) -> bool:
    return bool(model.handsets)


def _goes_by_another_name(model: Model) -> bool:
    """A D715 says ``snom715``, but not in every firmware."""
    return bool(model.extra["phone"] != model.name)


_XML = "text/xml; charset=utf-8"


def http_login(profile: Profile, user: str, password: str) -> Mapping[str, str]:
    """Phones and DECT bases spell the password's key differently."""
    word = "http_client_password" if profile.model.handsets else "http_client_pass"
    return {"http_client_user": user, word: password}


VENDOR = Vendor(
    name="snom",
    title="Snom",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=SYNTAX,
    buttons=buttons,
    context=context,
    read=read,
    warn=dect.warn,
    resync=lambda _model: "check-sync;reboot=false",
    # The setting server holds the device's token.
    secret_keys=r"pass|secret|token|user_hash|setting_server",  # noqa: S106  key names, not a secret
    http_login=http_login,
    certificate=DeviceCertificate(
        field="CN",
        source="service.snom.com, TLS Support, without the form of the CN: one that is not the MAC alone is no proof",
    ),
    files=(
        File(kind="config", pattern="snom{phone}-{MAC}.htm", template="device.xml.j2", media_type=_XML, when=_is_phone),
        File(kind="config", pattern="snom{phone}-{MAC}.htm", template="dect.xml.j2", media_type=_XML, when=_is_base),
        File(
            kind="config",
            pattern="snom{model}-{MAC}.htm",
            template="device.xml.j2",
            media_type=_XML,
            when=_goes_by_another_name,
        ),
        # The name that other systems write into the setting server.
        File(kind="config", pattern="{MAC}.xml", template="device.xml.j2", media_type=_XML, when=_is_phone),
        File(kind="config", pattern="{MAC}.xml", template="dect.xml.j2", media_type=_XML, when=_is_base),
        # Asked for first; a phone that finds none goes on to its own file.
        File(kind="common", pattern="snom{phone}.htm", private=False),
        File(kind="common", pattern="snom{model}.htm", private=False),
    ),
    boot=Boot(
        files=("snom{phone}.htm", "snom{phone}-{MAC}.htm"),
        agents=(
            Agent(text="Mozilla/4.0 (compatible; Snom {called} {version} {mac})", when=_is_base),
            Agent(text="Mozilla/4.0 (compatible; snom{phone}-SIP {version} 1.1.3-u {MAC})"),
        ),
    ),
    user_agents=(
        UserAgent(
            hint="snom",
            # The MAC comes last but for the counts of modules; a build date in brackets may stand before it.
            pattern=r"\bsnom(?P<model>[\w+]+)-SIP\s+(?P<version>\d+(?:\.\d+)+)(?:.*?\s(?P<mac>[0-9a-f]{12})(?=[\s)]))?",
        ),
        UserAgent(
            hint="snom",
            # A base writes "Snom M900 05.20.0001 000413b60680", and "snomM700/03.23.0005 (MAC=…" to a SIP server.
            pattern=r"\bsnom\s?(?P<model>M\d{3})[\s/]+(?P<version>\d+(?:\.\d+)+)(?:.*?\b(?P<mac>[0-9a-f]{12})\b)?",
        ),
        UserAgent(hint="snom", pattern=r"\bsnom lid (?P<version>\d+)", boot=True),
    ),
    # The longest prefix wins, so Gigaset's ranges within 000413 stay Gigaset's. 00087b is RTX, who build the bases.
    ouis=("000413", "1c7126", "00087b"),
)
