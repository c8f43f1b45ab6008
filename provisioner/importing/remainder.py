"""What a device's files say beyond what our own templates would write for it: its native settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter, ValidationError

from provisioner.errors import Broken
from provisioner.importing.blank import HOST, blank
from provisioner.importing.draft import Draft, People, Registrar
from provisioner.importing.understand import Read
from provisioner.merge import merge
from provisioner.profile import Origin, Profile
from provisioner.record import ButtonRow, ExtensionRecord, HandsetRecord, Layer, Record
from provisioner.render import document_of
from provisioner.services.fields import Native
from provisioner.vendor_api import Vendor

_NATIVE: TypeAdapter[Native] = TypeAdapter(Native)


@dataclass(slots=True)
class Left:
    """What became of the keys of one file, beside accounts and buttons."""

    native: list[str] = field(default_factory=list)
    same: int = 0
    cleared: int = 0
    ours: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    overruled: list[str] = field(default_factory=list)


def remainders(draft: Draft, people: People) -> dict[str, Left]:
    """Give the device its native settings, and tell for each of its files what became of the keys."""
    written = _Written(merge(record_of(draft, people)), draft.understood.vendor)
    winners = {key: read for read in draft.understood.reads for key in read.values}
    return {read.file.path: _left(draft, read, winners, written) for read in draft.understood.reads}


class _Written:
    """What our own templates write for a device."""

    def __init__(self, profile: Profile, vendor: Vendor) -> None:
        files = [file for file in vendor.files if file.template and file.fits(profile.model)]
        documents = [(file, document_of(profile, file)) for file in files]
        self._values = {key: value for _, document in reversed(documents) for key, value in document.items()}
        # New native keys go to the device's first private file.
        self._first = next((document for file, document in documents if file.private), None)
        self._own = re.compile(rf"{re.escape(HOST)}|{profile.mac.hex}|/0{{20}}", re.IGNORECASE)

    def value(self, key: str) -> str | None:
        """The value that we would write, None where we leave the key alone."""
        return self._values.get(key)

    def leads_here(self, key: str) -> bool:
        """Whether our value leads the phone back to this server or on to its own files."""
        return bool(self._own.search(self._values.get(key, "")))

    def can_hold(self, key: str, value: str) -> bool:
        """Whether the site file takes the key, and the vendor's syntax can write it."""
        try:
            _NATIVE.validate_python({"x": {key: value}})
            if key not in self._values and self._first:
                self._first.put(key, value)
                self._first.drop(key)
        except (ValidationError, Broken, ValueError, LookupError):
            return False
        return True


def record_of(draft: Draft, people: People) -> Record:
    """The device as the database would give it, had the site file been applied."""
    folk = tuple(_extension(people, number) for _, number in sorted(draft.numbers.items()))
    base = draft.understood.model.handsets > 0
    return replace(
        blank(draft.mac, draft.understood.vendor.name, draft.understood.model.name),
        layers=(Layer(origin=Origin("tenant"), values=registrar_values(people.server)),),
        extensions=() if base else folk,
        handsets=tuple(_handsets(draft, people)) if base else (),
        buttons=tuple(_rows(draft)),
        modules=draft.modules or None,
    )


def _extension(people: People, number: str) -> ExtensionRecord:
    person = people.by_number[number]
    return ExtensionRecord(
        number=number,
        name=person.given.name,
        auth_user=person.given.auth_user,
        password=person.given.password or "",
        voicemail=None,
        layer=Layer(origin=Origin("extension"), values=registrar_values(person.server)),
    )


def registrar_values(server: Registrar) -> dict[str, str | int]:
    """A registrar as neutral settings, of which only what is known is given."""
    return {f"sip.{name}": value for name, value in server.fields.items()}


def _handsets(draft: Draft, people: People) -> Iterator[HandsetRecord]:
    for slot, number in draft.numbers.items():
        extension = _extension(people, number)
        yield HandsetRecord(name="", ipei=None, slot=slot, extensions=(extension,))


def _rows(draft: Draft) -> Iterator[ButtonRow]:
    for one in draft.buttons:
        yield ButtonRow(slot=one.slot, mode=one.mode, value=one.value, label=one.label, account=one.account)


def _left(draft: Draft, read: Read, winners: Mapping[str, Read], written: _Written) -> Left:
    left = Left()
    for key, value in read.values.items():
        if winners[key] is not read and winners[key].values[key] != value:
            left.overruled.append(key)
        else:
            _sort(draft, read, key, left, written)
    return left


def _sort(draft: Draft, read: Read, key: str, left: Left, written: _Written) -> None:
    """One key goes where it belongs."""
    value = read.values[key]
    stated = written.value(key)
    if stated is not None and _meant(stated, read) == _meant(value, read):
        left.same += 1
    elif not _meant(value, read):
        left.cleared += 1
    elif written.leads_here(key):
        left.ours.append(key)
    elif value in draft.stale:
        left.stale.append(key)
    elif written.can_hold(key, value):
        draft.native[key] = value
        left.native.append(key)
    else:
        left.refused.append(key)


def _meant(value: str, read: Read) -> str:
    """A value as it comes through the syntax, with every way to say nothing as one."""
    return "" if value == read.syntax.clear else read.syntax.carry(value)
