"""Reads a file of either dialect back into accounts and buttons, ours and other systems'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from provisioner.vendor_api import Code, Document, Mode, Model, ReadAccount, ReadButton, Reading, Slot
from provisioner.vendors.htek.buttons import BUTTONS
from provisioner.vendors.htek.dialect import HARD_KEYS, module_key, p_name

_MODES: Mapping[str, Mode] = MappingProxyType(
    {entry.code: mode for mode, entry in BUTTONS.items() if isinstance(entry, Code) and mode is not Mode.NONE}
)
_AUTOMATIC = 255


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and keys whose type we know; what else stands there is not taken."""
    reader = _Reader(dict(document.items()), model)
    accounts, buttons = tuple(reader.accounts()), tuple(reader.buttons())
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(reader.taken))


class _Reader:
    """One document under the eyes of one model; ``taken`` grows with what is understood."""

    def __init__(self, values: Mapping[str, str], model: Model) -> None:
        self.taken: set[str] = set()
        self._values = values
        self._model = model

    def accounts(self) -> Iterator[ReadAccount]:
        """Every account that is on."""
        for n in range(1, self._model.accounts + 1):
            number, profile = self._text(f"Account{n}_SipUserId"), self._text(f"Account{n}_Profile")
            if self._text(f"Account{n}_Active") == "1" and number:
                server = int(profile) + 1 if profile.isdecimal() else n
                yield ReadAccount(
                    index=n,
                    number=number,
                    name=self._text(f"Account{n}_DispalyName"),
                    auth_user=self._text(f"Account{n}_AuthenticateID"),
                    password=self._text(f"Account{n}_AuthenticatePassword"),
                    server=self._text(f"Profile{server}_Sipserver"),
                )

    def buttons(self) -> Iterator[ReadButton]:
        """Every key that does something."""
        for slot, names in _slots(self._model):
            mode = _MODES.get(self._text(names["type"]))
            account = self._text(names["account"])
            value, label = self._text(names["value"]), self._text(names["label"]) if "label" in names else ""
            index = int(account) if account.isdecimal() and int(account) != _AUTOMATIC else 0
            if mode:
                shown = str(index + 1) if mode in (Mode.LINE, Mode.SHARED_LINE) else value
                yield ReadButton(slot=slot, mode=mode, value=shown, label=label, account=index + 1)

    def _text(self, name: str) -> str:
        for key in (name, p_name(name) or ""):
            if key in self._values:
                self.taken.add(key)
                return self._values[key]
        return ""


def _slots(model: Model) -> Iterator[tuple[Slot, Mapping[str, str]]]:
    """Every key of the model with the names of its fields."""
    fields = {"type": "Type", "account": "Account", "value": "Value", "label": "Label"}
    for n in range(1, model.line_keys + 1):
        yield Slot("line", n), {ours: f"LineKey{n}_{theirs}" for ours, theirs in fields.items()}
    for n in range(1, model.soft_keys + 1):
        yield Slot("soft", n), {ours: f"SoftKey{n}_{theirs}" for ours, theirs in fields.items()}
    for n, name in zip(range(1, model.keys + 1), HARD_KEYS, strict=False):
        yield Slot("key", n), {ours: f"{name}_{theirs}" for ours, theirs in fields.items() if ours != "label"}
    for module in range(1, model.expansion.modules + 1 if model.expansion else 1):
        for n in range(1, model.slots(f"exp{module}") + 1):
            names = {ours: module_key(module, n, theirs) for ours, theirs in {**fields, "type": "KeyType"}.items()}
            yield Slot(f"exp{module}", n), names
