"""The button templates page's table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, cast, func, or_, select

from admin.scope import Scope
from admin.tables import Column, Search, Table, contains
from admin.words import mark
from provisioner.store.tables import Button, ButtonTemplate, Device, Extension

_buttons = select(func.count()).where(Button.template_id == ButtonTemplate.id).scalar_subquery()


def _find(search: Search) -> Iterator[ColumnElement[bool]]:
    for word in search.words:
        yield or_(contains(ButtonTemplate.name, word), contains(cast(ButtonTemplate.models, String), word))


TABLE = Table(
    name="button_templates",
    key=ButtonTemplate.id,
    order="name",
    columns=(
        Column(key="name", title=mark("Name"), sort=(func.lower(ButtonTemplate.name),), lead=True),
        Column(
            key="models", title=mark("Template for models"), sort=(func.lower(cast(ButtonTemplate.models, String)),)
        ),
        Column(key="buttons", title=mark("Buttons"), sort=(_buttons,)),
    ),
    find=_find,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A template as the list shows it."""

    id: int
    name: str
    models: tuple[str, ...]
    buttons: int
    devices: int
    extensions: int
    default_of: tuple[str, ...]


def rows(scope: Scope, keys: Sequence[int]) -> list[Row]:
    """The rows of these templates, in this order."""
    if not keys:
        return []
    found = {one.id: one for one in scope.session.scalars(scope.all(ButtonTemplate).where(ButtonTemplate.id.in_(keys)))}
    buttons, devices, extensions = (
        {
            row[0]: row[1]
            for row in scope.session.execute(
                select(owner.template_id, func.count())
                .where(scope.of(owner), owner.template_id.in_(keys))
                .group_by(owner.template_id)
            )
        }
        for owner in (Button, Device, Extension)
    )
    defaults = scope.tenant.default_templates
    return [
        Row(
            id=key,
            name=found[key].name,
            models=tuple(found[key].models),
            buttons=buttons.get(key, 0),
            devices=devices.get(key, 0),
            extensions=extensions.get(key, 0),
            default_of=tuple(pattern for pattern, one in defaults.items() if one == key),
        )
        for key in keys
        if key in found
    ]
