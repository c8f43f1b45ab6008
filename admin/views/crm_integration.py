"""CRM integrations: the systems that are known as cards, and how the tenant connects to each."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read
from admin.forms import Field, Form
from admin.scope import Scope, here
from admin.words import _, mark
from provisioner.errors import Invalid
from provisioner.services import integrations
from provisioner.services.integrations import IntegrationIn, Status, System
from provisioner.services.problems import parsed
from provisioner.store.tables import Integration

views = Blueprint("crm_integration", __name__, url_prefix="/advanced/crm-integration")

STATUS: dict[Status, tuple[str, str]] = {
    "connected": (mark("Connected"), "good"),
    "oauth_only": (mark("OAuth-only"), "info"),
    "on_server": (mark("On server"), ""),
    "not_on_server": (mark("Not on server"), ""),
}
"""The words of each status, and the colour of its pill."""

FIELDS = {
    "domain": mark("Domain"), "user": mark("User"), "url": mark("URL"), "base": mark("Search base"),
    "channel": mark("Channel"), "access_token": mark("Access token"), "api_token": mark("API token"),
    "api_key": mark("API key"), "password": mark("Password"), "bot_token": mark("Bot token"), "token": mark("Token"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """One system with how it stands."""

    system: System
    status: Status


@views.get("")
@allow(Permission.TENANT_READ)
def listing() -> str:
    """Every system that the filter and the category find."""
    scope = here()
    category, words = request.args.get("category", ""), request.args.get("q", "").lower().split()
    cards = [card for card in _cards(scope) if category in ("", card.system.category) and _has(card.system, words)]
    return render_template(
        "crm_integration/list.html",
        cards=cards,
        everything=len(integrations.systems()),
        categories=list(dict.fromkeys(one.category for one in integrations.systems().values())),
        category=category,
        status=STATUS,
    )


def _cards(scope: Scope) -> list[Card]:
    rows = integrations.rows(scope.session, scope.tenant)
    vault = scope.provisioner.vault
    return [
        Card(one, integrations.status(one, rows.get(name), integrations.configuration(vault, rows.get(name))))
        for name, one in integrations.systems().items()
    ]


def _has(system: System, words: list[str]) -> bool:
    text = f"{system.name} {system.identifier} {system.says} {_(system.says)}".lower()
    return all(word in text for word in words)


def _system(identifier: str) -> System:
    return integrations.systems().get(identifier) or abort(404)


@views.get("/<identifier>")
@allow(Permission.TENANT_READ)
def page(identifier: str) -> str:
    """How the tenant connects to a system."""
    system, stored = _system(identifier), _stored(here(), identifier)
    shown = {field: str(stored.get(field, "")) for field in system.fields}
    return _page(system, Form(_fields(system, stored), shown))


def _stored(scope: Scope, identifier: str) -> dict[str, object]:
    row = integrations.rows(scope.session, scope.tenant).get(identifier)
    return integrations.configuration(scope.provisioner.vault, row)


def _page(system: System, form: Form) -> str:
    scope = here()
    row = integrations.rows(scope.session, scope.tenant).get(system.identifier)
    stands = integrations.status(system, row, _stored(scope, system.identifier))
    return render_template(
        "crm_integration/page.html",
        system=system,
        form=form,
        row=row,
        stands=stands,
        status=STATUS,
        as_read=as_read(_shown(scope, system, row)),
    )


def _shown(scope: Scope, system: System, row: Integration | None) -> object:
    """What the form shows of how a tenant connects."""
    stored = integrations.configuration(scope.provisioner.vault, row)
    return [stored.get(name, "") for name in system.fields], row is not None and row.enabled


def _fields(system: System, stored: dict[str, object]) -> tuple[Field, ...]:
    """A field for each part of the configuration; a secret that is stored may be left empty."""
    told = [Field(name=name, label=FIELDS[name], required=True, attributes=_PLAIN) for name in system.fields]
    secret = [
        Field(
            name=name,
            label=FIELDS[name],
            kind="password",
            required=name not in stored,
            hint=mark("Leave it empty to keep the one it has.") if name in stored else "",
            attributes={"autocomplete": "new-password"},
        )
        for name in system.secret
    ]
    return (*told, *secret)


_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": "1024"}


@views.post("/<identifier>")
@allow(Permission.TENANT_CHANGE)
def save(identifier: str) -> Response | tuple[str, int]:
    """Connect to a system, or forget how."""
    system, scope = _system(identifier), here()
    if request.form.get("do") == "forget":
        return _forget(scope, system)
    form = Form.read(_fields(system, _stored(scope, identifier)), request.form)
    if form.is_right:
        try:
            with changing(scope) as (change, tenant):
                given = parsed(
                    IntegrationIn, {"enabled": request.form.get("do") != "off", "configuration": form.values}
                )
                check_as_read(_shown(scope, system, integrations.rows(change.session, tenant).get(identifier)))
                integrations.put(change, tenant, system, given)
        except Invalid as invalid:
            form.refuse(invalid)
    if not form.is_right:
        form.values = {key: value for key, value in form.values.items() if key in system.fields}
        return _page(system, form), 422
    flash(_("{name} is saved.", name=system.name))
    return redirect(url_for(".listing"), 303)


def _forget(scope: Scope, system: System) -> Response:
    with changing(scope) as (change, tenant):
        row = integrations.rows(change.session, tenant).get(system.identifier)
        if row is not None:
            integrations.remove(change, tenant, row)
    flash(_("{name} is forgotten.", name=system.name))
    return redirect(url_for(".listing"), 303)
