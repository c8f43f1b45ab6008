"""Commands about portal accounts and API tokens."""

from __future__ import annotations

import secrets
import sys
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner import accounts
from provisioner.commands.common import actor, provisioner, tenant_of
from provisioner.commands.output import as_json, print_json
from provisioner.errors import Invalid, Problem
from provisioner.services.differences import CHANGED
from provisioner.store.tables import ApiToken, Audit, Extension, Tenant, User

_tenant = click.option("--tenant", help="The tenant's slug; needed for every role but server.")


@click.group()
def user() -> None:
    """Accounts of the portal."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(accounts.ROLES), default="admin", show_default=True)
@_tenant
@click.option("--extension", metavar="NUMBER", help="The extension whose own page it is; needed for the role user.")
@click.option("--password", help="Read from standard input with '-'; a random one is made and printed if left out.")
def add_user(name: str, role: str, tenant: str | None, extension: str | None, password: str | None) -> None:
    """Add an account."""
    given = _password(password)
    with provisioner().database.writing() as session:
        row = accounts.add_user(session, name, given, role, _found(session, tenant), extension=extension)
        _note(session, "added", f"user {row.name}", row.tenant_id, role=[None, role])
    click.echo(f"{name}: added" if password else f"{name}: added, password {given}")


@user.command("passwd")
@click.argument("name")
@click.option("--password", help="Read from standard input with '-'; a random one is made and printed if left out.")
def set_password(name: str, password: str | None) -> None:
    """Set an account's password; its sessions end."""
    given = _password(password)
    with provisioner().database.writing() as session:
        account = accounts.user_named(session, name)
        account.password_hash, account.session_key = accounts.hashed(given), secrets.token_hex(16)
        account.failures, account.locked_until = 0, None
        _note(session, "changed", f"user {account.name}", account.tenant_id, password=CHANGED)
    click.echo(f"{name}: changed" if password else f"{name}: changed, password {given}")


@user.command("list")
@as_json
def list_users(as_json: bool) -> None:
    """Every account."""
    with provisioner().database.reading() as session:
        rows = session.execute(
            select(User.name, User.role, Tenant.slug, Extension.number)
            .outerjoin(Tenant, Tenant.id == User.tenant_id)
            .outerjoin(Extension, Extension.id == User.extension_id)
            .order_by(User.id)
        ).all()
    _print([dict(zip(("name", "role", "tenant", "extension"), row, strict=True)) for row in rows], as_json)


@click.group()
def token() -> None:
    """Tokens of the API."""


@token.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(accounts.TOKEN_ROLES), required=True)
@_tenant
@click.option("--days", type=click.IntRange(1, accounts.LONGEST_DAYS), help="When it expires; never, unless given.")
@as_json
def add_token(name: str, role: str, tenant: str | None, days: int | None, as_json: bool) -> None:
    """Make a token and print it: it is shown once."""
    with provisioner().database.writing() as session:
        found = _found(session, tenant)
        made = accounts.add_token(session, name, role, found, days)
        _note(session, "added", f"token {name}", found.id if found else None, role=[None, role], days=[None, days])
    if as_json:
        print_json({"token": made})
    else:
        click.echo(made)


@token.command("revoke")
@click.argument("name")
def revoke_token(name: str) -> None:
    """Make a token worthless."""
    with provisioner().database.writing() as session:
        row = session.scalars(select(ApiToken).where(ApiToken.name == name)).one_or_none()
        if row is None:
            raise Invalid([Problem(field="NAME", message=f"there is no token {name}; `provisioner token list`")])
        session.delete(row)
        _note(session, "removed", f"token {name}", row.tenant_id)
    click.echo(f"{name}: revoked")


@token.command("list")
@as_json
def list_tokens(as_json: bool) -> None:
    """Every token, without its secret."""
    with provisioner().database.reading() as session:
        rows = session.execute(select(ApiToken, Tenant.slug).outerjoin(Tenant, Tenant.id == ApiToken.tenant_id)).all()
    _print(
        [
            {
                "name": row.ApiToken.name,
                "role": row.ApiToken.role,
                "tenant": row.slug,
                "expires": row.ApiToken.expires_at,
                "last_used": row.ApiToken.last_used_at,
            }
            for row in rows
        ],
        as_json,
    )


def _note(session: Session, action: str, subject: str, tenant_id: int | None, **changes: Any) -> None:
    """One line of the audit log, as the portal writes it."""
    session.add(Audit(actor=actor(), tenant_id=tenant_id, action=action, subject=subject, changes=changes))


def _password(given: str | None) -> str:
    if given == "-":
        return sys.stdin.readline().rstrip("\n")
    return given or secrets.token_urlsafe(12)


def _found(session: Session, slug: str | None) -> Tenant | None:
    return tenant_of(session, slug) if slug is not None else None


def _print(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        print_json({"items": rows, "total": len(rows)})
        return
    for row in rows:
        click.echo("  ".join(str(value) if value is not None else "-" for value in row.values()))
