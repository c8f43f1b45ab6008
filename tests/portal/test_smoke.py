"""Every page answers."""

from __future__ import annotations

import pytest

DEVICES = "/portal/advanced/device-management"
PHONE = f"{DEVICES}/805ec0000001"


@pytest.mark.parametrize(
    "path",
    [
        "/portal/account",
        DEVICES,
        f"{DEVICES}?tab=ipei",
        f"{DEVICES}/add",
        f"{DEVICES}/add?kind=ipei",
        f"{DEVICES}/paste",
        f"{DEVICES}/seen",
        f"{DEVICES}/export.csv",
        f"{DEVICES}/export.xlsx",
        "/portal/import",
        "/portal/import?kind=assignments",
        "/portal/import/empty.csv?kind=locations",
        "/portal/export?kind=locations&form=xlsx",
        "/portal/jobs",
        "/portal/users",
        "/portal/users/new",
        "/portal/audit",
        "/portal/audit/audit.csv",
        PHONE,
        f"{PHONE}/edit",
        f"{PHONE}/settings",
        f"{PHONE}/settings?edit=sip.transport",
        f"{PHONE}/keys",
        f"{PHONE}/files",
        f"{PHONE}/files/805ec0000001.cfg",
        f"{PHONE}/requests",
        f"{PHONE}/pairing",
        f"{PHONE}/why",
        f"{PHONE}/why?path=/805ec0000001.cfg&address=10.1.1.1",
    ],
)
def test_a_page_answers(reader, path):
    response = reader.get(path)
    assert response.status_code == 200
