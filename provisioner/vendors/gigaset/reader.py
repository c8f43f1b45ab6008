"""Reads a Gigaset file of any dialect back into accounts and buttons, ours and other systems'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import (
    Buttons,
    Code,
    Document,
    Mode,
    Model,
    ReadAccount,
    ReadButton,
    Reading,
    Slot,
    grouped,
)
from provisioner.vendors.gigaset.buttons import DESKTOP, MAXWELL

# What a field of an account is called in each dialect; one is told from the next by the group ``n``.
_ACCOUNTS = {
    "nx70": re.compile(r"SipAccount\.(?P<n>\w+)\.(?P<field>UserName|DisplayName|AuthName|AuthPassword|ProviderId)"),
    "maxwell": re.compile(
        r"SIP\.Account\.(?P<n>\d)\.(?P<field>Active|Username|DisplayName|AuthName|AuthPassword"
        r"|RegistrationServer\.Address)"
    ),
    "desktop": re.compile(r"(?P<field>user_(?:active|name|realname|pname|pass|host)|hide_identity)\[(?P<n>\d+)\]"),
    "n510": re.compile(
        r"BS_IP_Data[13]\.(?P<field>aucS_SIP_(?:USER_ID|DISPLAYNAME|LOGIN_ID|PASSWORD|SERVER)|ucB_SIP_ACCOUNT_IS_ACTIVE)"
        r"(?:_(?P<n>\d))?"
    ),
    "n720": re.compile(
        r"BS_VOIP_Data\.astVoipAccounts\[(?P<n>\d+)\]\.(?P<field>aucS_SIP_(?:USER_ID|DISPLAYNAME|LOGIN_ID|PASSWORD)"
        r"|ucB_SIP_ACCOUNT_IS_ACTIVE_1|ucVoipProviderIndex)(?:\[0\])?"
    ),
}
_FRAME = ("aucS_SIP_USER_ID", "aucS_SIP_DISPLAYNAME", "aucS_SIP_LOGIN_ID", "aucS_SIP_PASSWORD")
# The fields: whether it is on, number, name, authentication user, password, server.
_FIELDS = {
    "nx70": ("", "UserName", "DisplayName", "AuthName", "AuthPassword", ""),
    "maxwell": ("Active", "Username", "DisplayName", "AuthName", "AuthPassword", "RegistrationServer.Address"),
    "desktop": ("user_active", "user_name", "user_realname", "user_pname", "user_pass", "user_host"),
    "n510": ("ucB_SIP_ACCOUNT_IS_ACTIVE", *_FRAME, "aucS_SIP_SERVER"),
    "n720": ("ucB_SIP_ACCOUNT_IS_ACTIVE_1", *_FRAME, ""),
}
# Where the number of an account's server leads.
_SERVERS = {
    "nx70": ("ProviderId", "SipProvider.{}.RegServerAddress"),
    "n720": ("ucVoipProviderIndex", "BS_VOIP_Data.astVoipProviders[{}].aucSIP_SERVER[%]"),
}
_ON = ("1", "0x1", "on", "true")
_MAXWELL_KEY = re.compile(r"PhoneUI\.Keys\.(?P<group>FunctionKeys|SoftKeys)\.(?P<n>\d+)\.(?P<field>\w+)")
_FUNCTION_KEY = re.compile(r"fkey\[(?P<n>\d+)\]")
_SOFT_KEY = re.compile(r"gui_fkey(?P<n>\d+)")


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on and shown, and keys whose type we know."""
    dialect = model.extra["dialect"]
    values = {key: _unquoted(value) for key, value in document.items()}
    taken: set[str] = set()
    accounts = tuple(_accounts(dialect, values, taken))
    readers = {"maxwell": _maxwell_buttons, "desktop": _desktop_buttons}
    buttons = readers[dialect](values, model, taken) if dialect in readers else iter(())
    return Reading(accounts=accounts, buttons=tuple(sorted(buttons, key=lambda one: one.slot)), taken=frozenset(taken))


def _unquoted(value: str) -> str:
    """A text of a `ProviderFrame` without the quotes that it stands in."""
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if quoted else value


# Accounts


