"""The sentences in the server's own source that can reach a page, found for the catalogue by their forms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent.parent / "provisioner"
SOURCES = (
    "services/*.py",
    "spreadsheets/*.py",
    "accounts.py",
    "neutral.py",
    "registry.py",
    "timezones.py",
    "values.py",
)
STEPS = ("gate.py", "replay.py", "load.py", "codes.py")
PLACES = {
    "Problem": "message", "Clash": "message", "ValueError": 0, "Refused": 0, "Unknown": 0, "Unassigned": 0,
    "Verdict": 2, "Step": 2,
}  # fmt: skip
"""Which argument of a call is the sentence."""
RETURNING = {"lacks", "claimed", "obstacle", "_unknown"}
"""Functions that return sentences."""
FEWEST_LETTERS = 6
_VALUE = re.compile(r"\{\d\}")
TABLES = {"_PLAIN", "_UNKNOWN", "_TOO_LATE", "WANTED"}
"""Names of a module that hold sentences."""


def forms() -> Iterator[str]:
    """Every form that the source of the server has, for the catalogue."""
    for pattern in (*SOURCES, *STEPS):
        for path in sorted(HERE.glob(pattern)):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                yield from filter(_is_sentence, _said_at(node))


def _is_sentence(form: str) -> bool:
    """Words enough that no other sentence is taken for it."""
    return " " in form and len(re.findall("[A-Za-z]", _VALUE.sub("", form))) >= FEWEST_LETTERS


def _said_at(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        place = PLACES.get(getattr(node.func, "id", ""))
        if isinstance(place, int):
            yield from (form for one in node.args[place : place + 1] for form in _forms_of(one))
        yield from (form for one in node.keywords if one.arg == place for form in _forms_of(one.value))
    elif isinstance(node, ast.FunctionDef) and node.name in RETURNING:
        returned = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
        yield from (form for one in returned for form in _forms_of(one))
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        if getattr(target, "id", "") in TABLES and node.value is not None:
            yield from _forms_of(node.value)


def _forms_of(node: ast.expr) -> Iterator[str]:
    """The forms of an expression; what is put together in other ways stays English."""
    match node:
        case ast.Constant(value=str() as text) if "{" not in text:
            yield text
        case ast.JoinedStr():
            number = iter(range(10))
            parts = [part.value if isinstance(part, ast.Constant) else f"{{{next(number)}}}" for part in node.values]
            if not any(set("{}") & set(str(part.value)) for part in node.values if isinstance(part, ast.Constant)):
                yield "".join(map(str, parts))
        case ast.IfExp():
            yield from (*_forms_of(node.body), *_forms_of(node.orelse))
        case ast.BoolOp():
            yield from (form for value in node.values for form in _forms_of(value))
        case ast.Dict():
            yield from (form for value in node.values for form in _forms_of(value))
