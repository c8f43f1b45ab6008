"""The only room that reads devices from the database; what leaves it is frozen data.

`find` is the one indexed SELECT of a request: what the gate has to know, and the revision. `load` is the
rest, asked only when a file is not in the cache: three more, however many buttons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from provisioner import neutral, rows
from provisioner.errors import Broken, Unknown
from provisioner.profile import Native, Origin
from provisioner.record import (
    ButtonRow,
    ExtensionRecord,
    HandsetRecord,
    Layer,
    LocationRecord,
    Record,
    TemplateRecord,
)
from provisioner.rows import Buttons, Family, Row, Subject
from provisioner.settings import Installation
from provisioner.store.database import Database
from provisioner.store.quick import QuickSelect
from provisioner.store.tables import Device, Location, Tenant
from provisioner.values import Ipei, Mac, Mode, Owner, Slot, fits
from provisioner.vault import Vault

BUTTONS_REMEMBERED = 8192
LOCATION_FIELDS = (
    "name", "street", "house_number", "floor", "room", "city", "state", "postal_code", "country",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate knows of a device; its fields are the columns of `_FACTS`, in their order."""

    device_id: int
    public_id: str
    tenant_id: int
    tenant: str
    access: str
    networks: Sequence[str]
    vendor: str
    model: str
    firmware: str | None
    revision: int
    state: str
    open_until: datetime | None
    generation: int
    paired_address: str | None = None
    certificate_distrusted: bool = False
    tenant_uid: str = ""
    http_auth: str | None = None
    http_user: str | None = None
    sealed_http_password: str | None = None


_FACTS = select(
    Device.id,
    Device.public_id,
    Device.tenant_id,
    Tenant.slug,
    Tenant.access,
    Tenant.networks,
    Device.vendor,
    Device.model,
    Device.firmware,
    Device.revision,
    Device.state,
    Device.open_until,
    Device.generation,
    Device.paired_address,
    Device.certificate_distrusted,
    Tenant.uid,
    Tenant.http_auth,
    Tenant.http_user,
    Tenant.sealed_http_password,
).join(Tenant, Tenant.id == Device.tenant_id)


def find(session: Session, mac: Mac | None, tenant: str | None = None) -> Facts:
    """The device of a MAC, of this tenant when one is named. Raises Unknown.

    A request that names no device costs the same look into the table, so that the time tells nothing.
    """
    row = session.execute(_FACTS.where(Device.mac == (mac.hex if mac else ""))).one_or_none()
    return _owned(_facts(row) if row else None, mac, tenant)


class Finder:
    """`find` for the doors: the same SELECT without a session. Raises what `Database.reading` does as well."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._select = QuickSelect(database.engine, _FACTS.where(Device.mac == bindparam("mac")), _facts)

    def find(self, mac: Mac | None, tenant: str | None = None) -> Facts:
        """What is committed at this moment of the device of a MAC."""
        return _owned(self.look(mac), mac, tenant)

    def look(self, mac: Mac | None) -> Facts | None:
        """The device of a MAC, whosever it is; a request that names none costs the same look into the table.

        While nothing changes it is the very same object again.
        """
        return self._database.one(self._select, mac.hex if mac else "")

    @property
    def breaks(self) -> int:
        """How often a connection ended, after which the same revision may be of another past."""
        return self._select.breaks

    def stranger(self, mac: Mac | None, vendor: str, model: str) -> Facts:
        """A closed device of nobody, made of a row that was never read, in the time that a stored one takes."""
        networks = "[]" if self._database.is_sqlite else []
        public_id = (mac.hex if mac else "").zfill(16)
        row = (0, public_id, 0, "", "pairing", networks, vendor, model, None, 0, "closed", None, 0)
        return self._select.made((*row, None, False, "", None, None, None))


def find_many(session: Session, macs: Sequence[str]) -> dict[str, Facts]:
    """The devices of these MACs, each of 12 hex digits as they are stored, by MAC."""
    rows = session.execute(_FACTS.add_columns(Device.mac).where(Device.mac.in_(macs)))
    return {row.mac: _facts(row[:-1]) for row in rows if row.mac is not None}


def _owned(facts: Facts | None, mac: Mac | None, tenant: str | None) -> Facts:
    if mac is None:
        raise Unknown("the request names no device")
    if facts is None:
        raise Unknown(f"{mac} belongs to no tenant")
    if tenant is not None and facts.tenant != tenant:
        raise Unknown(f"{mac} belongs to no tenant named {tenant}")
    return facts


def _facts(row: Sequence[Any]) -> Facts:
    sealed = row[-1].hex() if row[-1] else None
    return Facts(*row[:-1], sealed_http_password=sealed)  # type: ignore[misc]  # the row ends before it


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads records with the key and the installation's settings at hand."""

    vault: Vault
    installation: Installation

    def load(self, session: Session, device_id: int, firmware: str | None = None) -> Record:
        """Everything that the device's files depend on; ``firmware`` is newer than what is stored.

        Raises Unknown when the device is gone and Broken when a secret cannot be opened.
        """
        subject = rows.subject(session, device_id)
        if subject is None:
            raise Unknown("the device is gone")
        family = rows.family(session, device_id)
        buttons = rows.buttons(session, device_id, _candidates(subject, family))
        return _Assembly(self, subject, family, buttons).record(firmware)


