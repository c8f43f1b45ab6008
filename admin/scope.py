"""The tenant boundary, in the query: whatever a view reads, it asks for here.

`Scope.all` selects rows of the tenant at hand and `Scope.one` finds one or answers 404, alike for a row
that is another tenant's and one that never was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

from flask import abort, current_app, g
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from admin.access import Permission, Viewer, can
from provisioner.answer import Provisioner
from provisioner.store.tables import (
    ApiToken,
    Audit,
    Base,
    Button,
    ButtonTemplate,
    Device,
    DeviceLine,
    DeviceVersion,
    Extension,
    Handover,
    Job,
    JobItem,
    Location,
    LocationAssignment,
    RequestCount,
    Seen,
    Served,
    Sighting,
    Tenant,
    Upload,
    User,
    Webhook,
)

Row = TypeVar("Row", bound=Base)
Where = ColumnElement[bool]


def _through(column: Any, owner: Any) -> Callable[[int], Where]:
    return lambda tenant: column.in_(select(owner.id).where(owner.tenant_id == tenant))


OF_TENANT: Mapping[type[Base], Callable[[int], Where]] = {
    Tenant: lambda tenant: Tenant.id == tenant,
    Device: lambda tenant: Device.tenant_id == tenant,
    Extension: lambda tenant: Extension.tenant_id == tenant,
    Location: lambda tenant: Location.tenant_id == tenant,
    ButtonTemplate: lambda tenant: ButtonTemplate.tenant_id == tenant,
    Webhook: lambda tenant: Webhook.tenant_id == tenant,
    User: lambda tenant: User.tenant_id == tenant,
    ApiToken: lambda tenant: ApiToken.tenant_id == tenant,
    Audit: lambda tenant: Audit.tenant_id == tenant,
    Job: lambda tenant: Job.tenant_id == tenant,
    RequestCount: lambda tenant: RequestCount.tenant_id == tenant,
    Upload: lambda tenant: Upload.tenant_id == tenant,
    JobItem: _through(JobItem.job_id, Job),
    DeviceVersion: _through(DeviceVersion.device_id, Device),
    Handover: _through(Handover.device_id, Device),
    Served: _through(Served.device_id, Device),
    DeviceLine: _through(DeviceLine.device_id, Device),
    Seen: _through(Seen.device_id, Device),
    Sighting: _through(Sighting.device_id, Device),
    LocationAssignment: _through(LocationAssignment.extension_id, Extension),
    Button: lambda tenant: or_(
        _through(Button.template_id, ButtonTemplate)(tenant),
        _through(Button.extension_id, Extension)(tenant),
        _through(Button.device_id, Device)(tenant),
    ),
}
"""How each table knows its tenant; a table that is not here cannot be asked for."""


@dataclass(frozen=True)
class Scope:
    """One viewer at one tenant, with a session that changes nothing."""

    provisioner: Provisioner
    session: Session
    viewer: Viewer
    tenant: Tenant

    def all(self, row: type[Row]) -> Select[Row]:
        """The tenant's rows of a table."""
        return select(row).where(self.of(row))

    def of(self, row: type[Base]) -> Where:
        """The clause that keeps a query inside the tenant."""
        return OF_TENANT[row](self.tenant.id)

    def one(self, row: type[Row], *where: Where) -> Row:
        """The tenant's row that these clauses find; 404 where there is none."""
        found = self.session.scalars(self.all(row).where(*where)).one_or_none()
        if found is None:
            abort(404)
        return found

    def refresh(self) -> None:
        """Look at what was written since the request began: a reader sees one moment until it asks for another."""
        self.session.rollback()

    def can(self, permission: Permission) -> bool:
        """Whether the viewer may do this here."""
        return can(self.viewer, permission, self.tenant.id)

    @cached_property
    def tenants(self) -> list[Tenant]:
        """Every tenant that the viewer may switch to."""
        everywhere = self.viewer.role == "server"
        return list(self.session.scalars(select(Tenant).order_by(Tenant.name))) if everywhere else [self.tenant]


def here() -> Scope:
    """The scope of this request."""
    return cast(Scope, g.scope)


def server() -> Provisioner:
    """The provisioner of this application."""
    return cast(Provisioner, current_app.extensions["provisioner"])


def reading() -> Session:
    """This request's session, which changes nothing; it ends with the request."""
    if "db" not in g:
        g.db_context = server().database.reading()
        g.db = g.db_context.__enter__()
    return cast(Session, g.db)


def close(_error: BaseException | None = None) -> None:
    """End the request's session."""
    context = g.pop("db_context", None)
    g.pop("db", None)
    if context is not None:
        context.__exit__(None, None, None)
