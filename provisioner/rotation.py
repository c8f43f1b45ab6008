"""Key rotation: every sealed column goes under a new key while the server serves.

The key file changes first, so that whoever seals from then on uses the new key, and both keys open. Rows
follow in small transactions. The old key leaves the file last, inside a transaction that lets nobody else
write, once no row needs it. At every moment in between, a kill leaves an installation that works, and the
next run goes on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, func, or_, select, text, update
from sqlalchemy.orm import Session

from provisioner import keyring
from provisioner.errors import Broken, Invalid, Problem
from provisioner.keyring import KEY_BYTES
from provisioner.last_good import LastGood
from provisioner.store.database import Database
from provisioner.store.tables import Base
from provisioner.vault import REFRESH_S, Vault

BATCH = 200
_PREFIX = "sealed_"
_PATIENCE = 20

Progress = Callable[[int], None]


def prepare(path: Path) -> bool:
    """Put the next key into the key file, to be copied to every machine; False where it is there already."""
    keys = keyring.read(path)
    if keys.next or keys.old:
        return False
    keyring.write(path, replace(keys, next=os.urandom(KEY_BYTES)))
    return True


def begin(path: Path, *, new_identity: bool = False) -> bool:
    """Let a new key seal from now on; whether an earlier rotation was under way, which is gone on with."""
    keys = keyring.read(path)
    if keys.old or keys.was:
        if new_identity and not keys.was:
            message = "a rotation is under way; run `provisioner keys rotate` until it is done, then ask for this"
            raise Invalid([Problem(field="--new-identity", message=message)])
        return True
    made = replace(keys, seal=keys.next or os.urandom(KEY_BYTES), next=None, old=(keys.seal,))
    if new_identity:
        made = replace(made, identity=os.urandom(KEY_BYTES), was=(keys.identity,))
    keyring.write(path, made)
    return False


def count(database: Database) -> int:
    """How many values are sealed."""
    with database.reading() as session:
        counts = [select(func.count()).where(column.is_not(None)) for _, column in _columns()]
        return sum(session.scalar(one) or 0 for one in counts)


def rotate(
    database: Database, vault: Vault, path: Path, last_good: LastGood, *, keep_old: bool, progress: Progress
) -> tuple[int, int]:
    """Seal everything anew and let the old key go; the numbers of values seen and resealed.

    Raises Broken when a value opens with no key of the file: then nothing more is done, and no key leaves.
    """
    vault.refresh()
    if vault.keys.was:
        time.sleep(2 * REFRESH_S)  # a process that still rendered with the older identity would be believed
        database.bind_key(vault)
    seen, resealed = _pass(database, vault, progress)
    last_good.reseal()
    for _ in range(_PATIENCE):
        late = _finish(database, vault, path, keep_old=keep_old)
        resealed += late
        if not late:
            return seen, resealed
    raise Broken("somebody still seals with the old key; copy this key file to every machine, and run this again")


def _pass(database: Database, vault: Vault, progress: Progress) -> tuple[int, int]:
    seen = resealed = 0
    for table in _tables():
        last = 0
        while True:
            with database.writing() as session:
                batch = _batch(session, table, last)
                resealed += sum(_reseal(session, vault, table, row) for row in batch)
            if not batch:
                break
            last = batch[-1]["id"]
            values = sum(row[name] is not None for row in batch for name in row if name.startswith(_PREFIX))
            seen += values
            progress(values)
    return seen, resealed


def _finish(database: Database, vault: Vault, path: Path, *, keep_old: bool) -> int:
    """Look at everything once more while nobody writes; when all is done, take the old keys out of the file."""
    late = 0
    with database.writing() as session:
        if not database.is_sqlite:  # SQLite's writing transaction is alone already
            names = ", ".join(f'"{table.name}"' for table in _tables())
            session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
        for table in _tables():
            last = 0
            while batch := _batch(session, table, last):
                late += sum(_reseal(session, vault, table, row) for row in batch)
                last = batch[-1]["id"]
        if not late and not keep_old:
            keyring.write(path, replace(vault.keys, old=(), was=()))
            vault.refresh()
    return late


def _batch(session: Session, table: Table, after: int) -> list[dict[str, Any]]:
    sealed = [column for owner, column in _columns() if owner is table]
    wanted = (
        select(table.c.id, table.c.uid, *sealed)
        .where(table.c.id > after, or_(*(column.is_not(None) for column in sealed)))
        .order_by(table.c.id)
        .limit(BATCH)
        .with_for_update()
    )
    return [dict(row) for row in session.connection().execute(wanted).mappings()]


def _reseal(session: Session, vault: Vault, table: Table, row: Mapping[str, Any]) -> int:
    """Seal a row's values anew; how many were under an older key. No revision rises: no file changes."""
    changed = {}
    for owner, column in _columns():
        if owner is table and row[column.name] is not None:
            sealed = vault.resealed(place_of(column, row["uid"]), row[column.name])
            if sealed is not None:
                changed[column.name] = sealed
    if changed:
        session.connection().execute(update(table).where(table.c.id == row["id"]).values(changed))
    return len(changed)


def place_of(column: Column[Any], uid: str) -> str:
    """What the values of a sealed column are bound to."""
    what = column.info.get("place") or column.name.removeprefix(_PREFIX)
    return f"{column.table.name}/{uid}/{what}"


def _columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        yield from ((table, column) for column in table.columns if column.name.startswith(_PREFIX))


def _tables() -> list[Table]:
    return list(dict.fromkeys(table for table, _ in _columns()))