def _candidates(subject: Subject, family: Family) -> Iterator[int]:
    """The device's template; the first extension's; the tenant's defaults for the model, the most specific first."""
    device, defaults = subject.device, subject.tenant.default_templates
    own = family.lines.get(device.id)
    by_model = (defaults[pattern] for pattern in _fitting(device, sorted(defaults, key=_specific)))
    yield from filter(None, (device.template_id, own[0].template_id if own else None, *by_model))


@dataclass(frozen=True, slots=True)
class _Assembly:
    """Puts the rows of one device together."""

    loader: Loader
    subject: Subject
    family: Family
    found: Buttons

    def record(self, firmware: str | None) -> Record:
        device, tenant = self.subject.device, self.subject.tenant
        if device.mac is None:
            raise Unknown("a handset has no files of its own")
        own = self.family.lines.get(device.id, ())
        everyone = [extension for line in self.family.lines.values() for extension in line]
        template = self._template()
        secret = self._open("tenant", tenant.uid, tenant.sealed_settings)
        return Record(
            mac=Mac(device.mac),
            name=device.name,
            vendor=device.vendor,
            model=device.model,
            firmware=firmware or device.firmware,
            tenant=tenant.slug,
            tenant_name=tenant.name,
            url=self._url(),
            admin_password=self.loader.vault.phone_password(tenant.uid),
            file_key=self.loader.vault.file_key(device.public_id, device.generation),
            http_password=self.loader.vault.http_password(device.public_id, device.generation)
            if tenant.http_auth
            else None,
            layers=(
                Layer(origin=Origin("server"), values=self.loader.installation.server_layer),
                _layer(Origin("tenant", tenant.slug), tenant.settings, tenant.owners, secret),
            ),
            device_layer=self._device_layer(),
            extensions=tuple(self._extension(one) for one in own),
            template=TemplateRecord(name=template.name, buttons=self._buttons("template", template.id))
            if template
            else None,
            buttons=self._buttons("device", device.id),
            location=self._location([*own, *everyone]),
            handsets=tuple(self._handset(one) for one in self.family.members if one.mac is None),
            bases=(Mac(device.mac), *(Mac(one.mac) for one in self.family.members if one.mac)),
            master=Mac(self.subject.base_mac) if self.subject.base_mac else None,
            modules=device.expansion_modules,
            native=tuple(self._natives(secret, template)),
        )

    def _url(self) -> str:
        device = self.subject.device
        token = self.loader.vault.token(device.public_id, device.generation)
        return f"{self.loader.installation.base_url}/d/{token}/"

    def _open(self, table: str, uid: str, sealed: bytes | None) -> dict[str, Any]:
        return self.loader.vault.open_json(f"{table}/{uid}/settings", sealed)

    def _device_layer(self) -> Layer:
        device = self.subject.device
        secret = self._open("device", device.uid, device.sealed_settings)
        return _layer(Origin("device", Mac(device.mac or "").colons), device.settings, device.owners, secret)

    def _extension(self, extension: Row) -> ExtensionRecord:
        place = f"extension/{extension.uid}/password"
        return ExtensionRecord(
            number=extension.number,
            name=extension.name,
            auth_user=extension.auth_user,
            password=self.loader.vault.open_sealed(place, extension.sealed_password),
            voicemail=extension.voicemail,
            layer=_layer(Origin("extension", extension.number), extension.settings, extension.owners, {}),
            buttons=self._buttons("extension", extension.id),
        )

    def _handset(self, handset: Row) -> HandsetRecord:
        lines = self.family.lines.get(handset.id, ())
        return HandsetRecord(
            name=handset.name,
            ipei=Ipei.parse(f"0x{handset.ipei}") if handset.ipei else None,
            slot=handset.slot,
            extensions=tuple(self._extension(one) for one in lines),
        )

    def _template(self) -> Row | None:
        """The first of the candidates that is for this model."""
        known = (self.found.templates.get(one) for one in _candidates(self.subject, self.family))
        mine = (one for one in known if one and list(_fitting(self.subject.device, one.models or ["*"])))
        return next(mine, None)

    def _buttons(self, kind: str, owner: int) -> tuple[ButtonRow, ...]:
        return tuple(_button(row) for row in self.found.rows.get((kind, owner), ()))

    def _location(self, extensions: Sequence[Row]) -> LocationRecord | None:
        """The device's own, else its first extension's (a base's: its first handset's), else the tenant's default."""
        if self.subject.location:
            return location_record("device", self.subject.location)
        first = extensions[0] if extensions else None
        if first and first.id in self.family.locations:
            return location_record(f"extension {first.number}", self.family.locations[first.id])
        default = self.subject.default_location
        return location_record("tenant default", default) if default else None

    def _natives(self, secret: Mapping[str, Any], template: Row | None) -> Iterable[Native]:
        device = self.subject.device
        layers = [(Origin("tenant", self.subject.tenant.slug), secret)]
        if template:
            opened = self._open("button_template", template.uid, template.sealed_settings)
            layers.append((Origin("template", template.name), opened))
        own = self._open("device", device.uid, device.sealed_settings)
        layers.append((Origin("device", Mac(device.mac or "").colons), own))
        for origin, table in layers:
            keys = table.get("native", {}).get(device.vendor)
            if keys:
                yield Native(origin=origin, keys=keys)


