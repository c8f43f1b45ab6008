"""JSON Schemas for the document, out of the services' schemas: one for what is given, one for what is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from admin.api import given as given_alone
from admin.api.operations import ref, table
from provisioner.services.fields import Schema
from provisioner.services.schemas import (
    DeviceIn,
    ExtensionIn,
    LocationIn,
    TemplateIn,
    TenantIn,
    WebhookIn,
)

TIME: Mapping[str, Any] = {"type": ["string", "null"], "format": "date-time"}
TEXT: Mapping[str, Any] = {"type": "string"}
TEXT_OR_NULL: Mapping[str, Any] = {"type": ["string", "null"]}
WHOLE: Mapping[str, Any] = {"type": "integer"}

NAMES: Mapping[type[Schema], str] = {
    TenantIn: "Tenant",
    ExtensionIn: "Extension",
    LocationIn: "Location",
    TemplateIn: "ButtonTemplate",
    DeviceIn: "Device",
    WebhookIn: "Webhook",
}
"""What each noun is called in the document."""

_GIVEN: Mapping[type[Schema], str] = {**NAMES, **given_alone.NAMES}


@cache
def _models() -> dict[str, Any]:
    _, found = models_json_schema(
        [(schema, "validation") for schema in _GIVEN], ref_template="#/components/schemas/{model}"
    )
    made: dict[str, Any] = found["$defs"]
    return made


@cache
def components() -> dict[str, Any]:
    """Every schema by its name: ``DeviceInput`` is what is given, ``Device`` what is told."""
    models = {name: _kept(model) for name, model in _models().items()}
    inputs = {schema.__name__ for schema in _GIVEN}
    found = {name: model for name, model in sorted(models.items()) if name not in inputs}
    for name in ("ButtonIn", "RequestIn"):
        found[name] = _nullable(found[name])
    return {**found, **{f"{name}Input": _nullable(models[schema.__name__]) for schema, name in _GIVEN.items()}}


def input_of(schema: type[Schema]) -> dict[str, Any]:
    """What is given, without what is only read."""
    found: dict[str, Any] = components()[f"{_GIVEN[schema]}Input"]
    return found


@cache
def secret_fields(schema: type[Schema]) -> frozenset[str]:
    """The fields at the top that are written and never told."""
    properties = _kept(_models()[schema.__name__])["properties"]
    return frozenset(name for name, one in properties.items() if one.get("writeOnly"))


def told(schema: type[Schema], identity: Mapping[str, Any], read_only: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an answer: all fields but secrets, with its id and what is only read."""
    given = _nullable(_kept(_models()[schema.__name__]))
    properties = {name: one for name, one in given["properties"].items() if not one.get("writeOnly")}
    extra = {name: {**one, "readOnly": True} for name, one in {"id": identity, **read_only}.items()}
    return {**table(**{**extra, **properties}), "description": given.get("description", "")}


def given(schema: type[Schema], read_only: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a body: what is only read may stand in it, and is left aside."""
    made = _nullable(_kept(_models()[schema.__name__]))
    extra = {name: {**one, "readOnly": True} for name, one in read_only.items()}
    return {**made, "properties": {**made["properties"], **extra}}


def _kept(schema: dict[str, Any]) -> dict[str, Any]:
    """Without titles and defaults that say nothing, and with secrets marked as such."""
    made: dict[str, Any] = deepcopy(schema)
    for one in _tables(made):
        one.pop("title", None)
        if one.pop("secret", None):
            one["writeOnly"] = True
    for one in made.get("properties", {}).values():
        for inside in one.get("anyOf", ()):
            if inside.pop("writeOnly", None):
                one["writeOnly"] = True
    return made


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for name, one in value.items():
            if name == "properties":
                for inside in one.values():
                    yield from _tables(inside)
            else:
                yield from _tables(one)
    elif isinstance(value, list):
        for one in value:
            yield from _tables(one)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Fields that are not required take ``null``, which means the default."""
    required = schema.get("required", [])
    properties = {
        name: one if name in required or _takes_null(one) else _or_null(one)
        for name, one in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _takes_null(schema: dict[str, Any]) -> bool:
    return any(one.get("type") == "null" for one in schema.get("anyOf", ()))


_OUTSIDE = ("description", "default", "writeOnly")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    outside: dict[str, Any] = {name: schema[name] for name in _OUTSIDE if name in schema}
    inside = {name: one for name, one in schema.items() if name not in outside}
    return {"anyOf": [inside, {"type": "null"}], **outside}


PROBLEM = {
    "type": "object",
    "description": "RFC 9457: what is wrong, and which fields are to be mended. No value is ever echoed.",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": WHOLE,
        "detail": TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": TEXT, "message": TEXT, "line": WHOLE},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
PROBLEM_REF = ref("Problem")
