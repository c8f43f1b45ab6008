"""Log-in and its limits. Sessions are signed cookies that name the account's session key: change it, and all end.

Failures are counted in the database, so that they count over all workers and machines: per account, and per
address for those who try many names. A locked account and a wrong password look alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from threading import BoundedSemaphore

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin.access import Viewer
from provisioner.accounts import is_password
from provisioner.store.database import Database, dialect_insert
from provisioner.store.tables import LoginLimit, User

LIFETIME = timedelta(hours=12)
FREE_TRIES = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)
PER_ADDRESS = 30
WINDOW = timedelta(minutes=15)

# A hash takes 64 MiB: no more than these at once in a process, the others wait their turn.
_hashing = BoundedSemaphore(2)


def log_in(database: Database, name: str, password: str, address: str, now: datetime) -> Viewer | None:
    """The account of this name and password, None for any reason not to let anybody in."""
    with database.writing() as session:
        user = session.scalars(select(User).where(User.name == name)).one_or_none()
        known = User(password_hash=user.password_hash) if user else None
        shut = _is_crowded(session, address, now) or _is_locked(user, now)
    with _hashing:  # outside of any transaction: a hash is slow, and writers would wait for it
        right = is_password(known, password)
    with database.writing() as session:
        # Who tries many at once is counted as often: one waits for the other.
        mine = select(User).where(User.name == name).with_for_update(key_share=True)
        user = session.scalars(mine).one_or_none()
        if right and user and not shut:
            user.failures, user.locked_until = 0, None
            return Viewer.of(user)
        _count_failure(session, user, address, now)
    return None


def is_right(database: Database, viewer: Viewer, password: str) -> bool:
    """Whether this is the viewer's own password, asked before something that cannot be taken back."""
    with database.reading() as session:
        user = session.get(User, viewer.id)
    with _hashing:
        return is_password(user, password)


def _is_locked(user: User | None, now: datetime) -> bool:
    return user is not None and user.locked_until is not None and user.locked_until > now


def _is_crowded(session: Session, address: str, now: datetime) -> bool:
    session.execute(delete(LoginLimit).where(LoginLimit.since < now - WINDOW))
    limit = session.get(LoginLimit, _source(address))
    return limit is not None and limit.failures >= PER_ADDRESS


def _count_failure(session: Session, user: User | None, address: str, now: datetime) -> None:
    first = dialect_insert(session, LoginLimit).values(source=_source(address), failures=1, since=now)
    more = {"failures": LoginLimit.failures + 1}
    session.execute(first.on_conflict_do_update(index_elements=["source"], set_=more))
    if user is not None and not _is_locked(user, now):
        user.failures += 1
        if user.failures >= FREE_TRIES:
            user.locked_until = now + min(FIRST_LOCK * 2 ** min(user.failures - FREE_TRIES, 10), LONGEST_LOCK)


def _source(address: str) -> str:
    """Who is counted: an IPv4 address, or the network of an IPv6 one, whose owner has them all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:80]
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
