"""Insert or update, in the words of either database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from provisioner.store.database import dialect_insert
from provisioner.store.tables import Base


def upsert(
    session: Session,
    table: type[Base],
    keys: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    sums: Sequence[str] = (),
    keeps: Sequence[str] = (),
) -> None:
    """Insert rows of the same columns; where the keys are there already the columns are set.

    Columns in ``sums`` are added up; of those in ``keeps`` None leaves what is there.
    """
    if not rows:
        return
    statement = dialect_insert(session, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    changed |= {name: statement.table.c[name] + statement.excluded[name] for name in sums}
    changed |= {name: func.coalesce(statement.excluded[name], statement.table.c[name]) for name in keeps}
    session.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=changed), [*rows])
