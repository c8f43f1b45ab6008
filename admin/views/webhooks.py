"""Webhooks: where events are told, one row each, opened to be changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, state_of
from admin.forms import Choice, Field, Form
from admin.scope import Scope, here
from admin.words import _, mark
from provisioner.errors import Invalid
from provisioner.services import webhooks
from provisioner.services.problems import parsed
from provisioner.services.schemas import WebhookIn
from provisioner.store.tables import Webhook

views = Blueprint("webhooks", __name__, url_prefix="/advanced/webhooks")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
USUAL = {"method": "POST", "enabled": "1"}


def _fields(*, has_password: bool = False) -> tuple[Field, ...]:
    plain = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    return (
        Field(name="event", label=mark("Event"), required=True, attributes={**plain, "placeholder": "device.paired"}),
        Field(name="url", label=mark("URL"), required=True, attributes={**plain, "placeholder": "https://"}, wide=True),
        Field(
            name="method",
            label=mark("Method"),
            kind="select",
            choices=tuple(Choice(value=one, label=one) for one in METHODS),
        ),
        Field(name="user", label=mark("User"), attributes=plain),
        Field(
            name="password",
            label=mark("Password"),
            kind="password",
            hint=mark("Leave it empty to keep the one it has.") if has_password else "",
            attributes={"autocomplete": "new-password"},
        ),
        Field(name="enabled", label=mark("On"), kind="check"),
    )


@views.get("")
@allow(Permission.TENANT_READ)
def listing() -> str:
    """Every webhook, each with its form."""
    return _page(here(), Form(_fields(), dict(USUAL)))


def _page(scope: Scope, new: Form, edited: tuple[int, Form] | None = None) -> str:
    rows = scope.session.scalars(scope.all(Webhook).order_by(Webhook.event, Webhook.url)).all()
    forms = {row.id: Form(_fields(has_password=row.sealed_password is not None), _values(row)) for row in rows}
    forms.update([edited] if edited else [])
    open_id = edited[0] if edited else None
    states = {row.id: (as_read if row.id == open_id else state_of)(_values(row)) for row in rows}
    return render_template("webhooks.html", rows=rows, row_forms=forms, states=states, form=new, open=open_id)


def _values(row: Webhook) -> dict[str, str]:
    told = {"event": row.event, "url": row.url, "method": row.method, "user": row.user or ""}
    return {**told, "enabled": "1" if row.enabled else ""}


@views.post("")
@allow(Permission.TENANT_CHANGE)
def add() -> Response | tuple[str, int]:
    """One more."""
    scope, form = here(), Form.read(_fields(), request.form)
    _write(scope, form, None)
    if not form.is_right:
        form.values["password"] = ""
        return _page(scope, form), 422
    flash(_("{name} is added.", name=form["event"]))
    return redirect(url_for(".listing"), 303)


@views.post("/<int:webhook_id>")
@allow(Permission.TENANT_CHANGE)
def save(webhook_id: int) -> Response | tuple[str, int]:
    """Change one, or remove it."""
    scope = here()
    row = scope.one(Webhook, Webhook.id == webhook_id)
    if request.form.get("do") == "remove":
        with changing(scope) as (change, tenant):
            webhooks.remove(change, tenant, change.session.get_one(Webhook, row.id))
        flash(_("{name} is removed.", name=row.event))
        return redirect(url_for(".listing"), 303)
    form = Form.read(_fields(has_password=row.sealed_password is not None), request.form)
    _write(scope, form, row.id)
    if not form.is_right:
        form.values["password"] = ""
        return _page(scope, Form(_fields(), dict(USUAL)), (row.id, form)), 422
    flash(_("{name} is saved.", name=form["event"]))
    return redirect(url_for(".listing"), 303)


def _write(scope: Scope, form: Form, row_id: int | None) -> None:
    """Store the form; what is wrong it says itself then. An empty password keeps the one that is stored."""
    if not form.is_right:
        return
    given: dict[str, Any] = {name: value for name, value in form.values.items() if value}
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Webhook, row_id, with_for_update=True) if row_id else None
            if row:
                check_as_read(_values(row))
            webhooks.put(change, tenant, parsed(WebhookIn, {**given, "enabled": bool(form["enabled"])}), row)
    except Invalid as invalid:
        form.refuse(invalid)
