"""Who may do what: roles give permissions, a tenant bounds them, and nothing else decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from provisioner.store.tables import User


class Permission(StrEnum):
    """What a page or a button asks for: a noun and what is done to it."""

    ACCOUNT_OWN = "account:own"
    TENANT_READ = "tenant:read"
    TENANT_CHANGE = "tenant:change"
    SECRETS_REVEAL = "secrets:reveal"
    AUDIT_READ = "audit:read"
    USERS_CHANGE = "users:change"
    SERVER_CHANGE = "server:change"


_USER = frozenset({Permission.ACCOUNT_OWN})
_VIEWER = _USER | {Permission.TENANT_READ}
_ADMIN = _VIEWER | {
    Permission.TENANT_CHANGE,
    Permission.SECRETS_REVEAL,
    Permission.AUDIT_READ,
    Permission.USERS_CHANGE,
}

ROLES: Mapping[str, frozenset[Permission]] = {
    "server": frozenset(Permission),
    "admin": _ADMIN,
    "viewer": _VIEWER,
    "user": _USER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at the page. The names without a docstring are what Flask-Login asks for."""

    id: int
    name: str
    role: str
    tenant_id: int | None
    extension_id: int | None
    session_key: str
    preferences: Mapping[str, Any] = field(default_factory=dict)
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    @classmethod
    def of(cls, user: User) -> Viewer:
        """The account as a viewer."""
        return cls(
            id=user.id,
            name=user.name,
            role=user.role,
            tenant_id=user.tenant_id,
            extension_id=user.extension_id,
            session_key=user.session_key,
            preferences=dict(user.preferences),
        )

    def get_id(self) -> str:
        """What the session cookie holds: a key that a new password or a log-out everywhere makes worthless."""
        return self.session_key

    def can(self, permission: Permission) -> bool:
        """Whether this viewer may, in their own tenant."""
        return can(self, permission, self.tenant_id)


def can(viewer: Viewer, permission: Permission, tenant_id: int | None) -> bool:
    """Whether the viewer may do this to things of this tenant."""
    at_home = viewer.role == "server" or viewer.tenant_id == tenant_id
    return at_home and permission in ROLES.get(viewer.role, frozenset())


_View = TypeVar("_View", bound=Callable[..., Any])


def allow(permission: Permission) -> Callable[[_View], _View]:
    """Say what a view asks for. A view that says nothing is refused to everybody."""

    def mark(view: _View) -> _View:
        view.permission = permission  # type: ignore[attr-defined]  # a function carries it
        return view

    return mark


def open_to_all(view: _View) -> _View:
    """The view needs no account: the log-in and what it shows."""
    view.permission = None  # type: ignore[attr-defined]  # a function carries it
    return view
