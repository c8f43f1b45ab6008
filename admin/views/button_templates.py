"""Button templates: named lists of buttons, with an editor beside a picture of the phone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, parsed
from admin.effects import Effect, InUse, effect_of, models_in_use
from admin.forms import Field, Form
from admin.forms import buttons as editor
from admin.lists.button_templates import TABLE, rows
from admin.pictures import Shown, draw
from admin.scope import Scope, here
from admin.words import _, mark
from provisioner.errors import Invalid, Problem
from provisioner.keys import effective
from provisioner.placeholders import fill
from provisioner.registry import vendors
from provisioner.services import templates
from provisioner.services.buttons import ButtonIn
from provisioner.services.schemas import TemplateIn
from provisioner.store.tables import ButtonTemplate, Extension
from provisioner.values import Mode, Slot, fits
from provisioner.vendor_api import Model, Vendor

views = Blueprint("button_templates", __name__, url_prefix="/advanced/button-templates")
SHOWN = 50

FIELDS = (
    Field(name="name", label=mark("Name"), required=True),
    Field(
        name="models",
        label=mark("Template for models"),
        hint=mark("VENDOR/MODEL with * for any text, several with commas: yealink/T4*, snom/D7*. Empty: for all."),
        attributes={"spellcheck": "false", "autocomplete": "off"},
    ),
)


@views.route("", methods=["GET", "POST"])
@allow(Permission.TENANT_READ)
def listing() -> Response | str | tuple[str, int]:
    """Every template; a new one begins with its name and its models."""
    scope = here()
    form = Form(FIELDS) if request.args.get("add") and scope.can(Permission.TENANT_CHANGE) else None
    if request.method == "POST" and scope.can(Permission.TENANT_CHANGE):
        form = Form.read(FIELDS, request.form)
        template_id = _create(scope, form, _copied(scope)) if form.is_right else None
        if template_id:
            return redirect(url_for(".page", template_id=template_id), 303)
        return _list_page(scope, form), 422
    return _list_page(scope, form)


def _list_page(scope: Scope, form: Form | None) -> str:
    look = TABLE.look(scope.session, scope.all(ButtonTemplate), request.args, path=url_for(".listing"))
    return render_template("button_templates/list.html", look=look, rows=rows(scope, look.keys), form=form)


def _copied(scope: Scope) -> TemplateIn | None:
    """The template that a new one begins as."""
    key = request.form.get("copy_of", "")
    if not key.isdecimal() or len(key) > 9:
        return None
    return templates.dump(scope.provisioner.vault, scope.one(ButtonTemplate, ButtonTemplate.id == int(key)))


def _create(scope: Scope, form: Form, like: TemplateIn | None) -> int | None:
    try:
        begun = {name: getattr(like, name) for name in ("buttons", "settings")} if like else {}
        given = parsed(TemplateIn, {**begun, "name": form["name"], "models": _patterns(form["models"])})
        with changing(scope) as (change, tenant):
            if change.rows(tenant).button_templates.get(given.name):
                raise Invalid([Problem(field="name", message=f"{given.name} is in the list already")])
            templates.put(change, tenant, given)
            change.flush()
            row = change.rows(tenant).button_templates.get(given.name)
            return row.id if row else None
    except Invalid as invalid:
        form.refuse(invalid)
        return None


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,;]+", text) if part)


# --- the editor


@views.route("/<int:template_id>", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def page(template_id: int) -> Response | str | tuple[str, int]:
    """One template: its buttons, beside the phone that will show them."""
    scope = here()
    template = scope.one(ButtonTemplate, ButtonTemplate.id == template_id)
    stored = templates.dump(scope.provisioner.vault, template)
    if request.method == "GET":
        form = Form(FIELDS, {"name": stored.name, "models": ", ".join(stored.models)})
        return _editor_page(scope, template, form, editor.rows_of(stored.buttons))
    form = Form.read(FIELDS, request.form)
    picked = picked_for(_patterns(form["models"]), request.form.get("model", ""), models_in_use(scope, template))
    typed = editor.changed(editor.read(request.form), request.form, picked[1] if picked else None)
    if request.form.get("do", "").partition("-")[0] not in ("save", "review"):
        form.errors = {}
        return _editor_page(scope, template, form, typed)
    return _reviewed(scope, template, stored, form, typed)


def _reviewed(
    scope: Scope, template: ButtonTemplate, stored: TemplateIn, form: Form, typed: list[editor.Row]
) -> Response | str | tuple[str, int]:
    """Say what a save would do; save it once that was seen, or when nobody's files change."""
    try:
        check_as_read(_shown(stored))
        fields = {"name": form["name"], "models": _patterns(form["models"]), "settings": stored.settings}
        given = parsed(TemplateIn, {**fields, "buttons": editor.given(typed)})
        wanted = request.form.get("do", "").partition("-")[2] or request.form.get("effect-page", "")
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 7 else 1
        effect = effect_of(scope, template, given, request.form.get("compare", ""), number)
        if request.form.get("do") != "save" and effect.total:
            return _editor_page(scope, template, form, typed, effect)
        with changing(scope) as (change, tenant):
            row = change.session.get_one(ButtonTemplate, template.id, with_for_update=True)
            now = templates.dump(change.vault, row)
            check_as_read(_shown(now))
            templates.put(change, tenant, given.model_copy(update={"settings": now.settings}), row)
    except Invalid as invalid:
        typed, others = editor.judged(typed, invalid)
        form.refuse(Invalid(others))
        return _editor_page(scope, template, form, typed), 422
    flash(_("{name} is saved.", name=form["name"]))
    return redirect(url_for(".page", template_id=template.id, model=request.form.get("model") or None), 303)


