"""API tokens: made, shown once, and revoked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, func, or_, select
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import note
from admin.forms import Form
from admin.forms import tokens as token_forms
from admin.scope import Scope, here
from admin.tables import Column, Table, contains
from admin.words import _, mark
from provisioner import accounts
from provisioner.errors import Invalid, Problem
from provisioner.store.tables import ApiToken, Tenant

views = Blueprint("tokens", __name__, url_prefix="/tokens")

TABLE = Table(
    name="tokens",
    key=ApiToken.id,
    order="name",
    columns=(
        Column(key="name", title=mark("NAME"), sort=(func.lower(ApiToken.name),), lead=True),
        Column(key="role", title=mark("ROLE"), sort=(ApiToken.role,)),
        Column(key="created", title=mark("MADE"), sort=(ApiToken.created_at,)),
        Column(key="expires", title=mark("EXPIRES"), sort=(ApiToken.expires_at,)),
        Column(key="used", title=mark("LAST USED"), sort=(ApiToken.last_used_at,)),
    ),
    find=lambda search: (or_(contains(ApiToken.name, word), contains(ApiToken.role, word)) for word in search.words),
)


def _visible(scope: Scope) -> Select[Any]:
    """The tenant's tokens; a server-wide viewer also sees the server-wide ones."""
    if scope.viewer.role == "server":
        return select(ApiToken).where(or_(scope.of(ApiToken), ApiToken.tenant_id.is_(None)))
    return scope.all(ApiToken)


@views.get("")
@allow(Permission.USERS_CHANGE)
def listing() -> str:
    """Which scripts may come in."""
    return _page(here(), Form(token_forms.fields(here()), dict(token_forms.USUAL)))


def _page(scope: Scope, form: Form, made: tuple[str, str] | None = None) -> str:
    look = TABLE.look(scope.session, _visible(scope), request.args, path=url_for(".listing"))
    found = {row.id: row for row in scope.session.scalars(_visible(scope).where(ApiToken.id.in_(look.keys)))}
    at = scope.provisioner.clock()
    return render_template(
        "tokens/list.html", look=look, rows=[found[key] for key in look.keys], form=form, made=made, at=at
    )


@views.post("")
@allow(Permission.USERS_CHANGE)
def make() -> Response | str | tuple[str, int]:
    """A new token: this answer is the only one that ever holds it."""
    scope = here()
    form = Form.read(token_forms.fields(scope), request.form)
    if form.is_right:
        try:
            secret = _made(scope, form)
        except Invalid as invalid:
            form.refuse(invalid)
        else:
            scope.refresh()
            usual = Form(token_forms.fields(scope), dict(token_forms.USUAL))
            return _page(scope, usual, (form["name"], secret)), 201
    return _page(scope, form), 422


def _made(scope: Scope, form: Form) -> str:
    role, days = form["role"], _days(form["days"])
    if role not in [choice.value for choice in form.field("role").choices]:
        raise Invalid([Problem(field="role", message="choose one of the list")])
    with scope.provisioner.database.writing() as session:
        tenant = None if role == "server" else session.get_one(Tenant, scope.tenant.id)
        secret = accounts.add_token(session, form["name"], role, tenant, days)
        note(session, scope, "added", f"token {form['name']}", {"role": [None, role], "days": [None, days]})
    return secret


def _days(text: str) -> int | None:
    if not text:
        return None
    days = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 1 <= days <= accounts.LONGEST_DAYS:
        raise Invalid([Problem(field="days", message=f"a whole number from 1 to {accounts.LONGEST_DAYS}, or empty")])
    return days


@views.post("/<int:token_id>/revoke")
@allow(Permission.USERS_CHANGE)
def revoke(token_id: int) -> Response:
    """Make a token worthless from now on."""
    scope = here()
    token = scope.session.scalars(_visible(scope).where(ApiToken.id == token_id)).one_or_none()
    if token is None:
        abort(404)
    with scope.provisioner.database.writing() as session:
        session.delete(session.get_one(ApiToken, token.id))
        note(session, scope, "removed", f"token {token.name}", {})
    flash(_("{name} is revoked.", name=token.name))
    return redirect(url_for(".listing"), 303)
