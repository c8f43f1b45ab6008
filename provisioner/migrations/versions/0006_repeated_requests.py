"""Answers to requests that carry an Idempotency-Key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import provisioner.store.tables

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the database here."""
    op.create_table(
        "repeated_request",
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_token.id"], name=op.f("fk_repeated_request_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_repeated_request")),
    )
    with op.batch_alter_table("repeated_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repeated_request_at"), ["at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("repeated_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repeated_request_at"))

    op.drop_table("repeated_request")
