"""Reads a Yealink file back into accounts and buttons: the proof of what we write, and the import of others'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import (
    Code,
    Document,
    Mode,
    Model,
    ReadAccount,
    ReadButton,
    Reading,
    Slot,
    grouped,
    numbered,
)
from provisioner.vendors.yealink.buttons import BUTTONS

# Factory default, and in files that phones export an empty text.
CLEARED = ("%NULL%", "%EMPTY%")
_KEY = re.compile(
    r"(?:(?P<group>linekey|memorykey|programablekey)|expansion_module\.(?P<module>\d+)\.key)\.(?P<n>\d+)"
    r"\.(?P<field>type|line|value|label|extension|pickup_value)"
)
_ACCOUNT = re.compile(
    r"account\.(?P<n>\d+)\.(?P<field>enable|user_name|display_name|auth_name|password"
    r"|sip_server\.(?:1\.address|template)|sip_server_host)"
)
# A type that several modes use is read as the first of them.
_MODES = {code.code: mode for mode, code in [*BUTTONS.items()][::-1] if isinstance(code, Code) and code.code}


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and buttons whose type we know; what else stands there is not taken."""
    values = {key: "" if value in CLEARED else value for key, value in document.items()}
    taken: set[str] = set()
    accounts = tuple(_accounts(values, model, taken))
    buttons = tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(taken))


def _accounts(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadAccount]:
    found = numbered(values, _ACCOUNT, taken)
    used = [(n, one) for n, one in sorted(found.items()) if one.get("enable") == "1" and one.get("user_name")]
    # Numbers of a multi-cell system are those of handsets: accounts are counted.
    counted = model.extra.get("dect") == "multi"
    for nth, (n, fields) in enumerate(used, 1):
        yield ReadAccount(
            index=nth if counted else n,
            number=fields["user_name"],
            name=fields.get("display_name", ""),
            auth_user=fields.get("auth_name", ""),
            password=fields.get("password", ""),
            server=_server(fields, values),
        )


def _server(fields: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Its own, under its old or its new name, else that of the template which it refers to."""
    own = fields.get("sip_server.1.address") or fields.get("sip_server_host")
    return own or values.get(f"template.{fields.get('sip_server.template')}.sip_server.1.address", "")


def _buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    found = grouped(values, _KEY, taken, lambda match: _slot(match, model))
    for slot, fields in sorted(found.items()):
        mode = _MODES.get(fields.get("type", ""))
        if mode and mode is not Mode.NONE:
            yield ReadButton(
                slot=slot,
                mode=mode,
                value=fields.get("value", ""),
                label=fields.get("label", ""),
                account=_line(fields.get("line", ""), model),
            )


def _line(text: str, model: Model) -> int:
    """The account of a key; 0 is "auto" to phones that count from 1."""
    first = int(model.extra.get("first_line", 1))
    return max(1, int(text) - first + 1) if text.isdecimal() else 1


def _slot(match: re.Match[str], model: Model) -> Slot | None:
    n, extra = int(match["n"]), model.extra
    if match["module"]:
        page_key = extra.get("page_key", n + 1)
        return None if n == page_key else Slot(f"exp{match['module']}", n - (n > page_key))
    if match["group"] == "linekey":
        return Slot("line", n)
    if match["group"] == "memorykey":
        return Slot("key", n) if extra.get("memory") else None
    hard = extra.get("hard", ())
    if n in hard:
        return Slot("key", hard.index(n) + 1)
    return Slot("soft", n) if n <= model.soft_keys else None
