"""Runs alembic; apart from the database because nothing else needs it, and it is slow to import."""

from __future__ import annotations

from importlib import resources

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration(connection: Connection) -> Config:
    """alembic's configuration for one connection."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("provisioner").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Apply every migration that is missing."""
    command.upgrade(configuration(connection), "head")
