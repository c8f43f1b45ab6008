"""Whether a JSON value has the types that the document says, before its meaning is looked at.

The services' schemas read site files too, where every scalar is a text; here a text is no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.errors import Problem

Schemas = Mapping[str, Any]

_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
_WANTED = {
    "object": "a table of fields and values",
    "array": "a list",
    "string": "a text, in quotes",
    "boolean": "true or false",
    "integer": "a whole number, without quotes",
    "number": "a number, without quotes",
}


def wrong(value: Any, schema: Mapping[str, Any], known: Schemas, path: str = "") -> Iterator[Problem]:
    """Every field of another type; ``known`` are the schemas that references name."""
    if "$ref" in schema:
        yield from wrong(value, known[schema["$ref"].rpartition("/")[2]], known, path)
    elif "anyOf" in schema:
        yield from _any(value, schema["anyOf"], known, path)
    elif "type" in schema and not any(_KINDS[kind](value) for kind in _types(schema)):
        wanted = " or ".join(_WANTED[kind] for kind in _types(schema) if kind in _WANTED)
        yield Problem(field=path, message=f"must be {wanted}")
    elif "enum" in schema and value not in schema["enum"]:
        yield Problem(field=path, message=f"must be one of {', '.join(map(str, schema['enum']))}")
    elif isinstance(value, str) and not _is_of_the_form(value, schema):
        yield Problem(
            field=path, message=f"is not of the form {schema.get('pattern', 'of a text that says something')}"
        )
    else:
        yield from _inside(value, schema, known, path)


def _is_of_the_form(text: str, schema: Mapping[str, Any]) -> bool:
    return len(text) >= schema.get("minLength", 0) and bool(re.search(schema.get("pattern", ""), text))


def _types(schema: Mapping[str, Any]) -> list[str]:
    return [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])


def _any(value: Any, choices: list[Any], known: Schemas, path: str) -> Iterator[Problem]:
    """No choice fits: what the first one that says more than null has to say."""
    found = [list(wrong(value, one, known, path)) for one in choices]
    if all(found):
        yield from found[0]


def _inside(value: Any, schema: Mapping[str, Any], known: Schemas, path: str) -> Iterator[Problem]:
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for number, one in enumerate(value):
            yield from wrong(one, schema["items"], known, _at(path, number))
    if not isinstance(value, dict):
        return
    others = schema.get("additionalProperties")
    for name, one in value.items():
        inside = schema.get("properties", {}).get(name, others)
        if isinstance(inside, dict):
            yield from wrong(one, inside, known, _at(path, name))


def _at(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)
