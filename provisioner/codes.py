"""Pairing codes as the gate needs them: read only when a request carries a password, failures counted off the path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from provisioner.errors import Refused
from provisioner.http_auth import basic_login
from provisioner.load import Facts
from provisioner.recognise import Ask
from provisioner.services.pairing import CODE_DIGITS, place_of
from provisioner.store.database import DOWN, Database
from provisioner.store.tables import PairingCode, now
from provisioner.vault import Vault

MOST_FAILURES = 10
"""Wrong codes after which a code is worth nothing: of 10^8 codes a guesser tries 10, in each process."""


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A code that would pair the device now."""

    id: int
    code: str


class Codes:
    """The pairing codes as this process knows them."""

    def __init__(self, database: Database, vault: Vault, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._failures: dict[int, int] = {}
        self._lock = Lock()

    def of(self, ask: Ask, facts: Facts) -> tuple[OpenCode, ...]:
        """The device's codes and its tenant's, where the request carries a password that may be one."""
        if not looks_like_one(ask.authorization):
            return ()
        wanted = select(PairingCode).where(
            PairingCode.tenant_id == facts.tenant_id,
            or_(PairingCode.device_id.is_(None), PairingCode.device_id == facts.device_id),
            PairingCode.expires_at > self._clock(),
        )
        try:
            with self._database.reading() as session:
                rows = session.scalars(wanted).all()
        except DOWN:
            return ()
        alive = (row for row in rows if row.failures + self._failures.get(row.id, 0) < MOST_FAILURES)
        return tuple(OpenCode(row.id, self._vault.open_sealed(place_of(row), row.sealed_code)) for row in alive)

    def failed(self, codes: Iterable[OpenCode]) -> None:
        """Note a guess that was none of these."""
        with self._lock:
            for one in codes:
                self._failures[one.id] = self._failures.get(one.id, 0) + 1

    def exchange(self) -> None:
        """Write what was noted. Raises SQLAlchemyError."""
        with self._lock:
            failures, self._failures = self._failures, {}
        if failures:
            with self._database.writing() as session:
                for code_id in sorted(failures):
                    more = PairingCode.failures + failures[code_id]
                    session.execute(update(PairingCode).where(PairingCode.id == code_id).values(failures=more))


def looks_like_one(authorization: str) -> bool:
    """Whether a Basic password may be a pairing code."""
    login = basic_login(authorization) if authorization else None
    return login is not None and len(login[1]) == CODE_DIGITS and login[1].isascii() and login[1].isdecimal()


def use(session: Session, codes: Iterable[OpenCode], authorization: str) -> None:
    """Take the code that was given, so that nobody uses it again. Raises Refused when somebody was faster."""
    login = basic_login(authorization)
    given = next((one.id for one in codes if login and one.code == login[1]), None)
    taken = session.execute(delete(PairingCode).where(PairingCode.id == given).returning(PairingCode.id)).all()
    if not taken:
        raise Refused("the pairing code was used meanwhile")


def clean_up(session: Session, at: datetime) -> None:
    """Forget what expired."""
    session.execute(delete(PairingCode).where(PairingCode.expires_at < at))
