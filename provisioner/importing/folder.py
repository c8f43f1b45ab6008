"""A whole folder becomes a site: file by file into devices, devices into the tables of a site file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from provisioner.errors import ProvisionerError
from provisioner.importing.draft import Draft, People, Registrar, draft
from provisioner.importing.files import Named, NotTaken, find, named
from provisioner.importing.remainder import Left, remainders
from provisioner.importing.understand import Read, Texts, Understood, understand
from provisioner.services.buttons import ButtonIn
from provisioner.values import Mac, Mode

Progress = Callable[[int, int], None]


@dataclass(slots=True, kw_only=True)
class Row:
    """What the report says of one file. ``notes`` are reasons, never values."""

    path: str
    taken_as: str = ""
    accounts: int = 0
    buttons: int = 0
    left: Left = field(default_factory=Left)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Imported:
    """The site as the tables of a site file, and a row for each file of the folder."""

    site: dict[str, Any]
    rows: list[Row]


def read_folder(folder: Path, tenant: str, models: Mapping[Mac, str], progress: Progress | None = None) -> Imported:
    """Read everything in the folder; ``models`` names the model of a MAC where people know it."""
    places = find(folder)
    rows: dict[str, Row] = {}
    devices: dict[Mac, list[Named]] = {}
    for place in places:
        try:
            file = named(place, folder)
            devices.setdefault(file.mac, []).append(file)
        except NotTaken as error:
            path = str(place.relative_to(folder))
            rows[path] = Row(path=path, notes=[str(error)])
    people, drafts = People(), []
    step = _steps(progress, 2 * len(devices))
    for mac, files in sorted(devices.items()):
        drafts += _device(files, models.get(mac), people, rows)
        step()
    # What is native depends on the registrar of most extensions, so all of them come first.
    finished = []
    for one in drafts:
        finished += _finished(one, people, rows)
        step()
    return Imported(_site(tenant, people, finished), [rows[path] for path in sorted(rows)])


def _steps(progress: Progress | None, total: int) -> Callable[[], None]:
    done = count(1)
    return lambda: progress(next(done), total) if progress else None


def _device(files: list[Named], model: str | None, people: People, rows: dict[str, Row]) -> list[Draft]:
    """One device's files, and what the report says of those that are of no use."""
    texts = Texts(files)
    understood = understand(texts, model)
    reads = {read.file.path: read for read in understood.reads if _is_of_use(read)} if understood else {}
    for file in files:
        row = rows[file.path] = Row(path=file.path)
        if understood and file.path in reads:
            row.taken_as = _title(understood)
        else:
            row.notes.append(_why_not(file, texts, understood, model))
    return [draft(replace(understood, reads=tuple(reads.values())), people)] if understood else []


def _is_of_use(read: Read) -> bool:
    """Whether it is a configuration: one that we write ourselves, or that the reader understands."""
    return bool(read.reading.taken) or any(name.file.template for name in read.file.names)


def _title(understood: Understood) -> str:
    return f"{understood.vendor.name} {understood.model.name}{'' if understood.sure else ' (guessed)'}"


def _why_not(file: Named, texts: Texts, understood: Understood | None, model: str | None) -> str:
    if file.path in texts.unreadable:
        return texts.unreadable[file.path]
    kinds = ", ".join(sorted({f"{name.vendor} {name.file.kind}" for name in file.names}))
    if understood:
        return f"holds no settings that the reader of {understood.vendor.name} understands ({kinds})"
    if model:
        return f"the model {model[:40]!r} that was given is none of a vendor that understands it ({kinds})"
    return f"no reader understands anything in it ({kinds})"


def _finished(made: Draft, people: People, rows: dict[str, Row]) -> list[Draft]:
    """Native settings and the report's numbers; a device that cannot be rendered stays out and is told."""
    reads = made.understood.reads
    first = rows[reads[0].file.path]
    try:
        left = remainders(made, people)
    except ProvisionerError as error:
        first.notes.append(f"the device cannot be rendered, so it is left out: {error}")
        return []
    first.notes += made.refused
    slots = {button.slot for button in made.buttons if button.mode is not Mode.NONE}
    for read in reads:
        row = rows[read.file.path]
        row.left = left[read.file.path]
        row.accounts = sum(one.number in made.numbers.values() for one in read.reading.accounts)
        row.buttons = sum(one.slot in slots for one in read.reading.buttons)
    return [made]


# The site file


def _site(tenant: str, people: People, drafts: list[Draft]) -> dict[str, Any]:
    server = people.server
    site: dict[str, Any] = {"tenant": tenant}
    if server.fields:
        site["sip"] = server.fields
    numbers = {number for one in drafts for number in one.numbers.values()}
    site["extensions"] = [_extension(people, number, server) for number in sorted(numbers, key=_by_number)]
    site["devices"] = [table for one in drafts for table in _tables(one)]
    return site


def _by_number(number: str) -> tuple[bool, int, str]:
    return not number.isdecimal(), len(number), number


def _extension(people: People, number: str, server: Registrar) -> dict[str, Any]:
    person = people.by_number[number]
    given = person.given
    table: dict[str, Any] = {"number": number, "name": given.name, "auth_user": given.auth_user}
    table["password"] = given.password
    if person.server.fields and person.server != server:
        table["sip"] = person.server.fields
    return {name: value for name, value in table.items() if value}


def _tables(made: Draft) -> list[dict[str, Any]]:
    """A device, and behind a base its handsets."""
    understood = made.understood
    table: dict[str, Any] = {
        "mac": made.mac.colons,
        "vendor": understood.vendor.name,
        "model": understood.model.name,
        "extensions": [] if understood.model.handsets else [number for _, number in sorted(made.numbers.items())],
        "expansion_modules": made.modules,
        "settings": {understood.vendor.name: dict(made.native)} if made.native else {},
        "buttons": [_button(one) for one in sorted(made.buttons, key=lambda one: one.slot)],
    }
    device = {name: value for name, value in table.items() if value}
    return [device, *(_handsets(made) if understood.model.handsets else ())]


def _handsets(made: Draft) -> list[dict[str, Any]]:
    return [
        {"base": made.mac.colons, "slot": slot, "extensions": [number]} for slot, number in sorted(made.numbers.items())
    ]


def _button(one: ButtonIn) -> dict[str, Any]:
    table = {"slot": str(one.slot), "mode": one.mode.value, "value": one.value, "label": one.label}
    return {name: value for name, value in {**table, "account": one.account}.items() if value}
