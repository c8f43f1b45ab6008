"""Bodies of requests: size, media type and syntax first, then the schema. No value is ever echoed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Request
from pydantic import ValidationError

from admin.api import schemas
from admin.api.operations import Body
from admin.api.problems import Refusal
from admin.api.types import wrong
from provisioner.errors import Invalid
from provisioner.services.differences import is_secret
from provisioner.services.fields import Schema
from provisioner.services.problems import problems_of

Given = TypeVar("Given", bound=Schema)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
DEEPEST = 32


def text_of(request: Request, body: Body) -> bytes:
    """The raw body. Raises Refusal: 413 when it is too large, 415 when it is of another kind."""
    if request.mimetype not in body.media_types:
        wanted = " or ".join(body.media_types)
        headers = {"Accept-Patch": wanted} if request.method == "PATCH" else {"Accept": wanted}
        raise Refusal(415, f"send the header Content-Type: {wanted}", headers=headers)
    too_large = Refusal(413, f"the body is larger than {body.largest} bytes; split it")
    if (request.content_length or 0) > body.largest:
        raise too_large
    # A body that comes in chunks says no length before, and is cut off where it may end.
    request.max_content_length = body.largest + 1
    text = request.get_data(cache=False)
    if len(text) > body.largest:
        raise too_large
    return text


def json_of(text: bytes) -> Any:
    """The JSON value. Raises Refusal 400 where it is none, or none that every reader takes alike."""
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_table, parse_constant=_constant)
        again = json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        told = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Refusal(400, f"the body is no JSON of unique names and whole UTF-8 texts{told}") from None
    if _NUL.search(again):
        raise Refusal(400, "the character NUL does not belong in a text")
    if not _is_shallow(value, DEEPEST):
        raise Refusal(400, f"the body is nested more than {DEEPEST} deep")
    return value


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name is there twice")
    return made


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _is_shallow(value: Any, left: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left > 0 and all(_is_shallow(one, left - 1) for one in inside)


def parsed(schema: type[Given], value: Any, read_only: Mapping[str, Any] | None = None) -> Given:
    """A JSON value as the schema has it; what it only ever reads is left aside. Raises Invalid."""
    if not isinstance(value, dict):
        raise Refusal(422, "the body must be a table of fields and values")
    value = {name: one for name, one in value.items() if name not in (read_only or ())}
    problems = list(wrong(value, schemas.input_of(schema), schemas.components()))
    named = {problem.field for problem in problems}
    try:
        given = schema.model_validate(value)
    except ValidationError as error:
        problems += [one for one in problems_of(error, schema) if one.field not in named]
    if problems:
        raise Invalid(problems)
    return given


def reads(schema: type[Given], read_only: Mapping[str, Any] | None = None) -> Callable[[Any, Any], Given]:
    """How a body of this schema is read."""
    return lambda _call, value: parsed(schema, value, read_only)


def object_of(_call: object, value: Any) -> dict[str, Any]:
    """A merge patch: an object, whatever it holds. Raises Refusal."""
    if not isinstance(value, dict):
        raise Refusal(422, "a merge patch is an object of the fields to change")
    return value


def merged(target: Any, patch: Any, path: str = "") -> Any:
    """RFC 7396: ``null`` takes a member away; of secrets, which are not shown, it stays and clears them."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        here = f"{path}.{name}" if path else name
        if value is None and not is_secret(here):
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value, here)
    return made