def _accounts(dialect: str, values: Mapping[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    on, number, name, auth_user, password, server = _FIELDS[dialect]
    found = grouped(values, _ACCOUNTS[dialect], taken, lambda match: match["n"] or "1")
    used = (one for one in found.items() if _is_used(one[1], on, number))
    for nth, (n, fields) in enumerate(used, 1):
        yield ReadAccount(
            index=_index(dialect, n, nth),
            number=fields[number],
            name=fields.get(name, ""),
            auth_user=fields.get(auth_user, ""),
            password=fields.get(password, ""),
            server=fields.get(server, "") or _server(dialect, fields, values),
        )


def _is_used(fields: Mapping[str, str], on: str, number: str) -> bool:
    # A hidden identity is another one's place on the backup server.
    hidden = fields.get("hide_identity") == "true"
    return fields.get(on, "1") in _ON and bool(fields.get(number)) and not hidden


def _index(dialect: str, n: str, nth: int) -> int:
    """Accounts that go by their handset are counted; the Maxwell's begin at 0."""
    if dialect in ("nx70", "n720"):
        return nth
    return int(n) + 1 if dialect == "maxwell" else int(n)


def _server(dialect: str, fields: Mapping[str, str], values: Mapping[str, str]) -> str:
    field, place = _SERVERS.get(dialect, ("", ""))
    return values.get(place.format(fields.get(field, "")), "")


# Buttons


def _modes(table: Buttons) -> dict[str, Mode]:
    """The mode that a type stands for; of several the first one."""
    modes: dict[str, Mode] = {}
    for mode, entry in table.items():
        if isinstance(entry, Code) and mode not in (Mode.NONE, Mode.NATIVE):
            modes.setdefault(entry.code, mode)
            modes.setdefault(entry.extra.get("alone", entry.code), mode)
    return modes


_MAXWELL_MODES = _modes(MAXWELL)
_DESKTOP_MODES = _modes(DESKTOP)


def _maxwell_buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    def place(match: re.Match[str]) -> Slot | None:
        slot = Slot("line" if match["group"] == "FunctionKeys" else "soft", int(match["n"]) + 1)
        return slot if slot.number <= model.slots(slot.group) else None

    for slot, fields in grouped(values, _MAXWELL_KEY, taken, place).items():
        mode = _MAXWELL_MODES.get(fields.get("Type", ""))
        if mode:
            yield _maxwell_button(slot, mode, fields)


def _maxwell_button(slot: Slot, mode: Mode, fields: Mapping[str, str]) -> ReadButton:
    entry, line = MAXWELL[mode], fields.get("Connection", "")
    assert isinstance(entry, Code)
    return ReadButton(
        slot=slot,
        mode=mode,
        value=fields.get(entry.extra["reads"], ""),
        label=fields.get("DisplayName", ""),
        account=int(line) if mode is Mode.LINE and line.isdecimal() and int(line) else 1,
    )


def _desktop_buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    for key, value in values.items():
        slot = _desktop_slot(key, model)
        mode, argument = _desktop_mode(value.strip())
        if slot is None or mode is None:
            continue
        context = values.get(f"{key}@context", "")
        account = int(context) if context.isdecimal() and int(context) else 1
        taken.update({key, f"{key}@context", f"{key}@label"} & values.keys())
        yield ReadButton(
            slot=slot,
            mode=mode,
            value=str(account) if mode is Mode.LINE else argument,
            label=values.get(f"{key}@label", ""),
            account=account,
        )


def _desktop_mode(text: str) -> tuple[Mode | None, str]:
    """The mode and the argument of a key's text; the pickup code after a pipe is not the key's number."""
    if text in _DESKTOP_MODES:
        return _DESKTOP_MODES[text], ""
    kind, _, argument = text.partition(" ")
    mode = _DESKTOP_MODES.get(kind)
    return mode, argument.strip().partition("|")[0] if mode is Mode.BLF else argument.strip()


def _desktop_slot(key: str, model: Model) -> Slot | None:
    if match := _SOFT_KEY.fullmatch(key):
        return _within(Slot("soft", int(match["n"])), model)
    if not (match := _FUNCTION_KEY.fullmatch(key)):
        return None
    index, first = int(match["n"]), int(model.extra["first_module"])
    if index < model.line_keys:
        return Slot("line", index + 1)
    if model.expansion is None or index < first:
        return None
    module, number = divmod(index - first, model.expansion.keys)
    return _within(Slot(f"exp{module + 1}", number + 1), model)


def _within(slot: Slot, model: Model) -> Slot | None:
    return slot if 0 < slot.number <= model.slots(slot.group) else None
