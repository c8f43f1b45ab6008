"""A change in the making: the transaction, the key, who acts, and the audit log of what was done.

New rows are collected and written together, past the listeners that raise revisions: nobody depends on
them yet, but for the few that are named when they are added. Changes of stored rows go through the
session, in slices that the listeners can take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, insert, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from provisioner.errors import Invalid, Problem
from provisioner.services.differences import Differences, names, told
from provisioner.services.rows import Rows, sliced
from provisioner.store import revisions, turns
from provisioner.store.tables import Audit, Base, Device, Tenant, now
from provisioner.vault import Vault

BREATH = 100
"""How many changed rows one flush takes: each is a few clauses of one UPDATE, and SQLite ends at a thousand."""

Kind = Literal["added", "changed", "unchanged", "removed"]


class Taken(Invalid):
    """A name or an address that somebody else has: 409 for the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash(Problem):
    """A problem that another thing's name or address makes."""


def refuse(problems: Sequence[Problem]) -> None:
    """Raise Invalid with all of them, Taken where the only fault is that others came first."""
    if problems:
        clashes = all(isinstance(problem, Clash) for problem in problems)
        raise (Taken if clashes else Invalid)(problems)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one thing; ``fields`` are those that changed."""

    kind: Kind
    subject: str
    fields: tuple[str, ...] = ()
    row: Base | None = None

    def __str__(self) -> str:
        sign = {"added": "+", "changed": "~", "unchanged": "=", "removed": "-"}[self.kind]
        return f"{sign} {self.subject}" + (f": {', '.join(self.fields)}" if self.fields else "")


@dataclass(frozen=True, slots=True)
class Part:
    """A row that belongs to a new one: its table, the column that names the owner, and its values."""

    table: type[Base]
    owner: str
    values: dict[str, Any]


@dataclass
class Change:
    """One transaction of one actor. Use it as a context: on leaving, everything is written.

    ``names_tenants`` says that the actor may see which tenant has an address that is taken.
    """

    session: Session
    vault: Vault
    actor: str
    names_tenants: bool = False
    clock: Callable[[], datetime] = now
    _rows: dict[int, Rows] = field(default_factory=dict, init=False)
    _new: list[tuple[Base, Sequence[Part]]] = field(default_factory=list, init=False)
    _audits: list[dict[str, Any]] = field(default_factory=list, init=False)
    _touched: list[ColumnElement[bool]] = field(default_factory=list, init=False)
    _bases: set[int] = field(default_factory=set, init=False)
    _steps: int = field(default=0, init=False)
    _stale: bool = field(default=False, init=False)

    def __enter__(self) -> Change:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self.flush()

    def rows(self, tenant: Tenant) -> Rows:
        """The tenant's rows by name."""
        if tenant.id not in self._rows:
            self._rows[tenant.id] = Rows(self.session, tenant, names_tenants=self.names_tenants)
        return self._rows[tenant.id]

    def add(self, row: Base, parts: Sequence[Part] = ()) -> None:
        """Write a new row, and what belongs to it, with the next flush."""
        self._new.append((row, parts))

    def id_of(self, row: Any) -> int | None:
        """The id of a row, which a new one gets now; None for nothing."""
        if row is not None and row.id is None:
            self.flush()
        return row.id if row is not None else None

    def touch(self, clause: ColumnElement[bool]) -> None:
        """Raise the revision of stored devices for the sake of a new row."""
        self._touched.append(clause)

    def touch_base(self, base_id: int | None) -> None:
        """Raise the revision of a base for the sake of a handset that is new or gone."""
        if base_id is not None:
            self._bases.add(base_id)

    def breathe(self) -> None:
        """Note that a stored row was changed; flush when there are enough of them."""
        self._steps += 1
        if self._steps >= BREATH:
            self._flush_changes()

    def forget(self, row: Base, *names: str) -> None:
        """Read what a row refers to anew, after its key was set."""
        if inspect(row).persistent:
            self.session.expire(row, names)

    def delete(self, row: Base) -> None:
        """Delete a stored row; what refers to it is read anew afterwards."""
        self.session.delete(row)
        self._stale = True
        self.breathe()

    def note(
        self, tenant_id: int | None, subject: str, row: Base | None, differences: Differences, kind: Kind | None = None
    ) -> Outcome:
        """Tell what was done, to the caller and to the audit log."""
        kind = kind or ("changed" if differences else "unchanged")
        if kind != "unchanged":
            self._audits.append(
                {
                    "at": self.clock(),
                    "actor": self.actor[:120],
                    "tenant_id": tenant_id,
                    "action": kind,
                    "subject": subject[:160],
                    "changes": told(differences),
                }
            )
        return Outcome(kind, subject, names(differences) if kind == "changed" else (), row)

    def flush(self) -> None:
        """Write everything. Raises Taken when somebody else was faster."""
        self._flush_changes()
        with _at_once():
            self._insert()
        self._touch()
        if self._audits:
            self.session.execute(insert(Audit), self._audits)
            self._audits = []
        if self._stale:
            self._stale = False
            self.session.expire_all()

    def _flush_changes(self) -> None:
        self._steps = 0
        with _at_once():
            self.session.flush()

    def _insert(self) -> None:
        """A session of its own, without listeners, in the same transaction."""
        added, self._new = self._new, []
        if not added:
            return
        rows = [row for row, _ in added]
        turns.take(self.session, rows)
        connection = self.session.connection()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as quiet:
            quiet.add_all(rows)
            quiet.commit()
            quiet.expunge_all()
        self.session.add_all(rows)
        for (table, _owner), values in _by_table(added).items():
            connection.execute(insert(table), values)

    def _touch(self) -> None:
        bases, self._bases = sorted(self._bases), set()
        clauses: Iterable[ColumnElement[bool]] = [Device.id.in_(part) for part in sliced(bases)]
        touched, self._touched = [*self._touched, *clauses], []
        revisions.touch(self.session, touched)


def _by_table(
    added: Sequence[tuple[Any, Sequence[Part]]],
) -> dict[tuple[type[Base], str], list[dict[str, Any]]]:
    """The rows that belong to new ones, which now have their ids; those with the same columns together."""
    found: dict[tuple[type[Base], str], list[dict[str, Any]]] = {}
    for row, parts in added:
        for part in parts:
            found.setdefault((part.table, part.owner), []).append({**part.values, part.owner: row.id})
    return found


@contextmanager
def _at_once() -> Iterator[None]:
    """What was free when we looked may be taken when we write."""
    try:
        yield
    except IntegrityError as error:
        raise Taken([Clash(field="change", message=_TOO_LATE)]) from error


_TOO_LATE = "somebody else has just taken a name or an address that this change needs; look again"
