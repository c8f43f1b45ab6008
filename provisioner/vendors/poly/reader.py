"""Reads a Poly file back into accounts and buttons: the proof of what we write, and the import of others'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import Document, Mode, Model, ReadAccount, ReadButton, Reading, Slot

_ADDRESS = re.compile(r"reg\.([1-9]\d?)\.address")
_KEY = re.compile(r"lineKey\.([1-9]\d{0,3})\.category", re.IGNORECASE)
_INDEX = re.compile(r"\d{1,4}")
_TAKEN = re.compile(
    r"reg\.\d+\.(address|displayName|label|type|lineKeys|auth\.userId|auth\.password|server\.1\.address)"
    r"|lineKey\.\d+\.(category|index)|attendant\.reg|attendant\.resourceList\.\d+\.(address|label|type)"
    r"|efk\.efklist\.\d+\.(mname|label|action\.string)|softkey\.\d+\.(enable|label|action)"
    r"|call\.directedCallPickupString"
)

# Our own macros are named after their mode.
_NAMED = {mode.replace("-", ""): mode for mode in Mode}
_NAME = re.compile(r"([a-z]+)\d+")
_TAILS = (
    (re.compile(r"\^?(.*)\$P\d+N\d+\$\$Tinvite\$"), Mode.PREFIX),
    (re.compile(r"\^?(.*)\$Tinvite\$"), Mode.SPEED_DIAL),
    (re.compile(r"\^?(.*)\$Tintercom\$"), Mode.INTERCOM),
    (re.compile(r"\^?(.*)\$Tdtmf\$"), Mode.DTMF),
    (re.compile(r"\^?(.*)\$Trefer\$"), Mode.TRANSFER),
    (re.compile(r"(https?://.*)"), Mode.URL),
)
_BARE = {
    "$FMessages$": Mode.VOICEMAIL,
    "$FDoNotDisturb$": Mode.DND,
    "$FTransfer$": Mode.TRANSFER,
    "$FDirectories$": Mode.DIRECTORY,
    "$Chold$": Mode.HOLD,
}

Values = Mapping[str, str]


def read(document: Document, model: Model) -> Reading:
    """Accounts that have an address, and keys that point into the BLF list, the macros or the accounts."""
    values = dict(document.items())
    buttons = (button for button in _buttons(values, model) if button.slot.number <= model.slots(button.slot.group))
    return Reading(
        accounts=tuple(_accounts(values)),
        buttons=tuple(buttons),
        taken=frozenset(key for key in values if _TAKEN.fullmatch(key)),
    )


def _accounts(values: Values) -> Iterator[ReadAccount]:
    indices = sorted(int(match[1]) for match in map(_ADDRESS.fullmatch, values) if match)
    for index in indices:
        number, _, host = values[f"reg.{index}.address"].partition("@")
        if number:
            yield ReadAccount(
                index=index,
                number=number,
                name=values.get(f"reg.{index}.displayName", ""),
                auth_user=values.get(f"reg.{index}.auth.userId", ""),
                password=values.get(f"reg.{index}.auth.password", ""),
                server=values.get(f"reg.{index}.server.1.address", "") or host,
            )


def _buttons(values: Values, model: Model) -> Iterator[ReadButton]:
    entries = 0
    for number, category, index in _assigned(values):
        slot = _slot(model, number)
        if category == "blf":
            entries += 1
            yield _watched(values, slot, int(index or 0) or entries)
        elif category == "line" and index:
            yield _line(values, slot, int(index))
        elif category == "efk" and index:
            yield from _macro(values, slot, int(index))
    yield from _soft_keys(values)


def _assigned(values: Values) -> Iterator[tuple[int, str, str]]:
    """Each line key's number, category and index; without assignment lines come first, then the BLF list."""
    folded = {key.lower(): value for key, value in values.items()}
    numbers = sorted(int(match[1]) for match in map(_KEY.fullmatch, values) if match)
    for number in numbers:
        index = folded.get(f"linekey.{number}.index", "")
        yield number, folded[f"linekey.{number}.category"].lower(), index if _INDEX.fullmatch(index) else ""
    if not numbers:
        yield from _natural(values)


def _natural(values: Values) -> Iterator[tuple[int, str, str]]:
    """The order in which software without line key assignment fills its keys."""
    number = 0
    for account in _accounts(values):
        count = values.get(f"reg.{account.index}.lineKeys", "")
        for _ in range(int(count) if _INDEX.fullmatch(count) else 1):
            number += 1
            yield number, "line", str(account.index)
    for entry in _entries(values):
        number += 1
        yield number, "blf", str(entry)


def _entries(values: Values) -> list[int]:
    found = (re.fullmatch(r"attendant\.resourceList\.([1-9]\d{0,3})\.address", key) for key in values)
    return sorted(int(match[1]) for match in found if match)


def _slot(model: Model, number: int) -> Slot:
    """The place of a line key: the phone's own keys come first, then module after module."""
    beyond = number - model.line_keys - 1
    if beyond < 0 or model.expansion is None:
        return Slot("line", number)
    module, key = divmod(beyond, model.expansion.keys)
    return Slot(f"exp{module + 1}", key + 1)


def _line(values: Values, slot: Slot, account: int) -> ReadButton:
    shared = values.get(f"reg.{account}.type") == "shared"
    return ReadButton(
        slot=slot,
        mode=Mode.SHARED_LINE if shared else Mode.LINE,
        value=str(account),
        label=values.get(f"reg.{account}.label", ""),
        account=account,
    )


def _watched(values: Values, slot: Slot, entry: int) -> ReadButton:
    """An entry of the BLF list; one with a server belongs to the account that registers there."""
    resource = f"attendant.resourceList.{entry}"
    number, _, host = values.get(f"{resource}.address", "").removeprefix("sip:").partition("@")
    watcher = values.get("attendant.reg", "")
    at_home = next((one.index for one in _accounts(values) if host and one.server == host), None)
    return ReadButton(
        slot=slot,
        mode=Mode.PARK if values.get(f"{resource}.type") == "automata" else Mode.BLF,
        value=number if at_home or not host else f"{number}@{host}",
        label=values.get(f"{resource}.label", ""),
        account=at_home or (int(watcher) if _INDEX.fullmatch(watcher) else 1),
    )


def _macro(values: Values, slot: Slot, entry: int) -> Iterator[ReadButton]:
    macro = f"efk.efklist.{entry}"
    mode, value = _meant(values.get(f"{macro}.action.string", ""))
    named = _NAME.fullmatch(values.get(f"{macro}.mname", ""))
    mode = _NAMED.get(named[1], mode) if named else mode
    if mode is Mode.PICKUP:
        value = value.removeprefix(values.get("call.directedCallPickupString", ""))
    if mode:
        yield ReadButton(slot=slot, mode=mode, value=value, label=values.get(f"{macro}.label", ""))


def _soft_keys(values: Values) -> Iterator[ReadButton]:
    found = (re.fullmatch(r"softkey\.([1-9]\d?)\.enable", key) for key, value in values.items() if value == "1")
    for number in sorted(int(match[1]) for match in found if match):
        mode, value = _meant(values.get(f"softkey.{number}.action", ""))
        if mode:
            label = values.get(f"softkey.{number}.label", "")
            yield ReadButton(slot=Slot("soft", number), mode=mode, value=value, label=label)


def _meant(action: str) -> tuple[Mode | None, str]:
    """The mode and the value that an action string stands for."""
    if action in _BARE:
        return _BARE[action], ""
    for tail, mode in _TAILS:
        match = tail.fullmatch(action)
        if match:
            return mode, match[1]
    return None, action
