"""Every table. A row that holds secrets has a ``uid`` to which they are bound, and ``sealed_…`` columns."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from provisioner.vault import new_public_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets time zones, so they are put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive datetimes their zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """All tables share naming rules, without which SQLite could not migrate."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON, datetime: Instant, bytes: LargeBinary}  # noqa: RUF012


@event.listens_for(Base, "init", propagate=True)
def _give_uid(row: Base, _args: object, values: dict[str, Any]) -> None:
    """Secrets are bound to the uid, so it must be there before the row is stored."""
    if "uid" in type(row).__table__.columns:
        values.setdefault("uid", uuid.uuid4().hex)


Id = Annotated[int, mapped_column(primary_key=True)]
Uid = Annotated[str, mapped_column(String(32))]
Name = Annotated[str, mapped_column(String(120))]
Short = Annotated[str, mapped_column(String(64))]
TenantId = Annotated[int, mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"), index=True)]


class Tenant(Base):
    """A customer: everything below belongs to exactly one."""

    __tablename__ = "tenant"
    id: Mapped[Id]
    uid: Mapped[Uid]
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[Name]
    access: Mapped[str] = mapped_column(String(16), default="pairing")
    networks: Mapped[list[str]] = mapped_column(default=list)
    pairing_minutes: Mapped[int] = mapped_column(default=1440)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    owners: Mapped[dict[str, Any]] = mapped_column(default=dict)
    default_templates: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed_settings: Mapped[bytes | None]
    http_auth: Mapped[str | None] = mapped_column(String(8))
    http_user: Mapped[str | None] = mapped_column(String(64))
    sealed_http_password: Mapped[bytes | None] = mapped_column(info={"place": "http"})
    auto_add: Mapped[bool] = mapped_column(default=False)


class Location(Base):
    """An address, and what follows from it."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)
    id: Mapped[Id]
    tenant_id: Mapped[TenantId]
    name: Mapped[Name]
    street: Mapped[str] = mapped_column(String(120), default="")
    house_number: Mapped[str] = mapped_column(String(20), default="")
    floor: Mapped[str] = mapped_column(String(20), default="")
    room: Mapped[str] = mapped_column(String(40), default="")
    city: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[str] = mapped_column(String(80), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    timezone: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(12))
    tone_country: Mapped[str | None] = mapped_column(String(2))
    emergency_number: Mapped[str | None] = mapped_column(String(80))
    emergency_callback: Mapped[str | None] = mapped_column(String(40))
    elin: Mapped[str | None] = mapped_column(String(40))
    billing_region: Mapped[str | None] = mapped_column(String(40))
    outbound_proxy: Mapped[str | None] = mapped_column(String(260))
    active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)


class ButtonTemplate(Base):
    """A named list of buttons for some models."""

    __tablename__ = "button_template"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)
    id: Mapped[Id]
    uid: Mapped[Uid]
    tenant_id: Mapped[TenantId]
    name: Mapped[Name]
    models: Mapped[list[str]] = mapped_column(default=list)
    sealed_settings: Mapped[bytes | None]
    buttons: Mapped[list[Button]] = relationship(
        foreign_keys="Button.template_id", cascade="all, delete-orphan", order_by="Button.position"
    )


class Extension(Base):
    """A SIP account."""

    __tablename__ = "extension"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)
    id: Mapped[Id]
    uid: Mapped[Uid]
    tenant_id: Mapped[TenantId]
    number: Mapped[Short]
    name: Mapped[Name] = mapped_column(default="")
    auth_user: Mapped[str | None] = mapped_column(String(120))
    sealed_password: Mapped[bytes | None]
    voicemail: Mapped[str | None] = mapped_column(String(64))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("button_template.id", ondelete="SET NULL"), index=True)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    owners: Mapped[dict[str, Any]] = mapped_column(default=dict)
    template: Mapped[ButtonTemplate | None] = relationship()
    assignment: Mapped[LocationAssignment | None] = relationship(
        back_populates="extension", cascade="all, delete-orphan"
    )
    buttons: Mapped[list[Button]] = relationship(
        foreign_keys="Button.extension_id", cascade="all, delete-orphan", order_by="Button.position"
    )


class LocationAssignment(Base):
    """Which location an extension has."""

    __tablename__ = "location_assignment"
    extension_id: Mapped[int] = mapped_column(ForeignKey("extension.id", ondelete="CASCADE"), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id", ondelete="CASCADE"), index=True)
    extension: Mapped[Extension] = relationship(back_populates="assignment")
    location: Mapped[Location] = relationship()


class Device(Base):
    """One MAC or IPEI. ``revision`` rises with every change that can alter the device's bytes."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("mac IS NOT NULL OR base_id IS NOT NULL", name="identity"),
        UniqueConstraint("base_id", "slot"),
        # What the devices page sorts by and searches, in its usual order: of no row is read what it does not show.
        Index(
            "ix_device_list",
            "tenant_id",
            "mac",
            "ipei",
            "slot",
            "id",
            "base_id",
            "template_id",
            "location_id",
            "name",
            "vendor",
            "model",
            "firmware",
            "serial",
        ),
        Index(None, "tenant_id", "vendor", "model", "firmware", "mac"),
    )
    id: Mapped[Id]
    uid: Mapped[Uid]
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    tenant_id: Mapped[TenantId]
    mac: Mapped[str | None] = mapped_column(String(12), unique=True)
    ipei: Mapped[str | None] = mapped_column(String(10), unique=True)
    base_id: Mapped[int | None] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    slot: Mapped[int | None]
    vendor: Mapped[str] = mapped_column(String(32), default="")
    model: Mapped[Short] = mapped_column(default="")
    name: Mapped[Name] = mapped_column(default="")
    serial: Mapped[str | None] = mapped_column(String(64))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("button_template.id", ondelete="SET NULL"), index=True)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id", ondelete="SET NULL"), index=True)
    expansion_modules: Mapped[int | None]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    owners: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed_settings: Mapped[bytes | None]
    revision: Mapped[int] = mapped_column(default=1)
    firmware: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="closed")
    open_until: Mapped[datetime | None]
    paired_at: Mapped[datetime | None]
    paired_address: Mapped[str | None] = mapped_column(String(45))
    generation: Mapped[int] = mapped_column(default=1)
    certificate_distrusted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    tenant: Mapped[Tenant] = relationship()
    template: Mapped[ButtonTemplate | None] = relationship()
    location: Mapped[Location | None] = relationship()
    base: Mapped[Device | None] = relationship(remote_side="Device.id")
    lines: Mapped[list[DeviceLine]] = relationship(
        back_populates="device", cascade="all, delete-orphan", order_by="DeviceLine.position"
    )
    buttons: Mapped[list[Button]] = relationship(
        foreign_keys="Button.device_id", cascade="all, delete-orphan", order_by="Button.position"
    )


