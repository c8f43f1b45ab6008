"""A form is a list of fields as data; what was typed is never lost, and each error stands beside its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from admin.sayings import say
from admin.words import _
from provisioner.errors import Invalid, Problem

Kind = Literal["text", "password", "select", "area", "check", "number", "search"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a list; ``group`` is the heading that it stands under."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input. ``like`` names the column of a list that proposes values, ``attributes`` go to the element."""

    name: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    required: bool = False
    choices: Sequence[Choice] = ()
    suggestions: Sequence[Choice] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    wide: bool = False


@dataclass(slots=True)
class Form:
    """Fields with what they hold and what is wrong with it; ``general`` errors belong to no field."""

    fields: tuple[Field, ...]
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, fields: Iterable[Field], sent: Mapping[str, str]) -> Form:
        """The form as it was sent; blanks around a text are nobody's wish, but in passwords they are."""
        listed = tuple(fields)
        values = {one.name: _cleaned(one, sent.get(one.name, "")) for one in listed}
        form = cls(listed, values)
        for one in listed:
            if one.required and not values[one.name]:
                form.errors[one.name] = _("Fill this in.")
        return form

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def field(self, name: str) -> Field:
        """The field of a name."""
        return next(one for one in self.fields if one.name == name)

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.errors and not self.general

    def refuse(self, invalid: Invalid) -> None:
        """Put each problem beside the field that it names."""
        for problem in invalid.problems:
            self._put(problem)

    def _put(self, problem: Problem) -> None:
        names = [one.name for one in self.fields]
        parts = problem.field.replace("/", ".").split(".")
        name = next((part for part in (problem.field, *reversed(parts)) if part in names), None)
        said = say(problem.message)
        message = said[:1].upper() + said[1:]
        if name is None:
            self.general.append(f"{problem.field}: {said}" if problem.field else message)
        else:
            self.errors.setdefault(name, message)


def _cleaned(one: Field, text: str) -> str:
    if one.kind == "password":
        return text
    return text.replace("\r\n", "\n").strip()
