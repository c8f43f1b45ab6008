"""The rows that a person ticked: kept at the server, so that they survive paging, searching and no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select

from admin.scope import Scope
from provisioner.store.tables import Base, Selected


def chosen(scope: Scope, noun: str, row: type[Base]) -> Select[Any]:
    """The tenant's rows that are ticked."""
    mine = select(Selected.row_id).where(Selected.user_id == scope.viewer.id, Selected.noun == noun)
    return scope.all(row).where(row.id.in_(mine))  # type: ignore[attr-defined]  # every noun has an id


def count(scope: Scope, noun: str, row: type[Base]) -> int:
    """How many of the tenant's rows are ticked."""
    return scope.session.scalar(select(func.count()).select_from(chosen(scope, noun, row).subquery())) or 0


def ticked(scope: Scope, noun: str, keys: Sequence[int]) -> frozenset[int]:
    """Which of these rows are ticked."""
    query = select(Selected.row_id).where(
        Selected.user_id == scope.viewer.id, Selected.noun == noun, Selected.row_id.in_(keys)
    )
    return frozenset(scope.session.scalars(query)) if keys else frozenset()


def keep(scope: Scope, noun: str, shown: Iterable[int], chosen: Iterable[int]) -> None:
    """Remember the ticks of the rows that one page showed; those of other pages stay."""
    wanted = set(chosen)
    touched = wanted | set(shown)
    with scope.provisioner.database.writing() as session:
        session.execute(
            delete(Selected).where(
                Selected.user_id == scope.viewer.id, Selected.noun == noun, Selected.row_id.in_(touched)
            )
        )
        if wanted:
            rows = [{"user_id": scope.viewer.id, "noun": noun, "row_id": key} for key in sorted(wanted)]
            session.execute(insert(Selected), rows)
    scope.refresh()


def add(scope: Scope, noun: str, keys: Select[Any]) -> None:
    """Tick everything that a query of keys finds, however much it is, in two statements."""
    found = keys.order_by(None).subquery()
    mine = delete(Selected).where(Selected.user_id == scope.viewer.id, Selected.noun == noun)
    # In the order of the table's own index, whose pages are then filled one after the other.
    rows = select(literal(scope.viewer.id), literal(noun), found.c[0]).order_by(found.c[0])
    with scope.provisioner.database.writing() as session:
        # Twice a row would be refused, and asking row by row whether it is there takes minutes.
        session.execute(mine.where(Selected.row_id.in_(select(found.c[0]))))
        session.execute(insert(Selected).from_select(["user_id", "noun", "row_id"], rows))
    scope.refresh()


def clear(scope: Scope, noun: str) -> None:
    """Tick nothing any more."""
    with scope.provisioner.database.writing() as session:
        session.execute(delete(Selected).where(Selected.user_id == scope.viewer.id, Selected.noun == noun))
    scope.refresh()