class DeviceLine(Base):
    """Which extension sits on which line of a device, from 1."""

    __tablename__ = "device_line"
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    extension_id: Mapped[int] = mapped_column(ForeignKey("extension.id", ondelete="CASCADE"), index=True)
    device: Mapped[Device] = relationship(back_populates="lines")
    extension: Mapped[Extension] = relationship()


class Button(Base):
    """A button of a template, an extension or a device: exactly one of them."""

    __tablename__ = "button"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN template_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN extension_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN device_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_owner",
        ),
    )
    id: Mapped[Id]
    template_id: Mapped[int | None] = mapped_column(ForeignKey("button_template.id", ondelete="CASCADE"), index=True)
    extension_id: Mapped[int | None] = mapped_column(ForeignKey("extension.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    slot: Mapped[str] = mapped_column(String(16))
    name: Mapped[Name] = mapped_column(default="")
    mode: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(512), default="")
    label: Mapped[str] = mapped_column(String(120), default="")
    account: Mapped[int | None]
    pickup: Mapped[str | None] = mapped_column(String(64))
    fixed: Mapped[bool] = mapped_column(default=False)


class Webhook(Base):
    """Where an event is told."""

    __tablename__ = "webhook"
    __table_args__ = (UniqueConstraint("tenant_id", "event", "url"),)
    id: Mapped[Id]
    uid: Mapped[Uid]
    tenant_id: Mapped[TenantId]
    event: Mapped[Short]
    url: Mapped[str] = mapped_column(String(1024))
    method: Mapped[str] = mapped_column(String(8), default="POST")
    user: Mapped[str | None] = mapped_column(String(120))
    sealed_password: Mapped[bytes | None]
    enabled: Mapped[bool] = mapped_column(default=True)


class PageFeature(Base):
    """What a tenant says about a feature of its users' page; of others the default holds."""

    __tablename__ = "page_feature"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    is_on: Mapped[bool]


class Integration(Base):
    """How a tenant connects to another system."""

    __tablename__ = "integration"
    __table_args__ = (UniqueConstraint("tenant_id", "identifier"),)
    id: Mapped[Id]
    uid: Mapped[Uid]
    tenant_id: Mapped[TenantId]
    identifier: Mapped[str] = mapped_column(String(40))
    enabled: Mapped[bool] = mapped_column(default=True)
    sealed_configuration: Mapped[bytes | None]


class Seen(Base):
    """What a device last told us: one row a device, written in batches."""

    __tablename__ = "seen"
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(255))
    file: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(32))
    served_at: Mapped[datetime | None]
    served_revision: Mapped[int | None]
    unproven_at: Mapped[datetime | None]


class Sighting(Base):
    """One request of a device; the newest are kept."""

    __tablename__ = "sighting"
    __table_args__ = (Index(None, "device_id", "at"),)
    id: Mapped[Id]
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    transport: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(255))
    version: Mapped[str | None] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(32))
    proof: Mapped[str | None] = mapped_column(String(16))
    size: Mapped[int | None]
    revision: Mapped[int | None]


class Handover(Base):
    """Secrets that a device got: the private files of one visit, and what proved that it may have them."""

    __tablename__ = "handover"
    __table_args__ = (Index(None, "device_id", "at"),)
    id: Mapped[Id]
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    transport: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(255))
    proof: Mapped[str] = mapped_column(String(16))
    generation: Mapped[int]
    files: Mapped[list[str]] = mapped_column(default=list)


