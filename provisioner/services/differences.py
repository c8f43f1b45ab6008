"""What a change changes: two objects field by field, with secrets told as "changed"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from provisioner import neutral
from provisioner.services.buttons import ButtonIn
from provisioner.services.fields import Schema

NOT_SET = "not set"
CHANGED = "changed"
PASSWORDS = frozenset({"password", "http_password"})
"""The fields that are secrets whatever holds them."""

Differences = Mapping[str, tuple[Any, Any]]
NO_DIFFERENCES: Differences = {}


def compare(old: Schema | None, new: Schema | None) -> Differences:
    """What differs, by dotted name; of a new object all that is given, of a removed one all that it had."""
    before, after = dict(_flat(old)), dict(_flat(new))
    if old is None or new is None:
        before, after = _given(before), _given(after)
    names = dict.fromkeys([*before, *after])
    pairs = ((name, before.get(name, NOT_SET), after.get(name, NOT_SET)) for name in names)
    return {name: (one, other) for name, one, other in pairs if one != other}


def told(differences: Differences) -> dict[str, Any]:
    """The differences for the audit log, without secrets."""
    return {name: CHANGED if is_secret(name) else list(pair) for name, pair in differences.items()}


def is_secret(name: str) -> bool:
    """Whether a field of this dotted name may hold a secret: a vendor's own keys always may."""
    return name in PASSWORDS or name.startswith("settings.") or name in neutral.secrets()


def names(differences: Iterable[str]) -> tuple[str, ...]:
    """The fields that differ, buttons as one."""
    return tuple(dict.fromkeys("buttons" if name.startswith("buttons.") else name for name in differences))


def _given(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flat.items() if value not in (None, "", [])}


def _flat(given: Schema | None) -> Iterator[tuple[str, Any]]:
    """Every field by its dotted name, as JSON has it."""
    if given is None:
        return
    for name in type(given).model_fields:
        value = getattr(given, name)
        if isinstance(value, neutral.Section):
            for field in sorted(value.model_fields_set):
                yield f"{name}.{field}", plain(getattr(value, field))
        elif isinstance(value, dict):
            yield from _flat_table(name, value)
        elif name == "buttons":
            yield name, [str(button.slot) for button in value]
            yield from ((f"{name}.{button.slot}", _button(button)) for button in value)
        else:
            yield name, plain(value)


def _flat_table(name: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat_table(f"{name}.{key}", value)
        else:
            yield f"{name}.{key}", plain(value)


def _button(button: ButtonIn) -> dict[str, Any]:
    values = {name: plain(getattr(button, name)) for name in ButtonIn.model_fields if name != "slot"}
    return {name: value for name, value in values.items() if value not in (None, "", False)}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return str(value)
