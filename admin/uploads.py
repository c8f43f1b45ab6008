"""Spreadsheets between their upload and their import: sealed, of one person at one tenant, for an hour at most."""

from __future__ import annotations

import base64
from datetime import timedelta

from sqlalchemy import delete

from admin.scope import Scope
from provisioner.spreadsheets import Sheet, read
from provisioner.store.tables import Upload

KEPT = timedelta(hours=1)


def keep(scope: Scope, kind: str, name: str, data: bytes) -> int:
    """Keep a file that can be read; the person's older one of this kind goes."""
    upload = Upload(
        tenant_id=scope.tenant.id,
        user_id=scope.viewer.id,
        kind=kind,
        name=name[-255:],
        created_at=scope.provisioner.clock(),
    )
    upload.sealed_data = scope.provisioner.vault.seal(f"upload/{upload.uid}/data", base64.b64encode(data).decode())
    older = (Upload.user_id == scope.viewer.id) & (Upload.kind == kind)
    lapsed = Upload.created_at < scope.provisioner.clock() - KEPT
    with scope.provisioner.database.writing() as session:
        session.execute(delete(Upload).where(older | lapsed))
        session.add(upload)
        session.flush()
        return upload.id


def find(scope: Scope, upload_id: int) -> Upload:
    """The person's own upload at this tenant; 404 where there is none, or no longer."""
    lapsed = scope.provisioner.clock() - KEPT
    return scope.one(Upload, Upload.id == upload_id, Upload.user_id == scope.viewer.id, Upload.created_at > lapsed)


def sheet_of(scope: Scope, upload: Upload) -> Sheet:
    """What is in it."""
    sealed = scope.provisioner.vault.open_sealed(f"upload/{upload.uid}/data", upload.sealed_data)
    return read(base64.b64decode(sealed))


def drop(scope: Scope, upload: Upload) -> None:
    """Forget it."""
    with scope.provisioner.database.writing() as session:
        session.execute(delete(Upload).where(Upload.id == upload.id))