def _shown(stored: TemplateIn) -> object:
    return stored.name, stored.models, editor.rows_of(stored.buttons)


def _editor_page(
    scope: Scope, template: ButtonTemplate, form: Form, typed: Sequence[editor.Row], effect: Effect | None = None
) -> str:
    patterns = _patterns(form["models"])
    models = list(_models(patterns))
    in_use = models_in_use(scope, template)
    picked = picked_for(patterns, request.values.get("model", ""), in_use)
    stored = templates.dump(scope.provisioner.vault, template)
    return render_template(
        "button_templates/editor.html",
        template=template,
        form=form,
        rows=editor.with_blanks([warned(row, picked) for row in typed]),
        complaint=editor.complaint(request.form),
        modes=editor.modes(),
        models=[f"{vendor.name}/{model.name}" for vendor, model in models],
        model=f"{picked[0].name}/{picked[1].name}" if picked else "",
        picture=draw(picked[0].name, picked[1], shown_on(scope, _parsed_rows(typed))) if picked else None,
        used=rows(scope, [template.id])[0],
        native=sum(map(len, stored.settings.values())),
        as_read=as_read(_shown(stored)),
        in_use=[(one, _warnings(one, typed)) for one in in_use],
        effect=effect,
    )


def _warnings(one: InUse, typed: Sequence[editor.Row]) -> list[str]:
    """What a model that has the template does otherwise than asked; the same of several slots is told once."""
    slots: dict[str, list[str]] = {}
    for row in typed:
        says = warned(row, (one.vendor, one.model)).warning
        if says:
            slots.setdefault(says, []).append(row.slot)
    return [f"{_span(found)}: {says}" for says, found in slots.items()]


def _span(slots: Sequence[str]) -> str:
    """Slots in short: the first and the last of many."""
    return ", ".join(slots) if len(slots) < 4 else f"{slots[0]} … {slots[-1]}"


def _picked(models: Sequence[tuple[Vendor, Model]], wanted: str) -> tuple[Vendor, Model] | None:
    """The model of this name, else the first one that has line keys."""
    named = (pair for pair in models if f"{pair[0].name}/{pair[1].name}" == wanted)
    keyed = (pair for pair in models if pair[1].line_keys)
    return next(named, None) or next(keyed, None) or next(iter(models), None)


def _models(patterns: Sequence[str]) -> Iterator[tuple[Vendor, Model]]:
    """Every model that the template is for."""
    for vendor in vendors().values():
        for model in vendor.models.values():
            if not patterns or any(one == "*" or fits(vendor.name, model.name, one) for one in patterns):
                yield vendor, model


def warned(row: editor.Row, picked: tuple[Vendor, Model] | None) -> editor.Row:
    """The row with what this model does not do as asked."""
    if picked is None or row.is_blank:
        return row
    vendor, model = picked
    try:
        slot, mode = Slot.parse(row.slot), Mode(row.mode)
    except ValueError:
        return row
    keys = model.slots(slot.group)
    if slot.number > keys:
        says = _("{model} has {n} such keys; it is not rendered", model=model.name, n=keys)
        return replace(row, warning=says)
    if mode in (Mode.LOCAL, Mode.NONE):
        return row
    _mode, _code, why = effective(vendor.buttons(model), mode, slot.group)
    return replace(row, warning=why or "")


@dataclass(frozen=True, slots=True)
class Typed:
    """A row whose slot and mode can be read already; the rest is as it is typed."""

    slot: Slot
    mode: Mode
    value: str
    label: str


def _parsed_rows(typed: Sequence[editor.Row]) -> Iterator[Typed]:
    for row in typed:
        with suppress(ValueError):
            yield Typed(Slot.parse(row.slot), Mode(row.mode), row.value, row.label)


def shown_on(scope: Scope, buttons: Iterable[Typed | ButtonIn]) -> dict[Slot, Shown]:
    """Buttons as a picture shows them, their placeholders filled with the tenant's first extensions."""
    values = _example(scope)
    return {one.slot: Shown(one.mode, fill(one.label, values), fill(one.value, values)) for one in buttons}


def _example(scope: Scope) -> dict[str, str]:
    first = select(Extension.number, Extension.name).where(scope.of(Extension)).order_by(Extension.id).limit(6)
    values = {"tenant": scope.tenant.name, "location": _("Location")}
    for number, row in enumerate(scope.session.execute(first), 1):
        values |= {f"extension:{number}": row.number, f"name:{number}": row.name or row.number}
    return values


def picked_for(models: Sequence[str], wanted: str, in_use: Sequence[InUse]) -> tuple[Vendor, Model] | None:
    """The model that a template is shown on: the one named, else the one that most of its devices are."""
    known = list(_models(models))
    names = {f"{vendor.name}/{model.name}" for vendor, model in known}
    return _picked(known, wanted or next((one.name for one in in_use if one.name in names), ""))


@views.post("/<int:template_id>/delete")
@allow(Permission.TENANT_CHANGE)
def delete(template_id: int) -> Response:
    """Remove it; what used it falls back to its next template."""
    scope = here()
    template = scope.one(ButtonTemplate, ButtonTemplate.id == template_id)
    with changing(scope) as (change, tenant):
        templates.remove(change, tenant, change.session.get_one(ButtonTemplate, template.id))
    flash(_("{name} is deleted.", name=template.name))
    return redirect(url_for(".listing"), 303)
