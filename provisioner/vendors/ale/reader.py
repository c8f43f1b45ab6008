"""Reads an ALE settings file back into accounts and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import (
    Document,
    Mode,
    Model,
    ReadAccount,
    ReadButton,
    Reading,
    Slot,
    numbered,
)

_ACCOUNT = re.compile(r"Account(?P<n>\d+)(?P<field>Enable|RegName|UserName|Password|DisplayName|Server1Address)")
_KEY = re.compile(r"ProgramKey(?P<n>\d+)(?P<field>Type|Account|Label|Value|Extension)")
_MODES = {"1": Mode.SPEED_DIAL, "59": Mode.BLF}


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and keys of the types that we know."""
    values = dict(document.items())
    taken: set[str] = set()
    accounts, buttons = tuple(_accounts(values, taken)), tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(taken))


def _accounts(values: Mapping[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    for n, fields in sorted(numbered(values, _ACCOUNT, taken).items()):
        if fields.get("Enable") == "true" and fields.get("UserName"):
            yield ReadAccount(
                index=n,
                number=fields["UserName"],
                name=fields.get("DisplayName", ""),
                auth_user=fields.get("RegName", ""),
                password=fields.get("Password", ""),
                server=fields.get("Server1Address", ""),
            )


def _buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    for n, fields in sorted(numbered(values, _KEY, taken).items()):
        mode = _MODES.get(fields.get("Type", ""))
        if mode and n <= model.line_keys:
            account = fields.get("Account", "")
            yield ReadButton(
                slot=Slot("line", n),
                mode=mode,
                value=fields.get("Value", ""),
                label=fields.get("Label", ""),
                account=int(account) if account.isdecimal() else 1,
            )
