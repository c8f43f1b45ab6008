"""The cluster, and a PostgreSQL beside it, are started once for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import PostgresServer, private_postgres
from tests.staying_up.cluster import cluster

__all__ = ["cluster"]


@pytest.fixture(scope="package")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL that a test may stop, and starts again."""
    with private_postgres() as server:
        yield server
