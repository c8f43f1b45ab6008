"""The migrations and the tables say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from provisioner.store.database import Database
from provisioner.store.tables import Base


def test_upgrading_to_head_leaves_nothing_to_migrate(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [] == compare_metadata(context, Base.metadata)


def test_a_migrated_database_is_current_and_may_be_upgraded_again(database: Database) -> None:
    database.upgrade()
    assert database.is_current()
