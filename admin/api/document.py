"""The OpenAPI 3.1 document, made from the declarations that route."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from admin.api import assignments, device_doings, events, features, nouns, schemas, tenants
from admin.api.catalogue import catalogue
from admin.api.operations import JSON, Operation, Parameter, ref
from admin.api.problems import DETAILS, MEDIA_TYPE, PREFIX
from admin.api.schemas import NAMES, PROBLEM, PROBLEM_REF
from provisioner import __version__

ABOUT = """\
Everything that the portal can do. Bodies have the field names of the site file.

Send `Authorization: Bearer TOKEN`; `provisioner token add NAME --role ROLE` makes a token.
Errors are RFC 9457 problem documents whose `errors` name each field and its remedy.
A write may carry `If-Match` with the `ETag` of what was read: a lost update is refused with 412.
A POST may carry an `Idempotency-Key`: sent once more, it does nothing and gets the first answer.
"""

SAID = {
    400: "The body is no JSON",
    401: "No token, or one that is not good",
    403: "The token's role may not do this",
    404: "Nothing is there, or it is another tenant's",
    409: "Somebody else has the name or the address, or something else is in the way",
    412: "It was changed since it was read",
    413: "The body is too large",
    415: "The body is of another media type",
    503: "Too many streams are open, or the database cannot be reached",
    422: "Fields are to be mended",
}
_IN_PATH = {
    "tenant": "The tenant's slug.",
    "extension": "The extension's number.",
    "location": "The location's id, or its name where that is no number.",
    "button_template": "The template's id, or its name where that is no number.",
    "device": "The device's MAC or IPEI in any common spelling, or its id.",
    "webhook": "The webhook's id.",
    "file": "The file's name, as the device asks for it.",
    "version": "The id of an entry of the history.",
    "job": "The job's id.",
    "vendor": "The vendor's name.",
    "feature": "The feature's key.",
    "integration": "The system's identifier.",
}


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    for operation in catalogue():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "provisioner", "version": __version__, "description": ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in catalogue())],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**_schemas(), "Problem": PROBLEM},
        },
    }


def _schemas() -> dict[str, Any]:
    found = {**schemas.components(), **assignments.SCHEMA, **events.SCHEMA, **features.SCHEMA, **device_doings.JOB}
    for noun in (tenants.NOUN, *nouns.NOUNS):
        name = NAMES[noun.schema]
        found[name] = schemas.told(noun.schema, noun.identity, noun.more_schema)
        found[f"{name}Input"] = schemas.given(noun.schema, {"id": noun.identity, **noun.more_schema})
    parts = [_part_of(operation) for operation in catalogue()]
    found |= {f"{name}Part": _without_needs(found[name]) for name in parts if name}
    return dict(sorted(found.items()))


def _is_part(operation: Operation) -> bool:
    """Whether only some fields may be asked for."""
    return any(one.name == "fields" for one in operation.query)


def _part_of(operation: Operation) -> str | None:
    """The name of what a list has, where only some of its fields may be asked for."""
    if not _is_part(operation):
        return None
    schema: Any = operation.answers[200]
    named: str = schema["properties"]["items"]["items"].get("$ref", "")
    return named.rpartition("/")[2] or None


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.title,
        "description": operation.says,
        "parameters": [*_in_path(operation), *map(_in_query, operation.query), *_headers(operation)],
        "responses": {str(status): one for status, one in sorted(_responses(operation).items())},
    }
    if operation.body:
        content = {"schema": operation.body.schema, "example": operation.body.example}
        told["requestBody"] = {"required": True, "content": dict.fromkeys(operation.body.media_types, content)}
    if operation.permission is None:
        told["security"] = []
    return told


def _in_path(operation: Operation) -> Iterable[Mapping[str, Any]]:
    for name in operation.names:
        says = _IN_PATH.get(name, "")
        yield {"name": name, "in": "path", "required": True, "description": says, "schema": {"type": "string"}}


def _in_query(parameter: Parameter) -> Mapping[str, Any]:
    told = {"name": parameter.name, "in": "query", "description": parameter.says, "schema": parameter.kind}
    return {**told, "style": "form", "explode": False} if parameter.kind["type"] == "array" else told


def _headers(operation: Operation) -> Iterable[Mapping[str, Any]]:
    if operation.is_conditional:
        yield _header("If-Match", "The ETag of what was read.", {"type": "string"})
    if operation.is_repeatable:
        key = {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 128}
        yield _header("Idempotency-Key", "Makes it safe to send the request once more.", key)


def _header(name: str, says: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": name, "in": "header", "description": says, "schema": schema}


def _responses(operation: Operation) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for status, whole in operation.answers.items():
        found[status] = {"description": "Done" if status < 300 else SAID.get(status, "")}
        if whole is not None:
            schema = _partial(whole) if _is_part(operation) else whole
            content: dict[str, Any] = {JSON: {"schema": schema}} if schema else {}
            found[status]["content"] = {
                **content,
                **{text: {"schema": _of_text(text, schema)} for text in operation.texts},
            }
        if operation.has_etag and status < 300:
            found[status]["headers"] = {"ETag": {"schema": {"type": "string"}}}
        if status == 201:
            headers = found[status].setdefault("headers", {})
            headers["Location"] = {"schema": {"type": "string"}}
    for status in _refusals(operation):
        found.setdefault(
            status,
            {"description": SAID.get(status) or DETAILS[status], "content": {MEDIA_TYPE: {"schema": PROBLEM_REF}}},
        )
    return found


def _partial(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A list whose items have only the fields that were asked for."""
    item = schema["properties"]["items"]["items"]
    part = ref(f"{item['$ref'].rpartition('/')[2]}Part") if "$ref" in item else _without_needs(item)
    items = {**schema["properties"]["items"], "items": part}
    return {**schema, "properties": {**schema["properties"], "items": items}}


def _without_needs(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in schema.items() if name != "required"}


def _of_text(media_type: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """YAML says what the JSON says; of other media types nothing is known but that they are texts."""
    return schema if media_type.endswith("yaml") else {"type": "string"}


def _refusals(operation: Operation) -> set[int]:
    known = set(operation.refuses) | {422}
    if operation.permission is not None:
        known |= {401, 403}
    if operation.names:
        known.add(404)
    if operation.body:
        known |= {400, 413, 415}
    if operation.is_repeatable:
        known |= {400, 409}
    return known
