"""Reads an Avaya settings script back into its account and its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import Code, Document, Model, ReadAccount, ReadButton, Reading, Slot
from provisioner.vendors.avaya.buttons import BUTTONS
from provisioner.vendors.avaya.words import FIRST_KEY, SEMICOLON

_KEY = re.compile(r"PHONEKEY\[(\d+)\]")
_ACCOUNT = ("FORCE_SIP_USERNAME", "FORCE_SIP_PASSWORD", "DISPLAY_NAME", "SIP_USER_ID", "SIPDOMAIN")
# A type that several modes use is read as the first of them.
_MODES = {code.code: mode for mode, code in [*BUTTONS.items()][::-1] if isinstance(code, Code) and code.code}


def read(document: Document, model: Model) -> Reading:
    """The account, if it has a number, and keys whose type we know."""
    values = {key: value.replace(SEMICOLON, ";") for key, value in document.items() if not _KEY.fullmatch(key)}
    taken = {key for key in values if key in _ACCOUNT}
    accounts = (_account(values),) if values.get("FORCE_SIP_USERNAME") else ()
    buttons = tuple(_buttons(dict(document.items()), model, taken))
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(taken))


def _account(values: Mapping[str, str]) -> ReadAccount:
    return ReadAccount(
        index=1,
        number=values["FORCE_SIP_USERNAME"],
        name=values.get("DISPLAY_NAME", ""),
        auth_user=values.get("SIP_USER_ID", ""),
        password=values.get("FORCE_SIP_PASSWORD", ""),
        server=values.get("SIPDOMAIN", ""),
    )


def _buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    for key, value in values.items():
        match = _KEY.fullmatch(key)
        number = int(match[1]) - FIRST_KEY + 1 if match else 0
        if not 0 < number <= model.line_keys:
            continue
        fields = {name.lower(): text for name, _, text in (part.partition("=") for part in value.split(";"))}
        mode = _MODES.get(f"{fields.get('type', '')};{fields.get('name', '')}".lower())
        if mode:
            taken.add(key)
            yield ReadButton(
                slot=Slot("line", number),
                mode=mode,
                value=fields.get("attr1", "").replace(SEMICOLON, ";"),
                label=fields.get("label", "").replace(SEMICOLON, ";"),
            )
