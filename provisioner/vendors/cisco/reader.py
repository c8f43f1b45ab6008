"""Reads ``SEP<MAC>.cnf.xml`` back into accounts and buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioner.vendor_api import Document, Mode, Model, ReadAccount, ReadButton, Reading, Slot
from provisioner.vendors.cisco.buttons import SERIES_7900

_FIELD = re.compile(r"sipProfile/sipLines/line(?:\[(\d+)\])?/(?:autoAnswer/)?@?(\w+)")
_SERVER = "devicePool/callManagerGroup/members/member[0]/callManager/processNodeName"
_LINE = "9"
_MODES = {
    "2": Mode.SPEED_DIAL,
    "20": Mode.XML,
    "21": Mode.BLF,
    "127": Mode.GROUP_PICKUP,
    "194": Mode.VOICEMAIL,
    **{SERIES_7900[mode].code: mode for mode in (Mode.DND, Mode.RECORD, Mode.QUEUE_LOGIN)},  # type: ignore[union-attr]
}


def read(document: Document, model: Model) -> Reading:
    """Lines with their credentials, and buttons whose feature we know."""
    values = dict(document.items())
    found: dict[int, dict[str, str]] = {}
    taken: set[str] = set()
    for key, value in values.items():
        match = _FIELD.fullmatch(key)
        if match:
            found.setdefault(int(match[1] or 1), {})[match[2]] = value
            taken.add(key)
    main = values.get(_SERVER, "")
    lines = [fields for _, fields in sorted(found.items()) if fields.get("featureID") == _LINE]
    buttons = (_button(number, fields, model, lines) for number, fields in sorted(found.items()))
    return Reading(
        accounts=tuple(_account(n, fields, main) for n, fields in enumerate(lines, 1)),
        buttons=tuple(button for button in buttons if button),
        taken=frozenset(taken),
    )


def _account(index: int, fields: Mapping[str, str], main: str) -> ReadAccount:
    proxy = fields.get("proxy", "")
    return ReadAccount(
        index=index,
        number=fields.get("name", ""),
        name=fields.get("displayName", ""),
        auth_user=fields.get("authName", ""),
        password=fields.get("authPassword", ""),
        server=main if proxy == "USECALLMANAGER" else proxy,
    )


def _button(number: int, fields: Mapping[str, str], model: Model, lines: list[dict[str, str]]) -> ReadButton | None:
    slot = _slot(number, model)
    if slot is None:
        return None
    label = fields.get("featureLabel", "")
    feature = fields.get("featureID", "")
    if feature == _LINE:
        account = next(n for n, line in enumerate(lines, 1) if line is fields)
        mode = Mode.SHARED_LINE if fields.get("sharedLine") == "true" else Mode.LINE
        return ReadButton(slot=slot, mode=mode, value=str(account), label=label, account=account)
    value = fields.get("speedDialNumber") or fields.get("serviceURI") or ""
    return ReadButton(slot=slot, mode=_MODES[feature], value=value, label=label) if feature in _MODES else None


def _slot(number: int, model: Model) -> Slot | None:
    """The key behind a button's number, which runs on through the modules."""
    if number <= model.line_keys:
        return Slot("line", number)
    if not model.expansion:
        return None
    module, key = divmod(number - model.line_keys - 1, model.expansion.keys)
    return Slot(f"exp{module + 1}", key + 1) if module < model.expansion.modules else None
