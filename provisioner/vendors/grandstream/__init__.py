"""Grandstream: GXP, GRP and GXV desk phones, GHP hotel and WP Wi-Fi phones, DP DECT bases and HT adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import (
    Agent,
    Boot,
    DeviceCertificate,
    Document,
    Encryption,
    File,
    Keys,
    Line,
    Model,
    Profile,
    Reading,
    UserAgent,
    Vendor,
    Warned,
    load_lines,
    load_models,
    openssl_salted,
)
from provisioner.vendors.grandstream import context as phones
from provisioner.vendors.grandstream import ports, reader
from provisioner.vendors.grandstream.buttons import buttons
from provisioner.vendors.grandstream.dialect import dialect
from provisioner.vendors.grandstream.syntax import GrandstreamSyntax


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """What the template of the profile's model names."""
    return ports.context(profile) if ports.is_ports(profile.model) else phones.context(profile, keys)


def read(document: Document, model: Model) -> Reading:
    """A file of either template, back into accounts and buttons."""
    return ports.read(document, model) if ports.is_ports(model) else reader.read(document, model)


def warn(profile: Profile) -> Iterator[Warned]:
    """What a device of either template cannot do as asked."""
    return ports.warn(profile) if ports.is_ports(profile.model) else phones.warn(profile)


def _is_phone(model: Model) -> bool:
    return not ports.is_ports(model)


def file_keys(_profile: Profile, key: str) -> Mapping[str, str]:
    """The XML config file password."""
    return {"P1359": key}


def _states_p_values(model: Model, line: Line) -> bool:
    """Nobody has shown what the password is called where keys have names."""
    return ports.is_ports(model) or dialect(model, line).p_values


_XML = "application/xml; charset=utf-8"


def _pages(model: Model) -> tuple[int, ...]:
    """Each page has as many keys as stand beside the screen."""
    fixed = int(model.extra.get("fixed", 0))
    return (fixed,) * (model.line_keys // fixed) if fixed and model.line_keys % fixed == 0 else ()


def http_login(profile: Profile, user: str, password: str) -> Mapping[str, str]:
    """The account of the configuration server, by number or by name."""
    if _states_p_values(profile.model, profile.line):
        return {"P1360": user, "P1361": password}
    return {"provisioning.config.username": user, "provisioning.config.password": password}


VENDOR = Vendor(
    name="grandstream",
    title="Grandstream",
    models=load_models(__package__),
    pages=_pages,
    lines=load_lines(__package__),
    syntax=GrandstreamSyntax(),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    resync=lambda _model: "resync",
    encryption=Encryption(
        name="AES-256-CBC", lengths=(32, 16), encrypt=openssl_salted, keys=file_keys, fits=_states_p_values
    ),
    http_login=http_login,
    certificate=DeviceCertificate(
        field="CN",
        source="no public document; a CN that is not the MAC alone is no proof",
    ),
    files=(
        File(kind="config", pattern="cfg{mac}.xml", template="device.xml.j2", media_type=_XML, when=_is_phone),
        File(kind="config", pattern="cfg{mac}.xml", template="ports.xml.j2", media_type=_XML, when=ports.is_ports),
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
    boot=Boot(
        files=("cfg{mac}", ("cfg{mac}.xml", "cfg{model}.xml", "cfg.xml")),
        agents=(Agent(text="Grandstream Model HW {called} SW {version} DevId {mac}"),),
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
    r"|^P(2|34|196|237|406|506|606|1706|1806|734|412\d|506\d\d|1359|1361|1383|4505|4512|6714|6769|8024|27008)$",
)
