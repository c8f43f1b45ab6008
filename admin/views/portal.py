"""Everything under /portal: who comes in, at which tenant, and what each page asks for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect, generate_csrf
from sqlalchemy import select
from werkzeug.wrappers import Response

from admin.access import Permission, Viewer, can
from admin.navigation import menu
from admin.scope import Scope, reading, server
from admin.security import is_foreign
from admin.views import (
    account,
    adding,
    audit,
    button_templates,
    columns,
    crm_integration,
    device,
    device_files,
    device_history,
    device_keys,
    device_lines,
    device_settings,
    devices,
    exporting,
    extension_buttons,
    extensions,
    home,
    importing,
    jobs,
    labels,
    location_assignments,
    locations,
    my_page,
    template_keys,
    tenant,
    tenants,
    tokens,
    user_page_control,
    users,
    webhooks,
)
from provisioner.store.tables import Tenant, User

portal = Blueprint("portal", __name__, url_prefix="/portal")
_csrf = CSRFProtect()
_NOUNS = (
    home.views,
    account.views,
    columns.views,
    devices.views,
    device.views,
    extensions.views,
    button_templates.views,
    locations.views,
    location_assignments.views,
    webhooks.views,
    user_page_control.views,
    crm_integration.views,
    jobs.views,
    tenant.views,
    tenants.views,
    importing.views,
    exporting.views,
    users.views,
    tokens.views,
    my_page.views,
    audit.views,
)
_MORE_PAGES = (
    adding,
    device_files,
    device_history,
    device_keys,
    device_lines,
    device_settings,
    extension_buttons,
    labels,
    template_keys,
)
"""Modules that add pages to the nouns above."""

for nouns in _NOUNS:
    portal.register_blueprint(nouns)


def register(app: Flask) -> None:
    """Add the portal to the application."""
    logins = LoginManager()
    logins.user_loader(_viewer)
    logins.init_app(app, add_context_processor=False)  # an error page must not ask who looks
    _csrf.init_app(app)
    app.register_blueprint(portal)
    app.add_url_rule("/", "root", lambda: redirect(url_for("portal.start")))
    app.context_processor(_for_templates)


def _viewer(session_key: str) -> Viewer | None:
    user = reading().scalars(select(User).where(User.session_key == session_key)).one_or_none()
    return Viewer.of(user) if user else None


@portal.before_request
def admit() -> Response | str | None:
    """Let in whom the view allows: no view is open by forgetting to say for whom it is."""
    if request.method == "POST":
        if is_foreign():
            abort(400)
        _csrf.protect()
    view = _view()
    permission = getattr(view, "permission", Permission.SERVER_CHANGE)
    if permission is None:
        return None
    if not current_user.is_authenticated:
        return _to_login()
    viewer: Viewer = current_user._get_current_object()
    g.name = viewer.name
    return _enter(viewer, permission)


def _view() -> Any:
    return current_app.view_functions.get(request.endpoint or "")


def _enter(viewer: Viewer, permission: Permission) -> Response | str | None:
    tenant = _tenant(viewer)
    if tenant is None:
        if permission is Permission.ACCOUNT_OWN or _is_of_the_server(viewer):
            g.viewer = viewer
            return None
        return render_template("no_tenant.html", viewer=viewer)
    g.viewer = viewer
    g.scope = Scope(server(), reading(), viewer, tenant)
    if not can(viewer, permission, tenant.id):
        abort(403)
    shown = request.headers.get("At-Tenant") or request.form.get("at_tenant")
    if shown and shown != tenant.slug:
        return _other_tenant()
    return None


def _other_tenant() -> Response:
    """The page shows one tenant and another is open by now: it changes nothing, and a script loads it anew."""
    if not request.headers.get("HX-Request"):
        abort(409)
    return Response(status=409, headers={"HX-Refresh": "true"})


def _is_of_the_server(viewer: Viewer) -> bool:
    """Whether this is where the first tenant is made."""
    return request.blueprint == "portal.tenants" and viewer.can(Permission.SERVER_CHANGE)


def _tenant(viewer: Viewer) -> Tenant | None:
    """The tenant at hand: the viewer's own, or the one that a server-wide viewer switched to."""
    if viewer.role != "server":
        return reading().get(Tenant, viewer.tenant_id)
    chosen = reading().scalars(select(Tenant).where(Tenant.slug == session.get("tenant", ""))).first()
    return chosen or reading().scalars(select(Tenant).order_by(Tenant.name, Tenant.id)).first()


def _to_login() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    target = url_for("portal.account.login", next=wanted)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": url_for("portal.account.login")})
    return redirect(target)


@portal.get("/")
def start() -> Response:
    """Where everybody begins: at home, or at the own page."""
    viewer: Viewer = g.viewer
    own = "portal.my_page.page" if viewer.extension_id else "portal.account.page"
    endpoint = "portal.home.page" if viewer.can(Permission.TENANT_READ) else own
    return redirect(url_for(endpoint))


start.permission = Permission.ACCOUNT_OWN  # type: ignore[attr-defined]  # as `allow` does


def _for_templates() -> dict[str, Any]:
    """What the layout shows: who looks, where, and the menu."""
    scope: Scope | None = g.get("scope")
    viewer: Viewer | None = g.get("viewer")
    told = {"scope": scope, "viewer": viewer, "menu": menu(scope) if scope else [], "theme": _theme(viewer)}
    return {**told, "csrf_token": generate_csrf}


def _theme(viewer: Viewer | None) -> str:
    chosen = (viewer.preferences.get("theme") if viewer else None) or request.cookies.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""
