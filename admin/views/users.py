"""Portal accounts: of the tenant at hand, and for a server-wide viewer also those of all tenants."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, check_as_read, note
from admin.forms import Form
from admin.forms import users as user_forms
from admin.scope import Scope, here
from admin.tables import Column, Table, contains
from admin.words import _, mark
from provisioner import accounts
from provisioner.errors import Invalid, Problem
from provisioner.services.differences import CHANGED
from provisioner.store.tables import Extension, Tenant, User

views = Blueprint("users", __name__, url_prefix="/users")

TABLE = Table(
    name="users",
    key=User.id,
    order="name",
    columns=(
        Column(key="name", title=mark("NAME"), sort=(func.lower(User.name),), lead=True),
        Column(key="role", title=mark("ROLE"), sort=(User.role,)),
        Column(key="locked", title=mark("LOG-IN"), sort=(User.locked_until,)),
    ),
    find=lambda search: (or_(contains(User.name, word), contains(User.role, word)) for word in search.words),
)


def _visible(scope: Scope) -> Select[Any]:
    """The tenant's accounts; a server-wide viewer also sees the server-wide ones."""
    if scope.viewer.role == "server":
        return select(User).where(or_(scope.of(User), User.tenant_id.is_(None)))
    return scope.all(User)


def _one(scope: Scope, user_id: int) -> User:
    found: User | None = scope.session.scalars(_visible(scope).where(User.id == user_id)).one_or_none()
    if found is None:
        abort(404)
    return found


@views.get("")
@allow(Permission.USERS_CHANGE)
def listing() -> str:
    """Who can log in."""
    scope = here()
    look = TABLE.look(scope.session, _visible(scope), request.args, path=url_for(".listing"))
    found = {user.id: user for user in scope.session.scalars(_visible(scope).where(User.id.in_(look.keys)))}
    used = [user.extension_id for user in found.values() if user.extension_id]
    numbers = (
        scope.session.execute(select(Extension.id, Extension.number).where(scope.of(Extension), Extension.id.in_(used)))
        if used
        else ()
    )
    return render_template(
        "users/list.html",
        look=look,
        rows=[found[key] for key in look.keys],
        numbers={row.id: row.number for row in numbers},
        at=_clock(scope),
    )


def _clock(scope: Scope) -> Any:
    return scope.provisioner.clock()


@views.route("/new", methods=["GET", "POST"])
@allow(Permission.USERS_CHANGE)
def new() -> Response | str | tuple[str, int]:
    """One more account."""
    scope = here()
    shape = user_forms.fields(scope, is_new=True)
    if request.method == "GET":
        return render_template("users/form.html", form=Form(shape, {"role": "admin"}), user=None)
    form = Form.read(shape, request.form)
    if form.is_right:
        _write(scope, form, None)
    if not form.is_right:
        form.values["password"] = ""
        return render_template("users/form.html", form=form, user=None), 422
    flash(_("{name} can log in now.", name=form["name"]))
    return redirect(url_for(".listing"), 303)


@views.route("/<int:user_id>", methods=["GET", "POST"])
@allow(Permission.USERS_CHANGE)
def page(user_id: int) -> Response | str | tuple[str, int]:
    """An account: its role, and a new password."""
    scope = here()
    user = _one(scope, user_id)
    shape = user_forms.fields(scope, is_new=False)
    stored = _shown(scope.session, user)
    if request.method == "GET":
        return render_template("users/form.html", form=Form(shape, stored), user=user, as_read=as_read(stored))
    form = Form.read(shape, request.form)
    if form.is_right:
        _write(scope, form, user)
    if not form.is_right:
        form.values["password"] = ""
        return render_template("users/form.html", form=form, user=user, as_read=as_read(stored)), 422
    flash(_("{name} is saved.", name=user.name))
    return redirect(url_for(".listing"), 303)


def _shown(session: Session, user: User) -> dict[str, str]:
    number = session.scalar(select(Extension.number).where(Extension.id == user.extension_id))
    return {"role": user.role, "extension": number or ""}


def _write(scope: Scope, form: Form, user: User | None) -> None:
    """Store the account; what is wrong the form says itself then."""
    try:
        with scope.provisioner.database.writing() as session:
            role = _role(form)
            tenant = None if role == "server" else session.get(Tenant, scope.tenant.id)
            number = form["extension"] if role == "user" else None
            if user is None:
                row = accounts.add_user(session, form["name"], form["password"], role, tenant, extension=number)
                note(session, scope, "added", f"user {row.name}", {"role": [None, role]})
            else:
                row = session.get_one(User, user.id, with_for_update=True)
                check_as_read(_shown(session, row))
                changes: dict[str, Any] = {}
                _set_role(scope, row, role, tenant, changes)
                _set_password(row, form["password"], changes)
                _set_extension(session, row, accounts.extension_of(session, role, tenant, number), changes)
                if changes:
                    note(session, scope, "changed", f"user {row.name}", changes)
    except Invalid as invalid:
        form.refuse(invalid)


def _set_role(scope: Scope, row: User, role: str, tenant: Tenant | None, changes: dict[str, Any]) -> None:
    """Another role, which ends the sessions of the old one."""
    if row.role == role:
        return
    if row.id == scope.viewer.id:
        raise Invalid([Problem(field="role", message="your own role cannot be changed; another admin can")])
    changes["role"] = [row.role, role]
    row.role, row.tenant_id, row.session_key = role, tenant.id if tenant else None, secrets.token_hex(16)


def _set_extension(session: Session, row: User, extension_id: int | None, changes: dict[str, Any]) -> None:
    """Another extension, whose own page the account then is."""
    if row.extension_id == extension_id:
        return
    old, new = (session.get(Extension, key) if key else None for key in (row.extension_id, extension_id))
    changes["extension"] = [old.number if old else None, new.number if new else None]
    row.extension_id = extension_id


def _set_password(row: User, password: str, changes: dict[str, Any]) -> None:
    """Another password, where one was typed; every session ends."""
    if not password:
        return
    row.password_hash, row.session_key = accounts.hashed(password), secrets.token_hex(16)
    row.failures, row.locked_until = 0, None
    changes |= {"password": CHANGED}


def _role(form: Form) -> str:
    roles = [choice.value for choice in form.field("role").choices]
    if form["role"] not in roles:
        raise Invalid([Problem(field="role", message=f"choose one of {', '.join(roles)}")])
    return form["role"]


@views.post("/<int:user_id>/delete")
@allow(Permission.USERS_CHANGE)
def delete(user_id: int) -> Response:
    """Remove an account; its sessions end."""
    scope = here()
    user = _one(scope, user_id)
    if user.id == scope.viewer.id:
        flash(_("Your own account cannot be deleted; another admin can."), "warn")
        return redirect(url_for(".page", user_id=user.id), 303)
    with scope.provisioner.database.writing() as session:
        session.delete(session.get_one(User, user.id))
        note(session, scope, "removed", f"user {user.name}", {})
    flash(_("{name} is deleted.", name=user.name))
    return redirect(url_for(".listing"), 303)


@views.post("/<int:user_id>/unlock")
@allow(Permission.USERS_CHANGE)
def unlock(user_id: int) -> Response:
    """Let somebody try again who mistyped too often."""
    scope = here()
    user = _one(scope, user_id)
    with scope.provisioner.database.writing() as session:
        row = session.get_one(User, user.id)
        row.failures, row.locked_until = 0, None
        note(session, scope, "changed", f"user {user.name}", {"locked": [True, False]})
    flash(_("{name} can log in again.", name=user.name))
    return redirect(url_for(".listing"), 303)
