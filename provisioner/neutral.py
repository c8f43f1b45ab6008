"""The neutral settings: what an admin can say once for phones of every vendor.

One pydantic model per section, so that the site file, the API and the merge share names, types and
defaults. A field that is not given is inherited; a field that is ``null`` is cleared on the phone.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from provisioner.timezones import zone

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.\-]{0,251}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]{2,45}\]")
_PORT = re.compile(r":([0-9]{1,5})$")


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("write a host name, an IPv4 address or an IPv6 address in brackets")
    return text


def _host_port(text: str) -> str:
    match = _PORT.search(text)
    if match and not 0 < int(match[1]) < 65536:
        raise ValueError("a port lies between 1 and 65535")
    _host(text[: match.start()] if match else text)
    return text


def _time_zone(name: str) -> str:
    return zone(name).name


def _country(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", code):
        raise ValueError("write the two letters of ISO 3166-1, such as US or DE")
    return code.upper()


def _language(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z]{2})?", code):
        raise ValueError("write a language code such as en, de or pt-BR")
    return code.replace("_", "-")


def _file_key(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z]{16}|[0-9A-Za-z]{32}", text):
        raise ValueError("write 16 or 32 letters and digits, or leave it out for a generated key")
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_vlan(value: object) -> object:
    return {"id": value} if isinstance(value, int | str) else value


Host = Annotated[str, Field(max_length=253), AfterValidator(_host)]
HostPort = Annotated[str, Field(max_length=259), AfterValidator(_host_port)]
Port = Annotated[int, Field(ge=1, le=65535)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Country = Annotated[str, AfterValidator(_country)]
Language = Annotated[str, AfterValidator(_language)]
Secret = Annotated[str, Field(max_length=128, json_schema_extra={"secret": True})]
SecretKey = Annotated[Secret, AfterValidator(_file_key)]
Code = Annotated[str, Field(max_length=32, pattern=r"^[0-9A-D*#+]+$")]
Number = Annotated[str, Field(max_length=64)]
Codec = Literal["opus", "g722", "pcma", "pcmu", "g729", "ilbc", "g726-32"]


class Section(BaseModel):
    """A group of settings; unknown names are refused and values never echoed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Sip(Section):
    """The registrar and how an account talks to it."""

    server: Host | None = None
    port: Port | None = None
    transport: Literal["udp", "tcp", "tls", "srv"] = "udp"
    outbound_proxy: HostPort | None = None
    backup_server: HostPort | None = None
    expires: Annotated[int, Field(ge=60, le=86400)] = 600
    srtp: Literal["off", "optional", "mandatory"] = "off"
    dtmf: Literal["rfc4733", "inband", "info"] = "rfc4733"
    subscribe_mwi: bool = True
    keepalive: Annotated[int, Field(ge=0, le=3600, description="seconds, 0 = off")] = 30
    pickup_code: Code | None = None
    group_pickup_code: Code | None = None
    retrieve_code: Code | None = None


class Audio(Section):
    """What the phone encodes, best first."""

    codecs: Annotated[tuple[Codec, ...], BeforeValidator(_listed), Field(min_length=1)] = (
        "g722", "pcma", "pcmu", "opus", "g729",
    )  # fmt: skip


class Locale(Section):
    """Where the phone stands: time, tones and language follow from it."""

    timezone: TimeZone = "Etc/UTC"
    country: Country | None = None
    language: Language = "en"
    tone_country: Country | None = None
    time_format: Literal["12", "24"] | None = None
    date_format: Literal["dmy", "mdy", "ymd"] | None = None


class Vlan(Section):
    """Tagging of the phone's own port and of the PC port behind it."""

    id: Annotated[int, Field(ge=1, le=4094)]
    priority: Annotated[int, Field(ge=0, le=7)] = 5
    pc_id: Annotated[int, Field(ge=1, le=4094)] | None = None
    pc_priority: Annotated[int, Field(ge=0, le=7)] = 0


class Phone(Section):
    """The device itself: passwords, clock source, log, network."""

    admin_password: Secret | None = None
    user_password: Secret | None = None
    ntp: Annotated[tuple[Host, ...], BeforeValidator(_listed)] = ("pool.ntp.org",)
    syslog: HostPort | None = None
    vlan: Annotated[Vlan, BeforeValidator(_as_vlan)] | None = None
    lldp: bool = True
    dscp_sip: Annotated[int, Field(ge=0, le=63)] = 26
    dscp_rtp: Annotated[int, Field(ge=0, le=63)] = 46
    web: bool = True
    encrypt_files: bool = False
    file_key: SecretKey | None = None
    poll_minutes: Annotated[int, Field(ge=0, le=43200, description="0 = only at boot")] = 1440


class Calls(Section):
    """What a phone does with calls before its user says otherwise."""

    dnd: bool = False
    call_waiting: bool = True
    auto_answer: bool = False
    forward_always: Number | None = None
    forward_busy: Number | None = None
    forward_no_answer: Number | None = None
    forward_no_answer_s: Annotated[int, Field(ge=5, le=120)] = 20


class Emergency(Section):
    """What the phone knows about emergency calls; a location fills it."""

    numbers: Annotated[tuple[Code, ...], BeforeValidator(_listed)] = ("112", "911")
    callback: Number | None = None
    elin: Number | None = None


SECTIONS: dict[str, type[Section]] = {
    "sip": Sip,
    "audio": Audio,
    "locale": Locale,
    "phone": Phone,
    "calls": Calls,
    "emergency": Emergency,
}


def flat(sections: dict[str, Section]) -> dict[str, Any]:
    """Only what was given, as ``{"sip.server": ...}``."""
    return {
        f"{name}.{field}": getattr(section, field)
        for name, section in sections.items()
        for field in section.model_fields_set
    }


@cache
def defaults() -> dict[str, Any]:
    """The built-in value of every setting, by its dotted name."""
    return {
        f"{name}.{field}": info.default
        for name, section in SECTIONS.items()
        for field, info in section.model_fields.items()
    }


@cache
def secrets() -> frozenset[str]:
    """The dotted names of the settings that no log, page or answer may show."""
    return frozenset(
        f"{name}.{field}"
        for name, section in SECTIONS.items()
        for field, info in section.model_fields.items()
        if "Secret" in str(section.__annotations__[field])
    )
