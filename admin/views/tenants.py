"""All tenants, for who runs the server: listed, added, removed. There need not be one yet."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import change_of, parsed
from admin.forms import Form
from admin.forms.tenants import NEW
from admin.lists.tenants import TABLE, counts
from admin.scope import reading, server
from admin.words import _
from provisioner.errors import Invalid, Problem
from provisioner.services import tenants
from provisioner.services.schemas import TenantIn
from provisioner.store.tables import Tenant

views = Blueprint("tenants", __name__, url_prefix="/tenants")


@views.get("")
@allow(Permission.SERVER_CHANGE)
def listing() -> str:
    """Each with what it has."""
    return _page(Form(NEW))


def _page(form: Form) -> str:
    session = reading()
    look = TABLE.look(session, select(Tenant), request.args, path=url_for(".listing"))
    found = {row.id: row for row in session.scalars(select(Tenant).where(Tenant.id.in_(look.keys)))}
    has = counts(session, look.keys)
    rows = [(found[key], has[key]) for key in look.keys if key in found and key in has]
    return render_template("tenants/list.html", look=look, rows=rows, form=form)


@views.post("")
@allow(Permission.SERVER_CHANGE)
def add() -> Response | tuple[str, int]:
    """One more tenant, with everything as it is by default."""
    form = Form.read(NEW, request.form)
    if form.is_right:
        _add(form)
    if not form.is_right:
        return _page(form), 422
    flash(_("{name} is added.", name=form["name"] or form["tenant"]))
    return redirect(url_for(".listing"), 303)


def _add(form: Form) -> None:
    """Write the form; what is wrong it says itself then."""
    try:
        given = parsed(TenantIn, form.values)
        with (
            server().database.writing() as session,
            change_of(server(), session, g.viewer.name, names_tenants=True) as change,
        ):
            if tenants.find(session, given.tenant) is not None:
                raise Invalid([Problem(field="tenant", message=_("{name} is in the list already", name=given.tenant))])
            tenants.put(change, given)
    except Invalid as invalid:
        form.refuse(invalid)


@views.route("/remove", methods=["GET", "POST"])
@allow(Permission.SERVER_CHANGE)
def remove() -> Response | str | tuple[str, int]:
    """Remove one with all that it has, once its short name was typed."""
    slug = request.args.get("tenant", "")
    row = tenants.find(reading(), slug)
    if row is None:
        abort(404)
    if request.method == "POST" and request.form.get("typed", "").strip() == slug:
        _remove(slug)
        flash(_("{name} is removed.", name=row.name))
        return redirect(url_for(".listing"), 303)
    mistyped = request.method == "POST"
    page = render_template(
        "tenants/remove.html", tenant=row, has=counts(reading(), [row.id])[row.id], mistyped=mistyped
    )
    return (page, 422) if mistyped else page


def _remove(slug: str) -> None:
    with (
        server().database.writing() as session,
        change_of(server(), session, g.viewer.name, names_tenants=True) as change,
    ):
        row = tenants.find(session, slug, lock=True)
        if row is not None:
            tenants.remove(change, row)
