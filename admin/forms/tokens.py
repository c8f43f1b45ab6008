"""The form of an API token."""

from __future__ import annotations

from admin.forms import Choice, Field
from admin.forms.users import ROLES
from admin.scope import Scope
from admin.words import _, mark
from provisioner.accounts import LONGEST_DAYS, TOKEN_ROLES

USUAL = {"role": "viewer", "days": "365"}


def fields(scope: Scope) -> tuple[Field, ...]:
    """What is asked about a new token; only a server-wide viewer makes server-wide tokens."""
    roles = [role for role in TOKEN_ROLES if role != "server" or scope.viewer.role == "server"]
    return (
        Field(
            name="name",
            label=mark("Name"),
            required=True,
            hint=mark("What uses it: the telephone system, a script. The audit log shows it."),
            attributes={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": "100"},
        ),
        Field(
            name="role",
            label=mark("Role"),
            kind="select",
            required=True,
            choices=tuple(Choice(value=one, label=ROLES[one]) for one in roles),
        ),
        Field(
            name="days",
            label=mark("Days until it expires"),
            kind="number",
            hint=_("From 1 to {most}; empty: never.", most=LONGEST_DAYS),
            attributes={"min": "1", "max": str(LONGEST_DAYS)},
        ),
    )
