"""What pydantic found becomes problems: a field, and a sentence that says what would be right. No input is echoed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from provisioner import neutral
from provisioner.errors import Invalid, Problem
from provisioner.services.buttons import ButtonIn

Path = tuple[str | int, ...]
Given = TypeVar("Given", bound=BaseModel)

_NESTED: dict[str, type[BaseModel]] = {"vlan": neutral.Vlan, "buttons": ButtonIn, **neutral.SECTIONS}
_PREFIX = re.compile(r"^(Value error, |(Input|String) (?=should ))")
_INSIDE = re.compile(r"in\.(.+)", re.DOTALL)
"""The type of an error of a field within the one that was looked at: pydantic knows only the outer one's name."""
_PLAIN = {
    "missing": "is missing",
    "string_type": "must be a text; numbers, true and false are texts only in quotes",
    "string_too_short": "must not be empty",
    "model_type": "must be a table of fields and values",
    "model_attributes_type": "must be a table of fields and values",
    "dict_type": "must be a table of names and values",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
}


def problems_of(
    error: ValidationError, model: type[BaseModel], line: Callable[[Path], int | None] = lambda _: None, at: Path = ()
) -> list[Problem]:
    """Every problem of an object; ``at`` is where the object stands, ``line`` knows the lines of paths in it."""
    found = []
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        inner = _INSIDE.match(detail["type"])
        path = (*(part for part in detail["loc"] if part != "[key]"), *(inner.groups() if inner else ()))
        field = ".".join(map(str, (*at, *path)))
        found.append(Problem(field=field, message=_message(detail, path, model), line=line(path)))
    return found


def parsed(schema: type[Given], fields: Mapping[str, Any]) -> Given:
    """What people give, checked. Raises Invalid with every problem at once."""
    try:
        return schema(**fields)
    except ValidationError as error:
        raise Invalid(problems_of(error, schema)) from None


def _message(detail: Any, path: Path, model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown(str(path[-1]), _owner(path[:-1], model))
    known = _PLAIN.get(detail["type"])
    if detail["type"] == "string_too_short" and not str(detail["msg"]).endswith("1 character"):
        known = None
    return known or _PREFIX.sub("", str(detail["msg"]))


def _owner(path: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel]:
    """The model that a path leads to."""
    for part in path:
        model = _NESTED.get(str(part), model)
    return model


def _unknown(name: str, model: type[BaseModel]) -> str:
    fields = list(model.model_fields)
    close = get_close_matches(name, fields, 1)
    return "is no field here; " + (f"is {close[0]} meant?" if close else f"there are {', '.join(fields)}")
