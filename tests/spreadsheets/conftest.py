"""The spreadsheets' tests run on both databases."""

from tests.databases import copied, database, kind, postgres, postgres_template, shared, sqlite_template
from tests.services.conftest import desk, furnished, practice, vault

__all__ = [
    "copied",
    "database",
    "desk",
    "furnished",
    "kind",
    "postgres",
    "postgres_template",
    "practice",
    "shared",
    "sqlite_template",
    "vault",
]