@lru_cache(maxsize=BUTTONS_REMEMBERED)
def _button(row: Row) -> ButtonRow:
    """A stored button as data; phones share nearly all of theirs, those of their templates."""
    return ButtonRow(
        slot=Slot.parse(row.slot),
        mode=Mode(row.mode),
        name=row.name,
        value=row.value,
        label=row.label,
        account=row.account,
        pickup=row.pickup,
        fixed=row.fixed,
    )


def _fitting(device: Row, patterns: Iterable[str]) -> Iterable[str]:
    return (pattern for pattern in patterns if fits(device.vendor, device.model, pattern))


def _specific(pattern: str) -> tuple[int, str]:
    """Of several patterns that fit, the longest wins, ties in alphabetical order."""
    return (-len(pattern.replace("*", "")), pattern)


def _layer(origin: Origin, values: Mapping[str, Any], owners: Mapping[str, str], secret: Mapping[str, Any]) -> Layer:
    """Stored settings, typed again: JSON has no tuples and no VLANs."""
    given = {**values, **secret.get("neutral", {})}
    sections: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        section, _, field = name.partition(".")
        sections.setdefault(section, {})[field] = value
    try:
        typed = neutral.flat({name: neutral.SECTIONS[name](**fields) for name, fields in sections.items()})
    except (ValidationError, KeyError) as error:
        raise Broken(f"the settings of {origin} do not fit this version: {type(error).__name__}") from None
    return Layer(origin=origin, values=typed, owners={name: Owner(owner) for name, owner in owners.items()})


def location_record(rule: str, location: Location | Row) -> LocationRecord:
    """A location as data: its address, and the settings that follow from it."""
    values: dict[str, Any] = {
        "locale.timezone": location.timezone,
        "locale.country": location.country or None,
        "locale.language": location.language,
        "locale.tone_country": location.tone_country,
        "sip.outbound_proxy": location.outbound_proxy,
        "emergency.numbers": tuple((location.emergency_number or "").replace(",", " ").split()) or None,
        "emergency.callback": location.emergency_callback,
        "emergency.elin": location.elin,
    }
    given = {name: value for name, value in values.items() if value is not None}
    return LocationRecord(
        rule=rule,
        name=location.name,
        fields={field: getattr(location, field) for field in LOCATION_FIELDS},
        layer=Layer(origin=Origin("location", location.name), values=given),
    )
