"""Log-in and log-out, and what everybody may do to their own account."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from admin import sessions
from admin.access import Permission, Viewer, allow, open_to_all
from admin.catalogues import LANGUAGES
from admin.forms import Choice, Field, Form
from admin.scope import here, server
from admin.words import _, mark
from provisioner.accounts import SHORTEST_PASSWORD, hashed
from provisioner.errors import Invalid
from provisioner.store.tables import Audit, User

views = Blueprint("account", __name__)

LOGIN = (
    Field(
        name="name",
        label=mark("Name"),
        required=True,
        attributes={"autocomplete": "username", "autofocus": "", "autocapitalize": "none", "spellcheck": "false"},
    ),
    Field(
        name="password",
        label=mark("Password"),
        kind="password",
        required=True,
        attributes={"autocomplete": "current-password"},
    ),
)
LANGUAGE = (
    Field(
        name="language",
        label=mark("Language"),
        kind="select",
        choices=(
            Choice(value="", label=mark("As the browser asks")),
            *(Choice(value=code, label=name) for code, name in LANGUAGES.items()),
        ),
    ),
)
PASSWORD = (
    Field(
        name="current",
        label=mark("Current password"),
        kind="password",
        required=True,
        attributes={"autocomplete": "current-password"},
    ),
    Field(
        name="password",
        label=mark("New password"),
        kind="password",
        required=True,
        hint=mark("A few words are better than one odd one."),
        attributes={"autocomplete": "new-password", "minlength": str(SHORTEST_PASSWORD)},
    ),
    Field(
        name="again",
        label=mark("New password, again"),
        kind="password",
        required=True,
        attributes={"autocomplete": "new-password"},
    ),
)


@views.route("/login", methods=["GET", "POST"])
@open_to_all
def login() -> Response | str | tuple[str, int]:
    """The log-in."""
    if current_user.is_authenticated:
        return redirect(_next())
    form = Form(LOGIN)
    if request.method == "GET":
        return render_template("login.html", form=form)
    form = Form.read(LOGIN, request.form)
    if not form.is_right:
        return render_template("login.html", form=form), 422
    address = request.remote_addr or ""
    viewer = sessions.log_in(server().database, form["name"], form["password"], address, server().clock())
    if viewer is None:
        form.values["password"] = ""
        form.general.append(_("Name or password is wrong. After several failures, wait a few minutes."))
        return render_template("login.html", form=form), 401
    _begin(viewer)
    return redirect(_next())


def _begin(viewer: Viewer) -> None:
    """A new session: nothing of the one before the log-in is kept."""
    session.clear()
    session.permanent = True
    login_user(viewer)


def _next() -> str:
    """Where the person wanted to go: only ever to a page of ours."""
    wanted = request.args.get("next", "")
    ours = wanted.startswith("/portal/") and "\\" not in wanted and "//" not in wanted.partition("?")[0]
    return wanted if ours else url_for("portal.start")


@views.post("/logout")
@allow(Permission.ACCOUNT_OWN)
def logout() -> Response:
    """End this session."""
    logout_user()
    session.clear()
    flash(_("You are logged out."))
    return redirect(url_for(".login"))


@views.post("/logout-everywhere")
@allow(Permission.ACCOUNT_OWN)
def logout_everywhere() -> Response:
    """End every session of this account, this one as well."""
    with server().database.writing() as writing:
        user = writing.get_one(User, g.viewer.id)
        user.session_key = secrets.token_hex(16)
    return logout()


@views.route("/account", methods=["GET", "POST"])
@allow(Permission.ACCOUNT_OWN)
def page() -> Response | str | tuple[str, int]:
    """The own account: its password and its sessions."""
    form, spoken = Form(PASSWORD), Form(LANGUAGE, {"language": g.viewer.preferences.get("language", "")})
    if request.method == "GET":
        return render_template("account.html", form=form, spoken=spoken)
    form = Form.read(PASSWORD, request.form)
    if form.is_right and form["password"] != form["again"]:
        form.errors["again"] = _("This is not the same password.")
    if form.is_right and not sessions.is_right(server().database, g.viewer, form["current"]):
        form.errors["current"] = _("This is not your password.")
    if form.is_right:
        _change_password(form)
    if not form.is_right:
        return render_template("account.html", form=form, spoken=spoken), 422
    flash(_("The password is changed. Your other sessions are logged out."))
    return redirect(url_for(".page"))


def _change_password(form: Form) -> None:
    """Store the new password; every other session ends, this one goes on under the new key."""
    try:
        secret = hashed(form["password"])
    except Invalid as invalid:
        form.refuse(invalid)
        return
    with server().database.writing() as writing:
        user = writing.get_one(User, g.viewer.id)
        user.password_hash, user.session_key = secret, secrets.token_hex(16)
        writing.add(
            Audit(
                actor=user.name,
                tenant_id=user.tenant_id,
                action="changed",
                subject=f"user {user.name}",
                changes={"password": "changed"},
            )
        )
        viewer = Viewer.of(user)
    tenant = session.get("tenant")
    _begin(viewer)
    if tenant:
        session["tenant"] = tenant


@views.post("/language")
@allow(Permission.ACCOUNT_OWN)
def speak() -> Response:
    """The language of the portal, for this account wherever it logs in; empty for what its browser asks for."""
    wanted = request.form.get("language", "")
    if wanted and wanted not in LANGUAGES:
        abort(400)
    remember(g.viewer.id, "language", wanted)
    return redirect(url_for(".page"))


@views.post("/theme")
@open_to_all
def theme() -> Response:
    """Light, dark, or what the system says."""
    chosen = request.form.get("theme", "")
    if chosen not in ("light", "dark", "auto"):
        abort(400)
    response = redirect(back())
    response.set_cookie("theme", chosen, max_age=31_536_000, samesite="Lax", httponly=True, secure=request.is_secure)
    if current_user.is_authenticated:
        remember(current_user.id, "theme", chosen)
    return response


def remember(user_id: int, name: str, value: Any) -> None:
    """Keep a preference of an account."""
    with server().database.writing() as writing:
        user = writing.get_one(User, user_id)
        user.preferences = {**user.preferences, name: value}


def back() -> str:
    """The page that the form was sent from."""
    wanted = request.form.get("back", "")
    ours = wanted.startswith("/portal/") and "\\" not in wanted and "//" not in wanted.partition("?")[0]
    return wanted if ours else url_for("portal.start")


@views.post("/switch-tenant")
@allow(Permission.SERVER_CHANGE)
def switch_tenant() -> Response:
    """Look at another tenant from now on."""
    slug = request.form.get("slug", "")
    if slug not in [tenant.slug for tenant in here().tenants]:
        abort(404)
    session["tenant"] = slug
    return redirect(url_for("portal.start"))
