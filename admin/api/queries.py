"""Arguments in the query, checked against their declaration: an unknown one is refused, not passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from admin.api.operations import Parameter
from provisioner.errors import Invalid, Problem

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off", "")


def parsed(known: Sequence[Parameter], given: MultiDict[str, str]) -> Mapping[str, Any]:
    """The arguments by name, those with a default also when they are not given. Raises Invalid."""
    by_name = {one.name: one for one in known}
    found = {one.name: one.kind["default"] for one in known if "default" in one.kind}
    problems = []
    for name, values in given.lists():
        problem = _problem(by_name.get(name), values)
        if problem:
            problems.append(Problem(field=name[:60], message=problem))
        else:
            found[name] = _value(by_name[name].kind, values[0])
    if problems:
        raise Invalid(problems)
    return found


def _problem(known: Parameter | None, values: Sequence[str]) -> str | None:
    if known is None:
        return "is no argument of this address; `/api/v1/docs` lists those that there are"
    if len(values) > 1:
        return "is there more than once"
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in values[0]):
        return "control characters do not belong in it"
    kind = known.kind.get("type", "string")
    return _KINDS[kind](known.kind, values[0])


def _flag_problem(_kind: Mapping[str, Any], text: str) -> str | None:
    return None if text.lower() in (*_TRUE, *_FALSE) else "write 1 or 0"


def _text_problem(kind: Mapping[str, Any], text: str) -> str | None:
    longest = kind.get("maxLength", 200)
    if len(text) > longest:
        return f"is longer than {longest} characters"
    if "enum" in kind and text not in kind["enum"]:
        return f"write one of {', '.join(kind['enum'])}"
    return None


def _number_problem(kind: Mapping[str, Any], text: str) -> str | None:
    low, high = kind.get("minimum", 0), kind.get("maximum", 1_000_000)
    if text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high:
        return None
    return f"write a whole number from {low} to {high}"


def _value(kind: Mapping[str, Any], text: str) -> Any:
    match kind.get("type"):
        case "integer":
            return int(text)
        case "boolean":
            return text.lower() in _TRUE
        case "array":
            return _listed(text)
    return text


def _list_problem(kind: Mapping[str, Any], text: str) -> str | None:
    known = kind["items"]["enum"]
    return None if set(_listed(text)) <= set(known) else f"write some of {', '.join(known)}, with commas between them"


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


_KINDS = {"array": _list_problem, "integer": _number_problem, "boolean": _flag_problem, "string": _text_problem}
