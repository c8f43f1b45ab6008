"""The types of the fields that people fill in; their messages say what would be right, and never echo a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError
from sqlalchemy import String

from provisioner import neutral
from provisioner.values import Ipei, Mac, Owner, Slot

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_HTTP_USER = re.compile(r"[A-Za-z0-9_.@-]+")
_NUMBER = re.compile(r"[A-Za-z0-9_.+*#!~-]+")

_SHOWN = {"tenant", "name", "number", "mac", "ipei", "base", "slot", "mode", "event"}

Identity = TypeVar("Identity", Mac, Ipei)


def size(column: Any) -> int:
    """The most characters that a column holds, so that no limit is written twice."""
    kind = column.type
    assert isinstance(kind, String)
    assert kind.length
    return kind.length


def printable(text: str) -> str:
    """Refuse what no phone can show and PostgreSQL does not store."""
    if _UNPRINTABLE.search(text):
        raise ValueError("line breaks and control characters do not belong in it")
    return text


def inside(name: str, check: Callable[[str], object], value: str) -> None:
    """Check a field within the one that pydantic knows of; `problems` names both. Raises ValueError."""
    try:
        check(value)
    except ValueError as error:
        raise PydanticCustomError(f"in.{name}", "{why}", {"why": str(error)}) from None


class Schema(BaseModel):
    """What people give for one thing: unknown fields are refused, ``null`` and blank mean the default."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_is_default(cls, value: object, info: ValidationInfo) -> object:
        if info.field_name and (value is None or (isinstance(value, str) and not value.strip())):
            field = cls.model_fields[info.field_name]
            return value if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
        return value

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Tracebacks and logs show names, never what may be secret."""
        return ((name, value) for name, value in super().__repr_args__() if name in _SHOWN)

    @field_validator("*", mode="after")
    @classmethod
    def _is_printable(cls, value: object) -> object:
        return printable(value) if isinstance(value, str) else value


def _identity(kind: type[Identity], name: str) -> Callable[[object], Identity]:
    def parse(value: object) -> Identity:
        if isinstance(value, kind):
            return value
        if not isinstance(value, str):
            raise ValueError(f"write the {name} as a text, in quotes: of a number the leading zeros are lost")
        return kind.parse(value)

    return parse


def _slot(value: object) -> Slot:
    if isinstance(value, Slot):
        return value
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError("write line:N, key:N, soft:N or exp1:N, with N from 1")
    return Slot.parse(str(value))


def slug(text: str) -> str:
    """A tenant's name in URLs. Raises ValueError."""
    if not _SLUG.fullmatch(text):
        raise ValueError("write lower-case letters, digits and dashes, such as acme-dental")
    return text


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(
            "write a number or SIP user without blanks, such as 100; letters, digits and _.+*#!~- may be in it"
        )
    return text


def _http_user(text: str) -> str:
    if not _HTTP_USER.fullmatch(text):
        raise ValueError("write letters, digits and _.@- without blanks, such as phones")
    return text


def _network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is no network: write it as ADDRESS/BITS, such as 10.20.0.0/16") from None
    if "/" in text and str(network) != text.lower() and network.version == 4:
        raise ValueError(f"has bits behind its mask; the network itself is {network}")
    return str(network)


def _dotted(name: str) -> str:
    if name not in neutral.defaults():
        raise ValueError("is no setting: write its section and name, such as locale.language")
    return name


_TEXT = WithJsonSchema({"type": "string"})
MacText = Annotated[Mac, PlainValidator(_identity(Mac, "MAC")), PlainSerializer(str, return_type=str), _TEXT]
IpeiText = Annotated[Ipei, PlainValidator(_identity(Ipei, "IPEI")), PlainSerializer(str, return_type=str), _TEXT]
SlotText = Annotated[Slot, PlainValidator(_slot), PlainSerializer(str, return_type=str), _TEXT]
Slug = Annotated[str, AfterValidator(slug)]
HttpUser = Annotated[
    str,
    AfterValidator(_http_user),
    Field(max_length=32, json_schema_extra={"pattern": f"^{_HTTP_USER.pattern}$"}),
]
Number = Annotated[str, AfterValidator(_number)]
Network = Annotated[str, AfterValidator(_network)]
Owners = dict[Annotated[str, AfterValidator(_dotted)], Owner]
Password = Annotated[
    str, StringConstraints(max_length=128, strip_whitespace=False), Field(json_schema_extra={"writeOnly": True})
]
NativeKey = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable)]
NativeValue = Annotated[str, Field(max_length=4096), AfterValidator(printable)]
Native = dict[str, dict[NativeKey, NativeValue | None]]
Joined = BeforeValidator(lambda value: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value)