class PairingCode(Base):
    """A short password that pairs one device, or one of a tenant's, once."""

    __tablename__ = "pairing_code"
    id: Mapped[Id]
    uid: Mapped[Uid]
    tenant_id: Mapped[TenantId]
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    sealed_code: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)


class WalkStep(Base):
    """An identity that got nothing from an address: what the processes tell each other about walkers."""

    __tablename__ = "walk_step"
    source: Mapped[str] = mapped_column(String(45), primary_key=True)
    identity: Mapped[str] = mapped_column(String(12), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Walker(Base):
    """An address that walks over identities; until a moment it gets nothing without proof."""

    __tablename__ = "walker"
    source: Mapped[str] = mapped_column(String(45), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)


class Document(Base):
    """The bytes of a file that was served, packed and sealed, stored once however many devices got them.

    ``digest`` is keyed, so that nobody can try passwords against it; ``size`` is what the phone got, ``stored``
    what it takes here, both in bytes.
    """

    __tablename__ = "document"
    id: Mapped[Id]
    uid: Mapped[Uid]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    stored: Mapped[int] = mapped_column(index=True)
    sealed_body: Mapped[bytes]


class Served(Base):
    """A device was served a file that it had not been served before; the newest of each file are kept."""

    __tablename__ = "served"
    __table_args__ = (Index(None, "device_id", "file", "id"),)
    id: Mapped[Id]
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)
    file: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime]
    revision: Mapped[int]
    vendor: Mapped[str] = mapped_column(String(32))
    model: Mapped[Short]
    version: Mapped[str | None] = mapped_column(String(64))
    transport: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(45))


class DeviceVersion(Base):
    """What a device's own settings, native keys and buttons were after a change, sealed; the newest are kept."""

    __tablename__ = "device_version"
    __table_args__ = (Index(None, "device_id", "id"),)
    id: Mapped[Id]
    uid: Mapped[Uid]
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    sealed_own: Mapped[bytes]


class RequestCount(Base):
    """How many requests a tenant's devices made in an hour, by their outcome: what a chart needs without their rows."""

    __tablename__ = "request_count"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    outcome: Mapped[str] = mapped_column(String(32), primary_key=True)
    requests: Mapped[int] = mapped_column(default=0)


class UnknownDevice(Base):
    """A MAC that asked and belongs to nobody: "Seen, not added"."""

    __tablename__ = "unknown_device"
    mac: Mapped[str] = mapped_column(String(12), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(255))
    vendor: Mapped[str | None] = mapped_column(String(32))
    model: Mapped[str | None] = mapped_column(String(64))
    requests: Mapped[int] = mapped_column(default=1)


class User(Base):
    """A portal account. ``tenant_id`` is empty for the role ``server``; ``extension_id`` set for ``user``."""

    __tablename__ = "user"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    extension_id: Mapped[int | None] = mapped_column(ForeignKey("extension.id", ondelete="CASCADE"))
    session_key: Mapped[str] = mapped_column(String(32), default=lambda: uuid.uuid4().hex)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class ApiToken(Base):
    """A token for scripts, kept as a hash."""

    __tablename__ = "api_token"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class Audit(Base):
    """Who changed what, when, from what to what; secrets as "changed"."""

    __tablename__ = "audit"
    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor: Mapped[str] = mapped_column(String(120))
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="SET NULL"), index=True)
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(160))
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Job(Base):
    """Something done to many things at once, with what came of each. ``lease_until`` is whose turn it is to run it."""

    __tablename__ = "job"
    id: Mapped[Id]
    tenant_id: Mapped[TenantId]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(32))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]


class JobItem(Base):
    """One thing of a job: ``waiting``, ``done``, ``failed`` or ``cancelled``; it outlives the device."""

    __tablename__ = "job_item"
    __table_args__ = (Index(None, "job_id", "state"),)
    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id", ondelete="SET NULL"), index=True)
    subject: Mapped[str] = mapped_column(String(160))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    says: Mapped[str] = mapped_column(String(512), default="")
    at: Mapped[datetime | None]


class Selected(Base):
    """A row that a person ticked on a list page; it stays ticked over pages and searches."""

    __tablename__ = "selected"
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    noun: Mapped[str] = mapped_column(String(32), primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True)


class Upload(Base):
    """A spreadsheet between its upload and its import, whole and sealed: it may hold passwords."""

    __tablename__ = "upload"
    id: Mapped[Id]
    uid: Mapped[Uid]
    tenant_id: Mapped[TenantId]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(255))
    sealed_data: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class LoginLimit(Base):
    """Failed log-ins of one address or one name since a moment."""

    __tablename__ = "login_limit"
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(default=now, index=True)


class Meta(Base):
    """Facts about the database itself, such as the fingerprint of its key."""

    __tablename__ = "meta"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(255))


class RepeatedRequest(Base):
    """An Idempotency-Key of a token, with the answer that its first request got; no status yet: under way."""

    __tablename__ = "repeated_request"
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[str] = mapped_column(Text, default="")
