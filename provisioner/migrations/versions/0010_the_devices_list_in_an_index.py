"""The devices' list in an index"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LISTED = (
    "tenant_id", "mac", "ipei", "slot", "id", "base_id", "template_id", "location_id",
    "name", "vendor", "model", "firmware", "serial",
)  # fmt: skip


def upgrade() -> None:
    """What a page of devices sorts by and searches stands in one index, and the spread of firmware in another."""
    op.drop_index("ix_device_tenant_id_mac", "device")
    op.create_index("ix_device_list", "device", list(LISTED))
    op.drop_index("ix_device_tenant_id_vendor_model_firmware", "device")
    op.create_index(
        "ix_device_tenant_id_vendor_model_firmware_mac", "device", ["tenant_id", "vendor", "model", "firmware", "mac"]
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_device_tenant_id_vendor_model_firmware_mac", "device")
    op.create_index("ix_device_tenant_id_vendor_model_firmware", "device", ["tenant_id", "vendor", "model", "firmware"])
    op.drop_index("ix_device_list", "device")
    op.create_index("ix_device_tenant_id_mac", "device", ["tenant_id", "mac"])
