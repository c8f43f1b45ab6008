"""Yealink: T, CP, VP and AX phones, and the DECT bases W52P to W90."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.vendor_api import (
    Agent,
    Boot,
    DeviceCertificate,
    Encryption,
    File,
    LineSyntax,
    Profile,
    UserAgent,
    Vendor,
    aes_ecb,
    clean,
    load_lines,
    load_models,
)
from provisioner.vendors.yealink.accounts import warn
from provisioner.vendors.yealink.buttons import buttons
from provisioner.vendors.yealink.context import context
from provisioner.vendors.yealink.reader import CLEARED, read


def release(version: str) -> tuple[int, ...]:
    """The line of a version: 86 of ``66.86.0.15``; a bare number is a line already."""
    parts = version.split(".")
    line = parts[1] if len(parts) > 1 else parts[0]
    return (int(line),) if line.isdecimal() else (0,)


class YealinkSyntax(LineSyntax):
    """Lines of ``key = value``; to the phone an empty value would mean that the old one stays, so it clears."""

    def carry(self, text: str) -> str:
        carried = clean(text)
        # A person who types a word that the phone understands means the word.
        return carried.strip("%") if carried in CLEARED else carried

    def escape(self, text: str) -> str:
        return self.carry(text) or self.clear


def file_keys(_profile: Profile, key: str) -> Mapping[str, str]:
    """The key by its name up to V84 and since V85; an unencrypted file stays welcome, or a reset would strand it."""
    return {
        "static.auto_provision.aes_key_in_file": "0",
        "static.auto_provision.update_file_mode": "0",
        "static.auto_provision.aes_key_16.mac": key,
        "static.auto_provision.aes_key.mac": key,
    }


def http_login(_profile: Profile, user: str, password: str) -> Mapping[str, str]:
    """The account of auto provisioning."""
    return {"static.auto_provision.server.username": user, "static.auto_provision.server.password": password}


SYNTAX = YealinkSyntax(
    name="yealink",
    clear="%NULL%",
    repeatable=frozenset({"static.security.user_password", "security.user_password"}),
)

VENDOR = Vendor(
    name="yealink",
    title="Yealink",
    models=load_models(__package__),
    lines=load_lines(__package__),
    syntax=SYNTAX,
    release=release,
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    resync=lambda _model: "check-sync;reboot=false",
    encryption=Encryption(name="AES-128-ECB", lengths=(16,), encrypt=aes_ecb, keys=file_keys),
    http_login=http_login,
    certificate=DeviceCertificate(
        field="CN",
        source="Using Security Certificates, V83, without the form of the CN: one that is no MAC is no proof",
    ),
    files=(
        File(kind="config", pattern="{mac}.cfg", template="device.cfg.j2"),
        # A phone that finds no boot or common file goes on to its own: the whole truth is in one file.
        File(kind="boot", pattern="{mac}.boot"),
        File(kind="boot", pattern="y000000000000.boot", private=False),
        File(kind="common", pattern="y000000000{code}.cfg", private=False),
        File(kind="local", pattern="{mac}-local.cfg"),
        File(kind="contacts", pattern="{mac}-contact.xml"),
        File(kind="calls", pattern="{mac}-calllog.xml"),
        File(kind="encrypted", pattern="{mac}.enc"),
        File(kind="encrypted", pattern="{mac}_Security.enc"),
        File(kind="encrypted", pattern="y000000000{code}.enc", private=False),
        File(kind="encrypted", pattern="y000000000{code}_Security.enc", private=False),
    ),
    boot=Boot(
        files=("{mac}.boot", "y000000000000.boot", "y000000000{code}.cfg", "{mac}.cfg"),
        agents=(Agent(text="Yealink SIP-{called} {version} {colons}"),),
        version="66.{release}.0.45",
    ),
    user_agents=(
        UserAgent(
            hint="yealink",
            pattern=r"yealink[\s-]+(?:SIP[\s-])?(?P<model>(?:VP-?)?[A-Z]+\d\w*)(?:\s+(?P<version>\d+(?:\.\d+)+))?"
            r"(?:\s+(?P<mac>[0-9a-f]{2}(?::?[0-9a-f]{2}){5})\b)?",
        ),
        UserAgent(
            hint="vp530",
            pattern=r"\b(?P<model>VP530P?)\s+(?P<version>[\d.]+)(?:\s+(?P<mac>[0-9a-f:]{12,17}))?",
        ),
        UserAgent(
            hint="w52p",
            pattern=r"\b(?P<model>W52P)\s+(?P<version>[\d.]+)(?:\s+(?P<mac>[0-9a-f:]{12,17}))?",
        ),
    ),
    ouis=(
        "001565", "249ad8", "3497d7", "44dbd2", "644f56", "805e0c", "805ec0", "b061a9", "c4fc22", "e434d7",
        "ec1da9", "f01653",
    ),
)  # fmt: skip
