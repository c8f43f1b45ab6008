"""A site in the making: extensions of all files, and devices with the buttons that their schema allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from provisioner.hosts import bracketed, split
from provisioner.importing.understand import Understood, holds
from provisioner.neutral import Sip
from provisioner.services.buttons import ButtonIn
from provisioner.services.schemas import ExtensionIn
from provisioner.values import Mac, Mode, Slot
from provisioner.vendor_api import ReadAccount, ReadButton

_LINES = (Mode.LINE, Mode.SHARED_LINE)


@dataclass(frozen=True, slots=True)
class Registrar:
    """Where an account registers; empty where its file does not say so in a way that a site file can."""

    server: str = ""
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Registrar:
        """Read ``host`` or ``host:port``, an IPv6 address with or without brackets."""
        host, port = split(text)
        try:
            given = Sip.model_validate({"server": bracketed(host), "port": port or None})
        except ValidationError:
            return cls()
        return cls(given.server or "", given.port)

    @property
    def fields(self) -> dict[str, str | int]:
        """What is known of it, as the fields of a site file."""
        known = {"server": self.server, "port": self.port}
        return {name: value for name, value in known.items() if value}


@dataclass(slots=True)
class Person:
    """An extension, and the file that told it first."""

    given: ExtensionIn
    server: Registrar
    path: str


@dataclass(slots=True, kw_only=True)
class Draft:
    """One device. ``numbers`` are its extensions by line, ``refused`` what stayed out and why."""

    mac: Mac
    understood: Understood
    numbers: dict[int, str] = field(default_factory=dict)
    buttons: list[ButtonIn] = field(default_factory=list)
    native: dict[str, str] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    @property
    def modules(self) -> int:
        """How many expansion modules its buttons need."""
        return max((button.slot.module for button in self.buttons), default=0)


class People:
    """The extensions of all devices, each number once."""

    def __init__(self) -> None:
        self.by_number: dict[str, Person] = {}

    def add(self, account: ReadAccount, path: str, draft: Draft) -> bool:
        """Take an account as an extension; whatever contradicts an earlier file is told and stays out."""
        try:
            given = ExtensionIn.model_validate(_extension(account))
        except ValidationError as error:
            draft.refused.append(f"account {account.index} is no extension: {_first(error)}")
            return False
        first = self.by_number.setdefault(given.number, Person(given, Registrar.parse(account.server), path))
        if first.given.password and given.password and first.given.password != given.password:
            draft.stale.add(given.password)
            draft.refused.append(f"the password of extension {given.number} is another one in {first.path}, which wins")
        elif not first.given.password and given.password:
            first.given = given
        return True

    @property
    def server(self) -> Registrar:
        """The registrar of most of them, of equal ones the first in alphabetical order."""
        counted = Counter(person.server for person in self.by_number.values() if person.server.server)
        return min(counted, key=lambda one: (-counted[one], one.server, one.port or 0), default=Registrar())


def draft(understood: Understood, people: People) -> Draft:
    """The device as its files tell it."""
    made = Draft(mac=understood.reads[0].file.mac, understood=understood)
    for index, (account, path) in sorted(_accounts(understood).items()):
        if index > understood.model.accounts:
            made.refused.append(
                f"account {index} does not fit: {understood.model.name} has {understood.model.accounts}"
            )
        elif account.number in made.numbers.values():
            made.refused.append(f"account {index} is extension {account.number} a second time")
        elif not understood.model.handsets and index != len(made.numbers) + 1:
            made.refused.append(f"account {index} stands behind an unused one; left as native settings")
        elif people.add(account, path, made):
            made.numbers[index] = account.number
    made.buttons = [*_buttons(understood.buttons, made)]
    made.buttons += _switched_off(made)
    return made


def _accounts(understood: Understood) -> dict[int, tuple[ReadAccount, str]]:
    return {one.index: (one, read.file.path) for read in understood.reads for one in read.reading.accounts}


def _extension(account: ReadAccount) -> Mapping[str, Any]:
    """The fields of the site file; a login that is the number goes without saying."""
    return {
        "number": account.number,
        "name": account.name if account.name != account.number else "",
        "auth_user": account.auth_user if account.auth_user != account.number else None,
        "password": account.password or None,
    }


def _buttons(buttons: Iterable[ReadButton], made: Draft) -> Iterator[ButtonIn]:
    model = made.understood.model
    for one in buttons:
        if not holds(model, one):
            made.refused.append(f"button {one.slot} is beyond a {model.name}")
        elif one.mode in _LINES and one.account not in made.numbers:
            made.refused.append(f"button {one.slot} is a line without an account; left as native settings")
        else:
            try:
                yield ButtonIn.model_validate(_button(one))
            except ValidationError as error:
                made.refused.append(f"button {one.slot} is left as native settings: {_first(error)}")


def _button(one: ReadButton) -> Mapping[str, Any]:
    value = str(one.account) if one.mode in _LINES else _literal(one.value)
    given = {"slot": str(one.slot), "mode": one.mode, "value": value, "label": _literal(one.label)}
    return given if one.account == 1 or one.mode in _LINES else {**given, "account": one.account}


def _literal(text: str) -> str:
    """A brace in somebody else's file is no placeholder of ours."""
    return text.replace("{", "{{").replace("}", "}}")


def _switched_off(made: Draft) -> Iterator[ButtonIn]:
    """Where a file assigns line keys, those that it leaves free do not become lines by themselves."""
    used = {button.slot for button in made.buttons}
    if any(slot.group == "line" for slot in used):
        lines = min(len(made.numbers), made.understood.model.line_keys)
        free = (Slot("line", n) for n in range(1, lines + 1) if Slot("line", n) not in used)
        yield from (ButtonIn(slot=slot, mode=Mode.NONE) for slot in free)


def _first(error: ValidationError) -> str:
    """What is wrong, without the value."""
    told = error.errors(include_input=False, include_context=False, include_url=False)[0]
    place = ".".join(map(str, told["loc"]))
    return f"{place}: {told['msg'].removeprefix('Value error, ')}"
