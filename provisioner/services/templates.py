"""Button templates: named lists of buttons for some models."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.errors import Problem
from provisioner.services import buttons, sealed
from provisioner.services.change import Change, Clash, Outcome, refuse
from provisioner.services.differences import compare
from provisioner.services.fields import Native
from provisioner.services.keyboard import new_buttons, set_buttons
from provisioner.services.problems import parsed
from provisioner.services.rows import Rows
from provisioner.services.schemas import TemplateIn
from provisioner.store.tables import ButtonTemplate, Tenant
from provisioner.vault import Vault


def put(change: Change, tenant: Tenant, given: TemplateIn, row: ButtonTemplate | None = None) -> Outcome:
    """Make a button template so; ``row`` is the one to change, where its name changes too."""
    rows = change.rows(tenant)
    row = row or rows.button_templates.get(given.name)
    refuse(list(_clashes(rows, given, row)))
    old = dump(change.vault, row) if row else None
    given = sealed.kept(given, old)
    differences = compare(old, given)
    if row is None:
        row = ButtonTemplate(tenant_id=tenant.id, name=given.name, models=list(given.models))
        sealed.seal(change.vault, row, {}, given.settings)
        change.add(row, new_buttons("template_id", given.buttons))
    elif differences:
        _write(change, row, given)
    rows.button_templates.put(row, [given.name])
    return change.note(tenant.id, f"button template {given.name}", row, differences, None if old else "added")


def set_native(change: Change, tenant: Tenant, row: ButtonTemplate, settings: Native) -> Outcome:
    """Give a template these keys of the vendors' own and no others: other than in `put` a secret does not stay.

    Raises Invalid.
    """
    old = dump(change.vault, row)
    given = parsed(TemplateIn, {name: getattr(old, name) for name in TemplateIn.model_fields} | {"settings": settings})
    differences = compare(old, given)
    if differences:
        _write(change, row, given)
    return change.note(tenant.id, f"button template {row.name}", row, differences)


def _clashes(rows: Rows, given: TemplateIn, row: ButtonTemplate | None) -> Iterator[Problem]:
    if rows.button_templates.get(given.name) not in (None, row):
        yield Clash(field="name", message=f"{given.name} is already in use by another button template")


def _write(change: Change, row: ButtonTemplate, given: TemplateIn) -> None:
    row.name = given.name
    if row.models != list(given.models):
        row.models = list(given.models)
    set_buttons(change, row.buttons, given.buttons)
    sealed.seal(change.vault, row, {}, given.settings)
    change.breathe()


def remove(change: Change, tenant: Tenant, row: ButtonTemplate) -> Outcome:
    """Remove a button template, also where it is the default for some models."""
    gone = change.note(
        tenant.id, f"button template {row.name}", None, compare(dump(change.vault, row), None), "removed"
    )
    change.rows(tenant).button_templates.drop(row)
    defaults = {pattern: one for pattern, one in tenant.default_templates.items() if one != row.id}
    if defaults != tenant.default_templates:
        tenant.default_templates = defaults
    change.delete(row)
    return gone


def dump(vault: Vault, row: ButtonTemplate) -> TemplateIn:
    """A stored button template as it was given, secrets and all."""
    return TemplateIn.model_construct(
        name=row.name,
        models=tuple(row.models),
        buttons=buttons.dump(row.buttons),
        settings=sealed.opened(vault, row).get("native", {}),
    )
