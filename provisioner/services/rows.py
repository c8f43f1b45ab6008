"""A tenant's rows by the names that people give them, and what the checks want to know of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from provisioner.services.schemas import model_of
from provisioner.store.tables import Base, ButtonTemplate, Device, Extension, Location, Tenant, Webhook
from provisioner.values import Ipei, Mac
from provisioner.vendor_api import Model

SLICE = 500
"""How many ids one statement names."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot on a base: how a handset without an IPEI is known."""

    base: Mac
    slot: int


DeviceKey = Mac | Ipei | Seat


@dataclass(frozen=True, slots=True)
class Station:
    """What a handset has to know of its base; one that is ``attached`` belongs to another base itself."""

    model: Model | None
    attached: bool


class Known(Protocol):
    """What checks ask about the rest of the tenant and of the server."""

    def lacks(self, noun: str, name: str) -> str | None:
        """Why a reference leads nowhere, None where the thing exists."""

    def station(self, mac: Mac) -> Station | None:
        """The base of this MAC."""

    def claimed(self, identity: Mac | Ipei) -> str | None:
        """Why the tenant cannot have this address: another one has it."""


Row = TypeVar("Row", bound=Base)
Key = TypeVar("Key", bound=Hashable)


class Shelf(Generic[Key, Row]):
    """The rows of one table: asked one by one, or all at once after `load`."""

    def __init__(
        self,
        session: Session,
        rows: Select[Row],
        keys: Callable[[Row], Iterable[Key]],
        where: Callable[[Key], ColumnElement[bool]],
    ) -> None:
        self._session, self._rows, self._keys, self._where = session, rows, keys, where
        self._by_key: dict[Key, Row] = {}
        self._keys_of: dict[Row, tuple[Key, ...]] = {}
        self._complete = False

    def get(self, key: Key) -> Row | None:
        """The row of this name."""
        row = self._by_key.get(key)
        if row is None and not self._complete:
            row = self._session.scalars(self._rows.where(self._where(key))).one_or_none()
            if row is not None:
                self.put(row)
        return row

    def load(self) -> None:
        """Read every row, so that `get` asks the database no more."""
        for row in self._session.scalars(self._rows):
            self.put(row)
        self._complete = True

    def all(self) -> list[Row]:
        """Every row."""
        if not self._complete:
            self.load()
        return list(self._keys_of)

    def put(self, row: Row, keys: Iterable[Key] | None = None) -> None:
        """Know a row by these names, and by no others that it had."""
        self.drop(row)
        self._keys_of[row] = tuple(self._keys(row) if keys is None else keys)
        self._by_key.update(dict.fromkeys(self._keys_of[row], row))

    def drop(self, row: Row) -> None:
        """Know a row no more."""
        for key in self._keys_of.pop(row, ()):
            if self._by_key.get(key) is row:
                del self._by_key[key]


_TITLES = {"locations": "location", "button_templates": "button template", "extensions": "extension"}


class Rows:
    """The rows of one tenant."""

    def __init__(self, session: Session, tenant: Tenant, *, names_tenants: bool) -> None:
        mine = tenant.id
        self._session, self._tenant_id, self._names_tenants = session, mine, names_tenants
        self._claims: dict[Mac | Ipei, str | None] = {}
        self.locations = Shelf[str, Location](
            session,
            select(Location).where(Location.tenant_id == mine).order_by(Location.id),
            lambda row: [row.name],
            lambda name: Location.name == name,
        )
        self.button_templates = Shelf[str, ButtonTemplate](
            session,
            select(ButtonTemplate)
            .where(ButtonTemplate.tenant_id == mine)
            .options(selectinload(ButtonTemplate.buttons))
            .order_by(ButtonTemplate.id),
            lambda row: [row.name],
            lambda name: ButtonTemplate.name == name,
        )
        self.extensions = Shelf[str, Extension](
            session,
            select(Extension)
            .where(Extension.tenant_id == mine)
            .options(joinedload(Extension.assignment), selectinload(Extension.buttons))
            .order_by(Extension.id),
            lambda row: [row.number],
            lambda number: Extension.number == number,
        )
        self.devices = Shelf[DeviceKey, Device](
            session,
            select(Device)
            .where(Device.tenant_id == mine)
            .options(selectinload(Device.lines), selectinload(Device.buttons))
            .order_by(Device.id),
            device_keys,
            _is_device,
        )
        self.webhooks = Shelf[tuple[str, str], Webhook](
            session,
            select(Webhook).where(Webhook.tenant_id == mine).order_by(Webhook.id),
            lambda row: [(row.event, row.url)],
            lambda key: (Webhook.event == key[0]) & (Webhook.url == key[1]),
        )

    def load(self) -> None:
        """Read the whole tenant, in a handful of statements."""
        self.locations.load()
        self.button_templates.load()
        self.extensions.load()
        self.devices.load()
        self.webhooks.load()

    def lacks(self, noun: str, name: str) -> str | None:
        """Why a reference leads nowhere, None where the thing exists."""
        shelves = {
            "locations": self.locations.get,
            "button_templates": self.button_templates.get,
            "extensions": self.extensions.get,
        }
        if shelves[noun](name) is not None:
            return None
        return f"there is no {_TITLES[noun]} {name[:60]!r}; add it, or write one that there is"

    def station(self, mac: Mac) -> Station | None:
        """The base of this MAC."""
        row = self.devices.get(mac)
        if row is None:
            return None
        return Station(model_of({"vendor": row.vendor, "model": row.model}), row.base_id is not None)

    def claimed(self, identity: Mac | Ipei) -> str | None:
        """Why the tenant cannot have this address: another one has it."""
        if identity not in self._claims:
            self.learn_claims([identity])
        slug = self._claims[identity]
        if slug is None:
            return None
        whose = f" by tenant {slug}" if self._names_tenants else ""
        return f"{identity} is already in use{whose}; compare it with the label of the device"

    def learn_claims(self, identities: Sequence[Mac | Ipei]) -> None:
        """Ask once which of many addresses other tenants have."""
        self._claims.update(dict.fromkeys(identities))
        for column, kind in ((Device.mac, Mac), (Device.ipei, Ipei)):
            by_hex = {identity.hex: identity for identity in identities if isinstance(identity, kind)}
            for part in sliced(list(by_hex)):
                theirs = column.in_(part) & (Device.tenant_id != self._tenant_id)
                for row in self._session.execute(select(column, Tenant.slug).join(Device.tenant).where(theirs)):
                    self._claims[by_hex[str(row[0])]] = row.slug


def device_keys(row: Device) -> list[DeviceKey]:
    """The names by which a stored device is known."""
    keys: list[DeviceKey] = [Mac(row.mac)] if row.mac else []
    if row.ipei:
        keys.append(Ipei.parse(f"0x{row.ipei}"))
    if row.slot and row.base and row.base.mac:
        keys.append(Seat(Mac(row.base.mac), row.slot))
    return keys


def _is_device(key: DeviceKey) -> ColumnElement[bool]:
    if isinstance(key, Mac):
        return Device.mac == key.hex
    if isinstance(key, Ipei):
        return Device.ipei == key.hex
    base = aliased(Device)
    return (Device.slot == key.slot) & Device.base_id.in_(select(base.id).where(base.mac == key.base.hex))


def sliced(ids: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Parts that are short enough for one statement."""
    return (ids[start : start + SLICE] for start in range(0, len(ids), SLICE))
