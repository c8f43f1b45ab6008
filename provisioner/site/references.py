"""Checks of a whole file against the database before anything is written: all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.errors import Problem
from provisioner.services import devices, extensions, integrations, tenants
from provisioner.services.change import Clash
from provisioner.services.rows import Known, Rows, Seat, Station
from provisioner.services.schemas import DeviceIn, model_of
from provisioner.site.document import Entry, Site
from provisioner.values import Ipei, Mac


@dataclass
class Declared:
    """What there will be once the file is applied: its own objects, and the database's unless they are pruned."""

    site: Site
    rows: Rows
    prune: bool

    def __post_init__(self) -> None:
        self._bases = {entry.given.mac: entry.given for entry in self.site.devices if entry.given.mac}

    def lacks(self, noun: str, name: str) -> str | None:
        """Why a reference leads nowhere, None where the thing exists."""
        if name in self.site.names[noun]:
            return None
        lacking = self.rows.lacks(noun, name)
        if lacking is None and self.prune:
            return f"{name[:60]!r} is not in the file, so that pruning removes it; add it to the file"
        return lacking

    def station(self, mac: Mac) -> Station | None:
        """The base of this MAC."""
        given = self._bases.get(mac)
        if given is not None:
            return Station(model_of({"vendor": given.vendor, "model": given.model}), given.base is not None)
        if mac.hex in self.site.names["devices"]:
            return Station(None, attached=False)
        return None if self.prune else self.rows.station(mac)

    def claimed(self, identity: Mac | Ipei) -> str | None:
        """Why the tenant cannot have this address: another one has it."""
        return self.rows.claimed(identity)


def check(site: Site, rows: Rows, *, prune: bool) -> list[Problem]:
    """Every problem that the file has in its surroundings."""
    known = Declared(site, rows, prune)
    rows.learn_claims([one for entry in site.devices for one in (entry.given.mac, entry.given.ipei) if one])
    problems = list(_each(known, [site.tenant] if site.tenant else [], tenants.check))
    problems += _each(known, site.extensions, extensions.check)
    problems += _each(known, site.devices, devices.check)
    problems += _each(known, site.integrations, integrations.check)
    return problems if prune else [*problems, *_seats(site, rows)]


def _each(
    known: Known, entries: Sequence[Entry[Any]], checked: Callable[[Known, Any], Iterator[Problem]]
) -> list[Problem]:
    return [entry.placed(problem) for entry in entries for problem in checked(known, entry.given)]


def _seats(site: Site, rows: Rows) -> Iterator[Problem]:
    """Slots that a handset has which is not in the file."""
    moving = {entry.given.ipei for entry in site.devices if entry.given.ipei}
    for entry in site.devices:
        other = _sitting(entry.given, rows)
        if other is not None and other.ipei and Ipei.parse(f"0x{other.ipei}") not in moving:
            message = f"slot {entry.given.slot} is already in use by {devices.called(other)}; take another or remove it"
            yield entry.placed(Clash(field="slot", message=message))


def _sitting(given: DeviceIn, rows: Rows) -> Any:
    return rows.devices.get(Seat(given.base, given.slot)) if given.ipei and given.base and given.slot else None
