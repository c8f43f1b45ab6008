"""The form of a portal account."""

from __future__ import annotations

from admin.forms import Choice, Field
from admin.scope import Scope
from admin.words import _, mark
from provisioner.accounts import SHORTEST_PASSWORD

ROLES = {
    "server": mark("server: everything, of all tenants"),
    "admin": mark("admin: everything of this tenant"),
    "viewer": mark("viewer: reads, sees no secrets"),
    "user": mark("user: the own extension only"),
}


def fields(scope: Scope, *, is_new: bool) -> tuple[Field, ...]:
    """What is asked about an account; only a server-wide viewer makes server-wide accounts."""
    roles = [role for role in ROLES if role != "server" or scope.viewer.role == "server"]
    secret = Field(
        name="password",
        label=mark("Password") if is_new else mark("New password"),
        kind="password",
        required=is_new,
        hint=_("At least {n} characters.", n=SHORTEST_PASSWORD)
        if is_new
        else _("Leave it empty to keep the one it has."),
        attributes={"autocomplete": "new-password"},
    )
    name = Field(
        name="name",
        label=mark("Name"),
        required=True,
        attributes={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": "120"},
    )
    role = Field(
        name="role",
        label=mark("Role"),
        kind="select",
        required=True,
        choices=tuple(Choice(value=one, label=_(ROLES[one])) for one in roles),
    )
    extension = Field(
        name="extension",
        label=mark("Extension"),
        hint=mark("Only for the role user: whose own page it is."),
        attributes={"autocomplete": "off"},
    )
    return (name, role, extension, secret) if is_new else (role, extension, secret)
