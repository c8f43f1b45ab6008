"""Snom's key types (service.snom.com, "Function Key Types"): the first word of a key's value.

``alone`` in ``extra`` is what a key of the mode does without an argument; a type that needs one is off
without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

# A soft key or a dedicated key has no lamp and no label of its own.
_LAMP = frozenset({"line", "exp"})
_NOT_SOFT = frozenset({"line", "exp", "key"})


def _or(key_event: str) -> Mapping[str, Any]:
    return MappingProxyType({"alone": f"keyevent {key_event}"})


_WITHOUT_ORBIT: Buttons = {
    Mode.NONE: Code(code="none"),
    Mode.LINE: Code(code="line", groups=_LAMP),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="the account is registered as shared, its key is a line key"),
    Mode.BLF: Code(code="blf", groups=_LAMP),
    Mode.SPEED_DIAL: Code(code="speed"),
    Mode.PARK: Fallback(to=Mode.BLF, why="orbit keys are known from other models; the orbit is watched and dialled"),
    Mode.PICKUP: Code(code="speed"),
    Mode.GROUP_PICKUP: Code(code="speed"),
    Mode.INTERCOM: Code(code="icom", groups=_LAMP),
    Mode.PAGING: Code(code="multicast", groups=_LAMP),
    Mode.DTMF: Code(code="dtmf", groups=_NOT_SOFT),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="there is no prefix key; the digits are dialled as a number"),
    Mode.TRANSFER: Code(code="transfer", extra=_or("F_TRANSFER")),
    Mode.CONFERENCE: Code(code="keyevent F_CONFERENCE"),
    Mode.HOLD: Code(code="keyevent F_HOLD"),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.HOLD, why="there is no key for private hold"),
    Mode.RECORD: Code(code="recorder", extra=_or("F_REC")),
    Mode.VOICEMAIL: Code(code="speed"),
    Mode.FORWARD: Code(code="redirect", extra=_or("F_REDIRECT")),
    Mode.DND: Code(code="keyevent F_DND"),
    Mode.REDIAL: Code(code="keyevent F_REDIAL"),
    Mode.HISTORY: Code(code="keyevent F_CALL_LIST"),
    Mode.DIRECTORY: Code(code="keyevent F_ADR_BOOK"),
    Mode.LDAP: Code(code="keyevent F_DIRECTORY_SEARCH"),
    Mode.URL: Code(code="url", groups=_NOT_SOFT),
    Mode.XML: Code(code="url", groups=_NOT_SOFT),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="agent keys need a call centre server; the queue's code is watched"),
    Mode.PRESENCE: Code(code="presence", groups=_LAMP),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
    Mode.MUTE: Code(code="keyevent F_MUTE"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why="the only log-off key deletes the phone's accounts"),
    Mode.MENU: Code(code="keyevent F_SETTINGS"),
    Mode.NATIVE: Code(code=""),
}  # fmt: skip

_WITH_ORBIT: Buttons = {**_WITHOUT_ORBIT, Mode.PARK: Code(code="orbit", groups=_LAMP)}


_NO_KEYS = Fallback(to=Mode.NONE, why="a DECT base has no keys; those of its handsets are set on the handset")
_BASE: Buttons = {**dict.fromkeys(_WITHOUT_ORBIT, _NO_KEYS), Mode.NONE: Code(code="none")}


def buttons(model: Model) -> Buttons:
    """One table for all phones, but that orbit keys work on some only (wazo_snom, common.py)."""
    if model.handsets:
        return _BASE
    return _WITH_ORBIT if model.extra.get("orbit") else _WITHOUT_ORBIT
