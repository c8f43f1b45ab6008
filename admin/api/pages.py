"""The page that shows the API: made from the document, whole without scripts, and searched at the server."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from admin.api.catalogue import catalogue
from admin.api.document import document
from admin.api.operations import Operation
from admin.api.problems import PREFIX

LONGEST_SEARCH = 200
_EXAMPLE_IDS = {
    "tenant": "acme",
    "extension": "100",
    "device": "805ec0123456",
    "file": "805ec0123456.cfg",
    "vendor": "yealink",
    "location": "HQ",
    "button_template": "Desk",
    "feature": "appexts",
    "integration": "zendesk",
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field or argument as the page shows it."""

    name: str
    kind: str
    says: str
    is_required: bool = False
    link: str | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One operation as the page shows it; ``words`` are what a search looks at."""

    operation: Operation
    arguments: tuple[Field, ...]
    body: tuple[Field, ...]
    body_name: str | None
    answers: tuple[tuple[str, str, str | None], ...]
    words: str


@dataclass(frozen=True, kw_only=True)
class Model:
    """One schema as the page shows it."""

    name: str
    says: str
    fields: tuple[Field, ...]


@cache
def entries() -> tuple[Entry, ...]:
    """Every operation."""
    paths = document()["paths"]
    return tuple(_entry(one, paths[one.path][one.method.lower()]) for one in catalogue())


def found(text: str) -> Mapping[str, list[Entry]]:
    """The operations that have every word, by their tags."""
    words = text.lower()[:LONGEST_SEARCH].split()
    groups: dict[str, list[Entry]] = {}
    for entry in entries():
        if all(word in entry.words for word in words):
            groups.setdefault(entry.operation.tag, []).append(entry)
    return groups


def _entry(operation: Operation, told: Mapping[str, Any]) -> Entry:
    schema = operation.body.schema if operation.body else {}
    answers = tuple(
        (status, answer["description"], _name_in(_schema_of(answer))) for status, answer in told["responses"].items()
    )
    words = (operation.method, operation.path, operation.name, operation.title, operation.says, operation.tag)
    return Entry(
        operation=operation,
        arguments=tuple(_argument(one) for one in told["parameters"]),
        body=tuple(_fields(_resolved(schema))),
        body_name=_name_in(schema),
        answers=answers,
        words=" ".join(words).lower(),
    )


def _schema_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = next(iter(answer.get("content", {}).values()), {})
    schema: Mapping[str, Any] = content.get("schema", {})
    listed = schema.get("properties", {}).get("items", {}).get("items", {})
    return listed if "$ref" in listed else schema


def _argument(told: Mapping[str, Any]) -> Field:
    kind = f"{told['in']}, {_kind(told['schema'])}"
    return Field(
        name=told["name"], kind=kind, says=told.get("description", ""), is_required=told.get("required", False)
    )


@cache
def models() -> tuple[Model, ...]:
    """Every schema that has a name."""
    named = document()["components"]["schemas"]
    return tuple(
        Model(name=name, says=schema.get("description", ""), fields=tuple(_fields(schema)))
        for name, schema in named.items()
    )


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = _name_in(schema)
    resolved: Mapping[str, Any] = document()["components"]["schemas"][name] if name else schema
    return resolved


def _name_in(schema: Mapping[str, Any]) -> str | None:
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        says = one.get("description", "")
        marks = [mark for mark, key in (("read only", "readOnly"), ("write only", "writeOnly")) if one.get(key)]
        kind = ", ".join((_kind(one), *marks))
        yield Field(name=name, kind=kind, says=says, is_required=name in required, link=_link(one))


def _link(schema: Mapping[str, Any]) -> str | None:
    inside = [schema, schema.get("items", {}), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    inside += [one.get("items", {}) for one in schema.get("anyOf", ())]
    return next((name for one in inside if isinstance(one, Mapping) and (name := _name_in(one))), None)


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return _name_in(schema) or ""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    bounds = [f"{word} {schema[key]}" for word, key in _BOUNDS if key in schema]
    return " ".join((str(kind), *bounds))


_BOUNDS = (("from", "minimum"), ("to", "maximum"), ("up to", "maxLength"))


def command(operation: Operation, root: str) -> str:
    """How the operation is asked with curl."""
    path = operation.path
    for name in operation.names:
        path = path.replace(f"{{{name}}}", _EXAMPLE_IDS.get(name, "1"))
    words = ["curl"] if operation.method == "GET" else ["curl", "-X", operation.method]
    lines = [" ".join(words)]
    if operation.permission is not None:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    body = operation.body
    if body:
        example = body.example if isinstance(body.example, str) else json.dumps(body.example, ensure_ascii=False)
        kind = body.media_types[0] if isinstance(body.example, str) else _json_of(body.media_types)
        lines.append(f"-H 'Content-Type: {kind}'")
        lines.append(f"--data-binary {shlex.quote(example)}")
    lines.append(f"{root.rstrip('/')}{PREFIX}{path}")
    return " \\\n  ".join(lines)


def _json_of(media_types: tuple[str, ...]) -> str:
    return next(one for one in media_types if one.endswith("json"))
