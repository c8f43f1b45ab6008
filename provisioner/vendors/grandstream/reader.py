"""Reads a file of either dialect back into accounts and buttons: the proof of what we write, and an import."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from provisioner.vendor_api import Document, Expansion, Mode, Model, ReadAccount, ReadButton, Reading, Slot
from provisioner.vendors.grandstream.buttons import WORDS
from provisioner.vendors.grandstream.dialect import FAMILIES, Dialect

_P_VALUE = re.compile(r"P\d+")
_YES = ("yes", "1")
_MODES: Mapping[str, Mode] = MappingProxyType({word.lower(): mode for mode, words in WORDS.items() for word in words})
_GROUPS = (("line", "vpk"), ("key", "mpk"), ("soft", "softkey"))


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and keys whose function we know; what else stands there is not taken."""
    reader = _Reader(dict(document.items()), model)
    accounts, buttons = tuple(reader.accounts()), tuple(reader.buttons())
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(reader.taken))


class _Reader:
    """One document under the eyes of one model; ``taken`` grows with what is understood."""

    def __init__(self, values: Mapping[str, str], model: Model) -> None:
        family = FAMILIES[model.extra["family"]]
        self.taken: set[str] = set()
        self._values = values
        self._model = model
        self._dialect = Dialect(family, any(_P_VALUE.fullmatch(key) for key in values))

    def accounts(self) -> Iterator[ReadAccount]:
        """Every account that is on."""
        for index in range(1, self._model.accounts + 1):
            number = self._text(f"account.{index}.sip.userid")
            on = self._text(f"account.{index}.enable").lower() in _YES
            made = ReadAccount(
                index=index,
                number=number,
                name=self._text(f"account.{index}.sip.subscriber.name"),
                auth_user=self._text(f"account.{index}.sip.subscriber.userid"),
                password=self._text(f"account.{index}.sip.subscriber.password"),
                server=self._text(f"account.{index}.sip.server.1.address"),
            )
            if on and number:
                yield made

    def buttons(self) -> Iterator[ReadButton]:
        """Every key that does something."""
        for slot, name in _slots(self._model):
            mode = self._mode(slot, self._text(f"{name}.keyMode"))
            account = self._text(f"{name}.account")
            value, label = self._text(f"{name}.value"), self._text(f"{name}.description")
            if mode and (value or label or mode is not Mode.SPEED_DIAL):
                yield ReadButton(slot=slot, mode=mode, value=value, label=label, account=_account(account))

    def _text(self, name: str) -> str:
        key = self._dialect.key(name)
        if key is None or key not in self._values:
            return ""
        self.taken.add(key)
        return self._values[key]

    def _mode(self, slot: Slot, code: str) -> Mode | None:
        """The mode of a key's function, given as a word or by its number."""
        if not code.lstrip("-").isdecimal():
            return _MODES.get(code.lower())
        fixed = slot.group == "soft" or (slot.group == "line" and slot.number <= int(self._model.extra.get("fixed", 0)))
        numbered = Dialect(self._dialect.family, p_values=True)
        known = (word for words in WORDS.values() for word in words if word != "DialPrefix")
        word = next((one for one in known if numbered.key_mode(one, fixed=fixed) == code), "")
        return _MODES.get(word.lower()) if code != "-1" else None


def _slots(model: Model) -> Iterator[tuple[Slot, str]]:
    """Every key of the model with its name on the wire."""
    for group, name in _GROUPS:
        for number in range(1, model.slots(group) + 1):
            yield Slot(group, number), f"pks.{name}.{number}"
    boards = model.expansion or Expansion(name="", keys=0, modules=0)
    for index in range(boards.keys * boards.modules):
        module, number = divmod(index, boards.keys)
        yield Slot(f"exp{module + 1}", number + 1), f"pks.ext.{index + 1}"


def _account(text: str) -> int:
    """The account of a key: a number from 0, or ``Account1``."""
    digits = text.lower().removeprefix("account")
    if not digits.isdecimal():
        return 1
    return int(digits) + (0 if digits != text else 1)
