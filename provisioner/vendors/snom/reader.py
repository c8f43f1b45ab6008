"""Reads a Snom settings document back into accounts and buttons, ours and other systems'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.vendor_api import (
    Code,
    Document,
    Mode,
    Model,
    ReadAccount,
    ReadButton,
    Reading,
    Slot,
    numbered,
)
from provisioner.vendors.snom.buttons import buttons
from provisioner.vendors.snom.keys import hard_names

_ACCOUNT = re.compile(r"(?P<field>user_\w+|hide_identity)\[(?P<n>\d+)\]")
_FUNCTION_KEY = re.compile(r"fkey\[(?P<n>\d+)\]")
_SOFT_KEY = re.compile(r"context_key\[(?P<n>\d+)\]")
_OLD_SOFT_KEY = re.compile(r"gui_fkey(?P<n>\d+)")
_HARD_KEY = re.compile(r"dkey_(?P<name>\w+)")


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on and shown, and keys whose type we know; a base has no keys."""
    values = dict(document.items())
    taken: set[str] = set()
    if model.handsets:
        return Reading(accounts=tuple(_base_accounts(values, taken)), taken=frozenset(taken))
    accounts = tuple(_accounts(values, taken))
    found = tuple(sorted(_buttons(values, model, taken), key=lambda button: button.slot))
    return Reading(accounts=accounts, buttons=found, taken=frozenset(taken))


def _accounts(values: dict[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    for index, fields in _numbered(values, taken):
        # A hidden identity is another one's place on the backup server.
        hidden = fields.get("hide_identity") == "true"
        if fields.get("user_active", "on") == "on" and fields.get("user_name") and not hidden:
            yield ReadAccount(
                index=index,
                number=fields["user_name"],
                name=fields.get("user_realname", ""),
                auth_user=fields.get("user_pname", ""),
                password=fields.get("user_pass", ""),
                server=fields.get("user_host", ""),
            )


def _numbered(values: dict[str, str], taken: set[str]) -> list[tuple[int, dict[str, str]]]:
    """The fields of each account by their tag."""
    return sorted(numbered(values, _ACCOUNT, taken).items())


def _base_accounts(values: dict[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    """The extensions of a base in the order of their numbers, which are those of handsets."""
    extensions = _numbered(values, taken)
    used = [(n, fields) for n, fields in extensions if fields.get("user_active") == "on" and fields.get("user_name")]
    for nth, (n, fields) in enumerate(used, 1):
        server = values.get(f"subscr_sip_ua_data_server_id[{n}]", "1")
        yield ReadAccount(
            index=nth,
            number=fields["user_name"],
            name=fields.get("user_realname", ""),
            auth_user=fields.get("user_pname", ""),
            password=fields.get("user_pass", ""),
            server=values.get(f"user_host[{server}]", ""),
        )


def _buttons(values: dict[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    modes = _modes(model)
    for key, value in values.items():
        slot = _slot(key, model)
        mode, argument = _mode(value, modes)
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


def _modes(model: Model) -> dict[str, Mode]:
    """The mode that a type stands for; of several the first one."""
    modes: dict[str, Mode] = {"orbit": Mode.PARK}
    for mode, entry in buttons(model).items():
        if isinstance(entry, Code) and mode not in (Mode.NONE, Mode.NATIVE):
            modes.setdefault(entry.code, mode)
            modes.setdefault(entry.extra.get("alone", entry.code), mode)
    return modes


def _mode(value: str, modes: dict[str, Mode]) -> tuple[Mode | None, str]:
    """The mode and the argument of a key's text; the pickup code after a pipe is not the key's number."""
    text = value.strip()
    if text in modes:
        return modes[text], ""
    kind, _, argument = text.partition(" ")
    mode = modes.get(kind)
    number = argument.strip().partition("|")[0] if mode is Mode.BLF else argument.strip()
    return mode, number


def _slot(key: str, model: Model) -> Slot | None:
    if match := _FUNCTION_KEY.fullmatch(key):
        return _function_slot(int(match["n"]), model)
    if match := _SOFT_KEY.fullmatch(key):
        return _within(Slot("soft", int(match["n"]) + 1), model)
    if match := _OLD_SOFT_KEY.fullmatch(key):
        return _within(Slot("soft", int(match["n"])), model)
    match = _HARD_KEY.fullmatch(key)
    names = hard_names(model)
    return Slot("key", names.index(match["name"]) + 1) if match and match["name"] in names else None


def _function_slot(index: int, model: Model) -> Slot | None:
    if index < model.line_keys:
        return Slot("line", index + 1)
    if model.expansion is None or index < model.extra["first_module"]:
        return None
    module, number = divmod(index - model.extra["first_module"], model.expansion.keys)
    return _within(Slot(f"exp{module + 1}", number + 1), model)


def _within(slot: Slot, model: Model) -> Slot | None:
    return slot if 0 < slot.number <= model.slots(slot.group) else None
