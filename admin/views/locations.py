"""Locations: addresses, and what follows from them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, parsed
from admin.forms import Form
from admin.forms import locations as location_forms
from admin.lists.devices import identity_of, key_of
from admin.lists.locations import TABLE, leftover, rows
from admin.scope import Scope, here
from admin.words import _
from provisioner.addresses import emergency_of
from provisioner.errors import Invalid, Problem
from provisioner.services import locations
from provisioner.services.schemas import LocationIn
from provisioner.store.tables import Device, Extension, Location, LocationAssignment

views = Blueprint("locations", __name__, url_prefix="/advanced/locations")
SHOWN = 100


@views.route("", methods=["GET", "POST"])
@allow(Permission.TENANT_READ)
def listing() -> Response | str | tuple[str, int]:
    """Every location; a new one is created in place."""
    scope = here()
    if request.method == "POST":
        return _create(scope)
    form = _blank(scope) if request.args.get("add") and scope.can(Permission.TENANT_CHANGE) else None
    return _list_page(scope, form)


def _list_page(scope: Scope, form: Form | None) -> str:
    look = TABLE.look(scope.session, scope.all(Location), request.args, path=url_for(".listing"))
    counted = select(func.count()).select_from(Location).where(scope.of(Location))
    return render_template(
        "locations/list.html",
        look=look,
        rows=rows(scope, look.keys),
        everything=scope.session.scalar(counted),
        field_words=location_forms.FIELD_WORDS,
        leftovers=scope.session.scalar(counted.where(leftover())),
        form=form,
    )


def _blank(scope: Scope) -> Form:
    """A new location begins where the tenant is."""
    locale = scope.tenant.settings
    country = request.args.get("country") or str(locale.get("locale.country") or "")
    values = {"country": country, "timezone": str(locale.get("locale.timezone") or ""), "active": "1"}
    return Form(location_forms.fields(country), values)


def _create(scope: Scope) -> Response | tuple[str, int]:
    if not scope.can(Permission.TENANT_CHANGE):
        return redirect(url_for(".listing"), 303)
    form = Form.read(location_forms.fields(request.form.get("country", "")), request.form)
    if request.form.get("do") == "country":
        return _list_page(scope, _in_country(form)), 200
    if form.is_right:
        _save(scope, form, None)
    if not form.is_right:
        return _list_page(scope, form), 422
    flash(_("{name} is added.", name=form["name"]))
    return redirect(url_for(".listing"), 303)


def _in_country(form: Form) -> Form:
    """The form for the country that was chosen, with what was typed so far; nothing is judged yet."""
    return Form(form.fields, location_forms.in_country(form.values))


def _save(scope: Scope, form: Form, location: Location | None) -> None:
    """Write the form; what is wrong it says itself then."""
    try:
        given = parsed(LocationIn, location_forms.given(form.values))
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Location, location.id, with_for_update=True) if location else None
            if row:
                check_as_read(location_forms.values_of(locations.dump(row)))
            if row is None and change.rows(tenant).locations.get(given.name):
                raise Invalid([Problem(field="name", message=f"{given.name} is in the list already")])
            locations.put(change, tenant, given, row)
    except Invalid as invalid:
        form.refuse(invalid)


@views.route("/<int:location_id>", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def page(location_id: int) -> Response | str | tuple[str, int]:
    """One location, and who is there."""
    scope = here()
    location = scope.one(Location, Location.id == location_id)
    if request.method == "GET":
        values = location_forms.values_of(locations.dump(location))
        return _page(scope, location, Form(location_forms.fields(location.country), values))
    form = Form.read(location_forms.fields(request.form.get("country", "")), request.form)
    if request.form.get("do") == "country":
        return _page(scope, location, _in_country(form))
    if form.is_right:
        _save(scope, form, location)
    if not form.is_right:
        return _page(scope, location, form), 422
    flash(_("{name} is saved.", name=form["name"]))
    return redirect(url_for(".listing"), 303)


def _page(scope: Scope, location: Location, form: Form) -> str:
    devices = scope.session.scalars(scope.all(Device).where(Device.location_id == location.id).limit(SHOWN))
    extensions = scope.session.scalars(
        scope.all(Extension)
        .join(LocationAssignment, LocationAssignment.extension_id == Extension.id)
        .where(LocationAssignment.location_id == location.id)
        .order_by(Extension.number)
        .limit(SHOWN)
    )
    return render_template(
        "locations/form.html",
        form=form,
        location=location,
        as_read=as_read(location_forms.values_of(locations.dump(location))),
        emergency=emergency_of(location),
        field_words=location_forms.FIELD_WORDS,
        devices=[(key_of(one), identity_of(one), one.name) for one in devices],
        extensions=extensions.all(),
    )


@views.post("/<int:location_id>/active")
@allow(Permission.TENANT_CHANGE)
def set_active(location_id: int) -> Response:
    """Offer it for new assignments, or no longer."""
    scope = here()
    location = scope.one(Location, Location.id == location_id)
    with changing(scope) as (change, tenant):
        row = change.session.get_one(Location, location.id)
        locations.put(change, tenant, locations.dump(row).model_copy(update={"active": not row.active}), row)
    flash(
        _("{name} is not active any more.", name=location.name)
        if location.active
        else _("{name} is active.", name=location.name)
    )
    return redirect(url_for(".listing"), 303)


@views.post("/<int:location_id>/delete")
@allow(Permission.TENANT_CHANGE)
def delete(location_id: int) -> Response:
    """Remove it; what used it falls back to its next location."""
    scope = here()
    location = scope.one(Location, Location.id == location_id)
    with changing(scope) as (change, tenant):
        locations.remove(change, tenant, change.session.get_one(Location, location.id))
    flash(_("{name} is deleted.", name=location.name))
    return redirect(url_for(".listing"), 303)
