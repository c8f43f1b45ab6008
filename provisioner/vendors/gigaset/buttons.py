"""Gigaset's key types by dialect: numbers on the Maxwell, words on the P-series, none on DECT handsets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_EVERYWHERE: frozenset[str] = frozenset()

_HANDSET = "the keys of a handset cannot be provisioned through its base"
DECT: Buttons = {
    **{mode: Fallback(to=Mode.NONE, why=_HANDSET) for mode in Mode if mode not in (Mode.NONE, Mode.LOCAL)},
    Mode.NONE: Code(code=""),
}


def _typed(code: str, reads: str, groups: Iterable[str] = _EVERYWHERE) -> Code:
    """A type of the Maxwell; ``reads`` is the field that it takes its value from."""
    return Code(code=code, groups=frozenset(groups), extra=MappingProxyType({"reads": reads}))


# T's macros and the vendor's page on call pickup; type 10 sends a feature code.
MAXWELL: Buttons = {
    Mode.NONE: _typed("-1", ""),
    Mode.LINE: _typed("0", "Connection", {"line"}),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="no key type for shared lines is known; it is a line key"),
    Mode.BLF: _typed("4", "PhoneNumber", {"line"}),
    Mode.SPEED_DIAL: _typed("3", "PhoneNumber"),
    Mode.PARK: Fallback(to=Mode.BLF, why="no key type for parking is known; the orbit is watched and dialled"),
    Mode.PICKUP: _typed("10", "EnableCode"),
    Mode.GROUP_PICKUP: _typed("10", "EnableCode"),
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="no key type for intercom is known; the number is dialled"),
    Mode.PAGING: Fallback(to=Mode.NONE, why="no key type for multicast paging is known"),
    Mode.DTMF: _typed("7", "EnableCode", {"line"}),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="there is no prefix key; the digits are dialled as a number"),
    Mode.TRANSFER: Fallback(to=Mode.NONE, why="no key type for transfer is known"),
    Mode.CONFERENCE: Fallback(to=Mode.NONE, why="no key type for conferences is known"),
    Mode.HOLD: Fallback(to=Mode.NONE, why="no key type for hold is known"),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why="no key type for private hold is known"),
    Mode.RECORD: Fallback(to=Mode.NONE, why="no key type for recording is known"),
    Mode.VOICEMAIL: _typed("10", "EnableCode"),
    Mode.FORWARD: _typed("6", "PhoneNumber"),
    Mode.DND: Fallback(to=Mode.NONE, why="Do Not Disturb has its own key; others only send a feature code"),
    Mode.REDIAL: _typed("17", "", {"soft"}),
    Mode.HISTORY: Fallback(to=Mode.NONE, why="no key type for the call list is known"),
    Mode.DIRECTORY: Fallback(to=Mode.LDAP, why="the directory that a key opens is the network directory"),
    Mode.LDAP: _typed("13", "", {"soft"}),
    Mode.URL: _typed("8", "URL", {"line"}),
    Mode.XML: Fallback(to=Mode.URL, why="the address is requested, its answer is not shown"),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="the queue's code is watched and dialled"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="there are no presence keys; the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own key and no key type"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why="no key type for logging in is known"),
    Mode.MENU: Fallback(to=Mode.NONE, why="no key type for the menu is known"),
    Mode.NATIVE: _typed("", ""),
}

# A soft key has no lamp and no label of its own.
_LAMP = frozenset({"line", "exp"})


def _alone(key_event: str) -> Mapping[str, str]:
    """What a key of the type does without an argument."""
    return MappingProxyType({"alone": f"keyevent {key_event}"})


DESKTOP: Buttons = {
    Mode.NONE: Code(code="none"),
    Mode.LINE: Code(code="line", groups=_LAMP),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="the account is registered as shared, its key is a line key"),
    Mode.BLF: Code(code="blf", groups=_LAMP),
    Mode.SPEED_DIAL: Code(code="speed"),
    Mode.PARK: Fallback(to=Mode.BLF, why="orbit keys are not known from this line; the orbit is watched and dialled"),
    Mode.PICKUP: Code(code="speed"),
    Mode.GROUP_PICKUP: Code(code="speed"),
    Mode.INTERCOM: Code(code="icom", groups=_LAMP),
    Mode.PAGING: Code(code="multicast", groups=_LAMP),
    Mode.DTMF: Code(code="dtmf", groups=_LAMP),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="there is no prefix key; the digits are dialled as a number"),
    Mode.TRANSFER: Code(code="transfer", extra=_alone("F_TRANSFER")),
    Mode.CONFERENCE: Code(code="keyevent F_CONFERENCE"),
    Mode.HOLD: Code(code="keyevent F_HOLD"),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.HOLD, why="there is no key for private hold"),
    Mode.RECORD: Code(code="recorder", extra=_alone("F_REC")),
    Mode.VOICEMAIL: Code(code="speed"),
    Mode.FORWARD: Code(code="redirect", extra=_alone("F_REDIRECT")),
    Mode.DND: Code(code="keyevent F_DND"),
    Mode.REDIAL: Code(code="keyevent F_REDIAL"),
    Mode.HISTORY: Code(code="keyevent F_CALL_LIST"),
    Mode.DIRECTORY: Code(code="keyevent F_ADR_BOOK"),
    Mode.LDAP: Code(code="keyevent F_DIRECTORY_SEARCH"),
    Mode.URL: Code(code="url", groups=_LAMP),
    Mode.XML: Code(code="url", groups=_LAMP),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="agent keys need a call centre server; the queue's code is watched"),
    Mode.PRESENCE: Code(code="presence", groups=_LAMP),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
    Mode.MUTE: Code(code="keyevent F_MUTE"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why="the only log-off key deletes the phone's accounts"),
    Mode.MENU: Code(code="keyevent F_SETTINGS"),
    Mode.NATIVE: Code(code=""),
}


def buttons(model: Model) -> Buttons:
    """The table of the model's dialect."""
    return {"maxwell": MAXWELL, "desktop": DESKTOP}.get(model.extra["dialect"], DECT)
