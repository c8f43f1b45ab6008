"""The gate: HTTP credentials, pairing codes and history, walkers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import provisioner.store.tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The gate's tables and columns."""
    op.create_table(
        "walk_step",
        sa.Column("source", sa.String(length=45), nullable=False),
        sa.Column("identity", sa.String(length=12), nullable=False),
        sa.Column("at", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "identity", name=op.f("pk_walk_step")),
    )
    op.create_index(op.f("ix_walk_step_at"), "walk_step", ["at"])

    op.create_table(
        "walker",
        sa.Column("source", sa.String(length=45), nullable=False),
        sa.Column("until", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_walker")),
    )
    op.create_index(op.f("ix_walker_until"), "walker", ["until"])

    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("at", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.Column("transport", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.Column("proof", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_handover_device_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_device_id_at"), "handover", ["device_id", "at"])

    op.create_table(
        "pairing_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("sealed_code", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_pairing_code_device_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_pairing_code_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_code")),
    )
    op.create_index(op.f("ix_pairing_code_device_id"), "pairing_code", ["device_id"])
    op.create_index(op.f("ix_pairing_code_tenant_id"), "pairing_code", ["tenant_id"])

    op.add_column(
        "device", sa.Column("certificate_distrusted", sa.Boolean(), server_default=sa.false(), nullable=False)
    )

    op.add_column("tenant", sa.Column("http_auth", sa.String(length=8), nullable=True))
    op.add_column("tenant", sa.Column("http_user", sa.String(length=64), nullable=True))
    op.add_column("tenant", sa.Column("sealed_http_password", sa.LargeBinary(), nullable=True))
    op.add_column("tenant", sa.Column("auto_add", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("tenant", "auto_add")
    op.drop_column("tenant", "sealed_http_password")
    op.drop_column("tenant", "http_user")
    op.drop_column("tenant", "http_auth")

    op.drop_column("device", "certificate_distrusted")

    op.drop_index(op.f("ix_pairing_code_tenant_id"), "pairing_code")
    op.drop_index(op.f("ix_pairing_code_device_id"), "pairing_code")

    op.drop_table("pairing_code")
    op.drop_index(op.f("ix_handover_device_id_at"), "handover")

    op.drop_table("handover")
    op.drop_index(op.f("ix_walker_until"), "walker")

    op.drop_table("walker")
    op.drop_index(op.f("ix_walk_step_at"), "walk_step")

    op.drop_table("walk_step")
