"""Extensions: SIP accounts and where they ring."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, parsed
from admin.forms import Form
from admin.forms import extensions as extension_forms
from admin.lists.extensions import TABLE, devices_of, rows
from admin.scope import Scope, here
from admin.words import _
from provisioner.errors import Invalid, Problem
from provisioner.services import extensions
from provisioner.services.schemas import ExtensionIn
from provisioner.store.tables import Extension

views = Blueprint("extensions", __name__, url_prefix="/advanced/extensions")


@views.get("")
@allow(Permission.TENANT_READ)
def listing() -> str:
    """Every extension."""
    scope = here()
    remembered = scope.viewer.preferences.get("columns", {}).get(TABLE.name)
    look = TABLE.look(
        scope.session, scope.all(Extension), request.args, path=url_for(".listing"), remembered=remembered
    )
    return render_template("extensions/list.html", look=look, rows=rows(scope, look.keys))


@views.route("/new", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def new() -> Response | str | tuple[str, int]:
    """One more."""
    scope = here()
    shape = extension_forms.fields(scope, is_new=True)
    if request.method == "GET":
        return render_template("extensions/form.html", form=Form(shape), extension=None)
    form = Form.read(shape, request.form)
    if form.is_right:
        _save(scope, form, None)
    if not form.is_right:
        return render_template("extensions/form.html", form=form, extension=None), 422
    flash(_("Extension {number} is added.", number=form["number"]))
    return redirect(url_for(".listing"), 303)


@views.route("/<int:extension_id>", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def page(extension_id: int) -> Response | str | tuple[str, int]:
    """One extension: its fields, and where it rings."""
    scope = here()
    extension = scope.one(Extension, Extension.id == extension_id)
    shape = extension_forms.fields(scope, is_new=False)
    shown = {"extension": extension, "devices": devices_of(scope, [extension.id]).get(extension.id, [])}
    stored = extension_forms.values_of(extensions.dump(scope.provisioner.vault, extension))
    if request.method == "GET":
        return render_template("extensions/form.html", form=Form(shape, stored), as_read=as_read(stored), **shown)
    form = Form.read(shape, request.form)
    if form.is_right:
        _save(scope, form, extension)
    if not form.is_right:
        form.values["password"] = ""
        return render_template("extensions/form.html", form=form, as_read=as_read(stored), **shown), 422
    flash(_("Extension {number} is saved.", number=form["number"]))
    return redirect(url_for(".listing"), 303)


def _save(scope: Scope, form: Form, extension: Extension | None) -> None:
    """Write the form; what is wrong it says itself then."""
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Extension, extension.id, with_for_update=True) if extension else None
            old = extensions.dump(change.vault, row) if row else None
            if old:
                check_as_read(extension_forms.values_of(old))
            given = parsed(ExtensionIn, extension_forms.given(form.values, old))
            if row is None and change.rows(tenant).extensions.get(given.number):
                raise Invalid([Problem(field="number", message=f"{given.number} is in the list already")])
            extensions.put(change, tenant, given, row)
    except Invalid as invalid:
        form.refuse(invalid)


@views.post("/<int:extension_id>/delete")
@allow(Permission.TENANT_CHANGE)
def delete(extension_id: int) -> Response:
    """Remove it; its lines vanish from the devices that have them."""
    scope = here()
    extension = scope.one(Extension, Extension.id == extension_id)
    try:
        with changing(scope) as (change, tenant):
            extensions.remove(change, tenant, change.session.get_one(Extension, extension.id))
    except Invalid as invalid:
        flash(str(invalid), "bad")
        return redirect(url_for(".page", extension_id=extension.id), 303)
    flash(_("Extension {number} is deleted.", number=extension.number))
    return redirect(url_for(".listing"), 303)
