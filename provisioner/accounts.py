"""Portal accounts and API tokens."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner.errors import Invalid, Problem
from provisioner.store.tables import ApiToken, Extension, Tenant, User, now
from provisioner.vault import digest

ROLES = ("server", "admin", "viewer", "user")
TOKEN_ROLES = ("server", "admin", "viewer")
SHORTEST_PASSWORD = 10
LONGEST_DAYS = 3650
_hasher = PasswordHasher()


def add_user(
    session: Session, name: str, password: str, role: str, tenant: Tenant | None = None, *, extension: str | None = None
) -> User:
    """A new account; that of the role ``user`` is for one extension. Raises Invalid naming the field."""
    _check_role(role, tenant)
    own = extension_of(session, role, tenant, extension)
    if session.scalars(select(User).where(User.name == name)).first():
        raise Invalid([Problem(field="name", message=f"there is an account {name} already")])
    user = User(
        name=name,
        role=role,
        tenant_id=tenant.id if tenant else None,
        extension_id=own,
        password_hash=hashed(password),
    )
    session.add(user)
    return user


def extension_of(session: Session, role: str, tenant: Tenant | None, number: str | None) -> int | None:
    """The id of the extension whose own page an account of this role is. Raises Invalid."""
    if role != "user":
        if number:
            raise Invalid([Problem(field="extension", message=f"the role {role} has no extension; leave it out")])
        return None
    if not number:
        raise Invalid([Problem(field="extension", message="write the extension whose page it is")])
    wanted = select(Extension.id).where(Extension.tenant_id == (tenant.id if tenant else None))
    found = session.scalar(wanted.where(Extension.number == number))
    if found is None:
        raise Invalid([Problem(field="extension", message=f"there is no extension {number[:60]}")])
    return found


def hashed(password: str) -> str:
    """The hash of a new password. Raises Invalid when it is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid([Problem(field="password", message=f"at least {SHORTEST_PASSWORD} characters")])
    return _hasher.hash(password)


def is_password(user: User | None, password: str) -> bool:
    """Whether this is the account's password; it takes as long for an account that does not exist."""
    nobodys = _hash_of_nobody()
    try:
        return _hasher.verify(user.password_hash if user else nobodys, password) and user is not None
    except VerificationError:
        return False


@cache
def _hash_of_nobody() -> str:
    """Made with the first password that is checked, whosever it is: phones and their files never need it."""
    return _hasher.hash(secrets.token_hex(16))


def user_named(session: Session, name: str) -> User:
    """The account of a name. Raises Invalid."""
    user = session.scalars(select(User).where(User.name == name)).one_or_none()
    if user is None:
        raise Invalid([Problem(field="name", message=f"there is no account {name}; `provisioner user list`")])
    return user


def add_token(session: Session, name: str, role: str, tenant: Tenant | None, days: int | None = None) -> str:
    """A new API token, which is shown once: only its hash is kept. Raises Invalid."""
    _check_role(role, tenant)
    if session.scalars(select(ApiToken).where(ApiToken.name == name)).first():
        raise Invalid([Problem(field="name", message=f"there is a token {name} already")])
    token = f"prv_{secrets.token_urlsafe(32)}"
    session.add(
        ApiToken(
            name=name,
            digest=digest(token),
            role=role,
            tenant_id=tenant.id if tenant else None,
            expires_at=now() + timedelta(days=days) if days else None,
        )
    )
    return token


def _check_role(role: str, tenant: Tenant | None) -> None:
    if role != "server" and tenant is None:
        raise Invalid([Problem(field="tenant", message=f"the role {role} needs a tenant")])
    if role == "server" and tenant is not None:
        raise Invalid([Problem(field="tenant", message="the role server is for all tenants; leave the tenant out")])
