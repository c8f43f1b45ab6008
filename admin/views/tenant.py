"""The tenant at hand: who is let in how, its credentials and default templates, its settings, and pairing codes."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import pairing
from admin import settings as shown
from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read
from admin.forms import Form
from admin.forms import tenants as tenant_forms
from admin.sayings import say
from admin.scope import Scope, here
from admin.words import _
from provisioner import neutral
from provisioner.errors import Invalid, Problem
from provisioner.merge import settings_of
from provisioner.profile import Origin
from provisioner.record import Layer
from provisioner.registry import vendors
from provisioner.services import tenants
from provisioner.services.schemas import TenantIn
from provisioner.store.tables import Tenant

views = Blueprint("tenant", __name__, url_prefix="/tenant")


def _given(scope: Scope) -> TenantIn:
    return tenants.dump(scope.provisioner.vault, scope.tenant)


@views.get("")
@allow(Permission.TENANT_READ)
def page() -> str:
    """Its own fields."""
    scope = here()
    return _page(scope, Form(tenant_forms.fields(), tenant_forms.values_of(_given(scope))))


def _page(scope: Scope, form: Form, made: object = None) -> str:
    has_password = scope.tenant.sealed_http_password is not None
    return render_template(
        "tenant/page.html",
        tab="page",
        form=form,
        made=made,
        as_read=as_read(tenant_forms.values_of(_given(scope))),
        has_password=has_password,
        most_minutes=pairing.MOST_MINUTES,
        minutes=request.form.get("minutes") or pairing.CODE_MINUTES,
    )


@views.post("")
@allow(Permission.TENANT_CHANGE)
def save() -> Response | tuple[str, int]:
    """Change them."""
    scope = here()
    form = Form.read(tenant_forms.fields(), request.form)
    if form["http_password"] and not form["http_user"]:
        form.errors["http_user"] = _("Write the user name that goes with the password.")
    outcome = _save(scope, form) if form.is_right else ""
    if not form.is_right:
        form.values["http_password"] = ""
        return _page(scope, form), 422
    flash(_("Nothing changed.") if outcome == "unchanged" else _("Saved."))
    return redirect(url_for(".page"), 303)


def _save(scope: Scope, form: Form) -> str:
    """Write the form; what is wrong it says itself then."""
    try:
        with changing(scope) as (change, tenant):
            change.session.refresh(tenant, with_for_update=True)
            old = tenants.dump(change.vault, tenant)
            check_as_read(tenant_forms.values_of(old))
            given = tenant_forms.given(form.values, old)
            return tenants.set_fields(change, tenant, **given).kind
    except Invalid as invalid:
        form.refuse(invalid)
        return ""


@views.post("/pairing-code")
@allow(Permission.TENANT_CHANGE)
def make_code() -> str | tuple[str, int]:
    """A one-time code for whichever device uses it first; it is shown this once."""
    scope = here()
    form = Form(tenant_forms.fields(), tenant_forms.values_of(_given(scope)))
    try:
        with scope.provisioner.database.writing() as session:
            row = session.get_one(Tenant, scope.tenant.id)
            made = pairing.make_code(session, scope, row, request.form.get("minutes", ""))
    except Invalid as invalid:
        flash(say(invalid.problems[0].message), "bad")
        return _page(scope, form), 422
    return _page(scope, form, made)


# --- settings


@views.get("/settings")
@allow(Permission.TENANT_READ)
def settings() -> str:
    """Every setting that its phones inherit, with its origin."""
    return _settings_page(here(), "")


def _settings_page(scope: Scope, error: str) -> str:
    stored = _given(scope)
    server = Layer(origin=Origin("server"), values=scope.provisioner.installation.server_layer)
    generated, own = tenants.layers(scope.provisioner.vault, scope.tenant)
    rows = shown.rows(settings_of([generated, server, own]), settings_of([generated, server]), stored)
    wanted = shown.Found.of(request.args)
    return render_template(
        "tenant/settings.html",
        tab="settings",
        rows=wanted.among(rows),
        natives=shown.natives(stored.settings),
        vendors=[(name, one.title) for name, one in vendors().items()],
        wanted=wanted,
        error=error,
        owners=shown.OWNERS,
    )


@views.post("/settings/<name>")
@allow(Permission.TENANT_CHANGE)
def set_setting(name: str) -> Response | tuple[str, int]:
    """Give the tenant its own value, clear it on the phones, or inherit again."""
    scope = here()
    if name not in neutral.defaults():
        abort(404)
    try:
        with changing(scope) as (change, tenant):
            change.session.refresh(tenant, with_for_update=True)
            stored = tenants.dump(change.vault, tenant)
            check_as_read(shown.own(stored, name))
            tenants.set_fields(change, tenant, **shown.changed(stored, name, request.form))
    except Invalid as invalid:
        return _settings_page(scope, say(invalid.problems[0].message)), 422
    flash(_("{name}: saved.", name=name))
    return redirect(url_for(".settings", _anchor=name), 303)


@views.post("/native")
@allow(Permission.TENANT_CHANGE)
def set_native() -> Response | tuple[str, int]:
    """Set a key of a vendor's own, take it out of the files, or leave it to the templates again."""
    scope, vendor = here(), request.form.get("vendor", "")
    try:
        with changing(scope) as (change, tenant):
            stored = tenants.dump(change.vault, tenant).settings
            if vendor not in vendors() and vendor not in stored:
                raise Invalid([Problem(field="vendor", message=_("choose a vendor of the list"))])
            tenants.set_fields(change, tenant, settings=shown.with_native(stored, vendor, request.form))
    except Invalid as invalid:
        return _settings_page(scope, say(invalid.problems[0].message)), 422
    flash(_("{name}: saved.", name=request.form.get("key", "").strip()))
    return redirect(url_for(".settings", _anchor="native"), 303)
