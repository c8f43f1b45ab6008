"""Cisco phones with enterprise firmware: 69xx, 78xx, 79xx, 88xx, 89xx, 99xx and the ATA 190 and 191.

The same hardware with MPP firmware is another vendor: ``SEP<MAC>.cnf.xml`` or ``8841-3PCC.xml`` tells them apart.
"""

from __future__ import annotations

import re

from provisioner.vendor_api import Boot, File, Model, Transport, UserAgent, Vendor, load_models
from provisioner.vendors.cisco.buttons import buttons
from provisioner.vendors.cisco.context import context
from provisioner.vendors.cisco.reader import read
from provisioner.vendors.cisco.syntax import EnterpriseXml
from provisioner.vendors.cisco.warn import warn

_XML = "text/xml; charset=utf-8"
_SHORT = 8192  # the 7940 and 7960 refuse longer files (provisioner/Provisioner issue 154)


def release(version: str) -> tuple[int, ...]:
    """The numbers of ``12.6.1`` or ``12.7(1)``."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3]) or (0,)


def _is_adapter(model: Model) -> bool:
    return bool(model.extra["series"] == "ata")


def _is_legacy(model: Model) -> bool:
    return bool(model.extra.get("legacy"))


def _is_modern(model: Model) -> bool:
    return not _is_adapter(model) and not _is_legacy(model)


def _reads_old_dial_plans(model: Model) -> bool:
    return not _is_modern(model)


VENDOR = Vendor(
    name="cisco",
    title="Cisco enterprise",
    models=load_models(__package__),
    syntax=EnterpriseXml(name="cisco enterprise"),
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    # What enterprise firmware obeys is a service-control with the registration's call id, which the PBX alone has.
    resync=lambda model: "check-sync" if _is_legacy(model) else "",
    files=(
        File(
            kind="config",
            pattern="SEP{MAC}.cnf.xml",
            template="SEP.cnf.xml.j2",
            media_type=_XML,
            when=_is_modern,
        ),
        File(
            kind="config",
            pattern="SEP{MAC}.cnf.xml",
            template="legacy.cnf.xml.j2",
            media_type=_XML,
            syntax=EnterpriseXml(name="cisco enterprise, short", limit=_SHORT),
            when=_is_legacy,
        ),
        File(
            kind="config",
            pattern="ATA{MAC}.cnf.xml",
            template="ATA.cnf.xml.j2",
            media_type=_XML,
            when=_is_adapter,
        ),
        # Two notations of the same: old firmware reads the first, call manager writes the second.
        File(
            kind="dial plan",
            pattern="dialplan.xml",
            template="dialplan.xml.j2",
            private=False,
            media_type=_XML,
            when=_reads_old_dial_plans,
        ),
        File(
            kind="dial plan",
            pattern="DialTemplate.xml",
            template="DialTemplate.xml.j2",
            private=False,
            media_type=_XML,
            when=_is_modern,
        ),
        File(
            kind="soft keys",
            pattern="SoftKeys.xml",
            template="SoftKeys.xml.j2",
            private=False,
            media_type=_XML,
            when=_is_modern,
        ),
        # A trust list, once taken, ties a phone to its servers: there is none, and phones go on without one.
        File(kind="trust list", pattern="CTLSEP{MAC}.tlv", private=False),
        File(kind="trust list", pattern="ITLSEP{MAC}.tlv", private=False),
        File(kind="trust list", pattern="ext_ITLSEP{MAC}.tlv", private=False),
        File(kind="trust list", pattern="CTLFile.tlv", private=False),
        File(kind="trust list", pattern="ITLFile.tlv", private=False),
        # Signed and encrypted twins of the file: only phones with a trust list ask for them.
        File(kind="signed", pattern="SEP{MAC}.cnf.xml.sgn"),
        File(kind="signed", pattern="SEP{MAC}.cnf.xml.enc.sgn"),
        # There is no default registration: without it a phone says that it is not provisioned, and asks again.
        File(kind="default", pattern="XMLDefault.cnf.xml", private=False),
        File(kind="legacy", pattern="SIP{MAC}.cnf"),
        File(kind="legacy", pattern="SIPDefault.cnf", private=False),
        File(kind="legacy", pattern="SEDDefault.cnf", private=False),
        File(kind="legacy", pattern="OS79XX.TXT", private=False),
        File(kind="legacy", pattern="syncinfo.xml", private=False),
        File(kind="dial rules", pattern="AppDialRules.xml", private=False),
        File(kind="feature policy", pattern="featurePolicy.xml", private=False),
        File(kind="feature policy", pattern="featurePolicyDefault.xml", private=False),
        File(kind="ring tones", pattern="Ringlist.xml", private=False),
        File(kind="ring tones", pattern="Ringlist-wb.xml", private=False),
        File(kind="ring tones", pattern="RINGLIST.DAT", private=False),
        File(kind="tones", pattern="g3-tones.xml", private=False),
        File(kind="tones", pattern="g4-tones.xml", private=False),
        *(
            File(kind="language", pattern=f"{name}-sip.jar", private=False)
            for name in ("rtl", "sp", "tc", "mk", "be", "td", "sl-be", "sl-bev", "gb-sccp", "gh", "lk", "gd")
        ),
    ),
    # As a TFTP server's log shows it for 7941 to 7965 and later. The adapters begin with their own name.
    boot=Boot(
        files=(
            "CTLSEP{MAC}.tlv",
            "ITLSEP{MAC}.tlv",
            "ITLFile.tlv",
            ("SEP{MAC}.cnf.xml", "ATA{MAC}.cnf.xml", "XMLDefault.cnf.xml"),
            "g3-tones.xml",
            ("DialTemplate.xml", "dialplan.xml"),
            "SoftKeys.xml",
            "AppDialRules.xml",
        ),
        transport=Transport.TFTP,
    ),
    user_agents=(
        UserAgent(
            hint="cisco-cp",
            pattern=r"Cisco-CP-?(?P<model>\d{4}(?:G-GE|G|NR)?)(?:/(?P<version>\d[\d.()]*)|\s|$)",
        ),
        UserAgent(
            hint="cisco-ata",
            pattern=r"Cisco-(?P<model>ATA19[01])(?:/(?P<version>\d[\d.()]*)|\s|$)",
        ),
    ),
    ouis=("001873", "a44c11", "0021a0", "30e4db", "002155", "68efbd", "58971e", "6c416a"),
)
