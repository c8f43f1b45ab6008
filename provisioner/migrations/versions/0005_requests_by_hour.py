"""Requests by hour"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import provisioner.store.tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Requests by hour."""
    op.create_table(
        "request_count",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("hour", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_request_count_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "hour", "outcome", name=op.f("pk_request_count")),
    )
    with op.batch_alter_table("request_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_count_hour"), ["hour"], unique=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("request_count", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_count_hour"))

    op.drop_table("request_count")
