"""Jobs and selections"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import provisioner.store.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Jobs and selections."""
    op.create_table(
        "login_limit",
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_login_limit")),
    )
    with op.batch_alter_table("login_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_limit_since"), ["since"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("created_at", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.Column("finished_at", provisioner.store.tables.Instant(timezone=True), nullable=True),
        sa.Column("lease_until", provisioner.store.tables.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_job_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "job_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("says", sa.String(length=512), nullable=False),
        sa.Column("at", provisioner.store.tables.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_job_item_device_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_item_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_item")),
    )
    with op.batch_alter_table("job_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_item_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_item_job_id_state"), ["job_id", "state"], unique=False)

    op.create_table(
        "selected",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("noun", sa.String(length=32), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_selected_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "noun", "row_id", name=op.f("pk_selected")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("selected")
    with op.batch_alter_table("job_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_item_job_id_state"))
        batch_op.drop_index(batch_op.f("ix_job_item_device_id"))

    op.drop_table("job_item")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_tenant_id"))

    op.drop_table("job")
    with op.batch_alter_table("login_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_limit_since"))

    op.drop_table("login_limit")
