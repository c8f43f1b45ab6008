"""Uploaded spreadsheets, and the order of the devices page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import provisioner.store.tables

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bring the database here."""
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sealed_data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", provisioner.store.tables.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_upload_tenant_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_upload_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_tenant_id"), "upload", ["tenant_id"])
    op.create_index(op.f("ix_upload_user_id"), "upload", ["user_id"])
    op.create_index(op.f("ix_upload_created_at"), "upload", ["created_at"])
    op.create_index(op.f("ix_device_tenant_id_mac"), "device", ["tenant_id", "mac"])
    op.create_index(
        op.f("ix_device_tenant_id_vendor_model_firmware"), "device", ["tenant_id", "vendor", "model", "firmware"]
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_device_tenant_id_vendor_model_firmware"), "device")
    op.drop_index(op.f("ix_device_tenant_id_mac"), "device")
    op.drop_table("upload")
