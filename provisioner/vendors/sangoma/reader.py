"""Reads a file back into accounts and buttons, ours and other systems'."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from provisioner.vendor_api import Code, Document, Mode, Model, ReadAccount, ReadButton, Reading, Slot
from provisioner.vendors.sangoma.buttons import BUTTONS
from provisioner.vendors.sangoma.context import NUMBERS
from provisioner.vendors.sangoma.keys import name_of

_Text = Callable[[str], str]
_MODES: Mapping[str, Mode] = MappingProxyType(
    {entry.code: mode for mode, entry in BUTTONS.items() if isinstance(entry, Code) and mode is not Mode.NONE}
)


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and keys whose type we know; what else stands there is not taken."""
    values = dict(document.items())
    taken: set[str] = set()

    def text(name: str) -> str:
        key = f"P{NUMBERS.number(name)}"
        taken.update({key} & values.keys())
        return values.get(key, "")

    accounts = [_account(text, n) for n in range(1, model.accounts + 1)]
    buttons = [_button(text, slot) for slot in _slots(model)]
    return Reading(
        accounts=tuple(one for one in accounts if one),
        buttons=tuple(one for one in buttons if one),
        taken=frozenset(taken),
    )


def _account(text: _Text, n: int) -> ReadAccount | None:
    number = text(f"Account{n}.SipUserId")
    if text(f"Account{n}.Active") != "1" or not number:
        return None
    return ReadAccount(
        index=n,
        number=number,
        name=text(f"Account{n}.DispalyName"),
        auth_user=text(f"Account{n}.AuthenticateID"),
        password=text(f"Account{n}.AuthenticatePassword"),
        server=text(f"Account{n}.Sipserver"),
    )


def _button(text: _Text, slot: Slot) -> ReadButton | None:
    name = name_of(slot)
    mode, account = _MODES.get(text(f"{name}.Type")), text(f"{name}.Account")
    value, label = text(f"{name}.Value"), text(f"{name}.Label")
    index = int(account) + 1 if account.isdecimal() else 1
    if mode is None:
        return None
    shown = str(index) if mode in (Mode.LINE, Mode.SHARED_LINE) else value
    return ReadButton(slot=slot, mode=mode, value=shown, label=label, account=index)


def _slots(model: Model) -> Iterator[Slot]:
    modules = model.expansion.modules if model.expansion else 0
    for group in ("line", "key", "soft", *(f"exp{module}" for module in range(1, modules + 1))):
        yield from (Slot(group, n) for n in range(1, model.slots(group) + 1))
