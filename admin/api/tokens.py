"""Whose token it is. Only its hash is stored, and its last use is noted once a minute at most."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from admin.access import Viewer
from admin.api.problems import Refusal
from provisioner.answer import Provisioner
from provisioner.store.tables import ApiToken
from provisioner.vault import digest

NOTED_EVERY = timedelta(minutes=1)
LONGEST = 200


def bearer(header: str) -> str:
    """The token of an Authorization header. Raises Refusal."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(token) > LONGEST:
        raise unknown("" if not header else "invalid_request")
    return token.strip()


def unknown(error: str = "invalid_token") -> Refusal:
    """The answer to whoever has no token, or one that is not good (any more)."""
    says = 'Bearer realm="provisioner"' + (f', error="{error}"' if error else "")
    return Refusal(401, headers={"WWW-Authenticate": says})


def owner(provisioner: Provisioner, session: Session, token: str) -> tuple[ApiToken, Viewer]:
    """The token's row and its owner as one who may look. Raises Refusal."""
    row = session.scalars(select(ApiToken).where(ApiToken.digest == digest(token))).one_or_none()
    at = provisioner.clock()
    if row is None or (row.expires_at is not None and row.expires_at <= at):
        raise unknown()
    if row.last_used_at is None or row.last_used_at < at - NOTED_EVERY:
        _note(provisioner, row.id, at)
    name = f"token {row.name}"
    viewer = Viewer(id=0, name=name, role=row.role, tenant_id=row.tenant_id, extension_id=None, session_key="")
    return row, viewer


def _note(provisioner: Provisioner, token_id: int, at: datetime) -> None:
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < at - NOTED_EVERY)
    with provisioner.database.writing() as session:
        session.execute(update(ApiToken).where(ApiToken.id == token_id, stale).values(last_used_at=at))
