"""Poly's key categories, and the macros (EFK) that stand for what no category does.

A code is the category of a line key. For ``EFK``, ``extra`` says how its action string is made: ``tail``
follows the number (without one the key has no use for a number), ``bare`` is the action where there is none, and
``active`` puts a soft key on the screen of a call rather than on the idle one.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_KEYS = frozenset({"line", "exp"})
_ALL = frozenset({"line", "exp", "soft"})
_SOFT = frozenset({"soft"})


def _macro(tail: str | None = None, **extra: Any) -> Code:
    return Code(code="EFK", groups=_ALL, extra=MappingProxyType({"tail": tail, **extra}))


def _watched(kind: str) -> Code:
    return Code(code="BLF", groups=_KEYS, extra=MappingProxyType({"type": kind}))


_MACROS: Buttons = {
    Mode.NONE: Code(code="Unassigned"),
    Mode.LINE: Code(code="Line", groups=_KEYS),
    Mode.SHARED_LINE: Code(code="Line", groups=_KEYS),
    Mode.BLF: _watched("normal"),
    # In a call a press transfers blindly to this address: that is what parks.
    Mode.PARK: _watched("automata"),
    Mode.SPEED_DIAL: _macro("$Tinvite$"),
    Mode.PICKUP: _macro("$Tinvite$"),
    Mode.GROUP_PICKUP: _macro("$Tinvite$"),
    Mode.INTERCOM: _macro("$Tintercom$"),
    Mode.PAGING: Fallback(
        to=Mode.NONE, why="Poly's multicast paging is a protocol of its own; use a speed dial to a paging number"
    ),
    Mode.DTMF: _macro("$Tdtmf$", active=True),
    Mode.PREFIX: _macro("$P1N15$$Tinvite$"),
    Mode.TRANSFER: _macro("$Trefer$", bare="$FTransfer$", active=True),
    Mode.CONFERENCE: Fallback(to=Mode.NONE, why="a conference is started with the soft key of a call"),
    Mode.HOLD: _macro(bare="$Chold$", active=True),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why="private hold is a soft key that shared lines have in a call"),
    Mode.RECORD: _macro("$Tdtmf$", active=True),
    Mode.VOICEMAIL: _macro("$Tinvite$", bare="$FMessages$"),
    Mode.FORWARD: Fallback(
        to=Mode.NONE, why="forwarding is the Forward soft key; use a speed dial for a feature code of the PBX"
    ),
    Mode.DND: _macro(bare="$FDoNotDisturb$"),
    Mode.REDIAL: Fallback(to=Mode.NONE, why="redial is a hard or soft key and has no macro that is documented"),
    Mode.HISTORY: Fallback(to=Mode.DIRECTORY, why="the call lists stand in the Directories menu"),
    Mode.DIRECTORY: _macro(bare="$FDirectories$"),
    Mode.LDAP: Fallback(to=Mode.DIRECTORY, why="the corporate directory stands in the Directories menu"),
    Mode.URL: _macro(""),
    Mode.XML: Fallback(to=Mode.URL, why="the phone's browser reads HTML pages, not XML menus"),
    Mode.QUEUE_LOGIN: _macro("$Tinvite$"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="presence keys need the user's contact list; the number is watched"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and dialled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key"),
    Mode.HOT_DESK: Fallback(to=Mode.SPEED_DIAL, why="a dial code of the PBX logs in and out"),
    Mode.MENU: Fallback(to=Mode.NONE, why="the Home key opens the menu"),
    Mode.NATIVE: Code(code="", groups=_ALL),
}

# SoundPoint software has macros on soft keys, but a line key is a line or an entry of the BLF list.
_LISTED: Buttons = {
    **{
        mode: Code(code=entry.code, groups=_SOFT, extra=entry.extra)
        if isinstance(entry, Code) and entry.code == "EFK"
        else entry
        for mode, entry in _MACROS.items()
    },
    Mode.SPEED_DIAL: Fallback(
        to=Mode.BLF, why="this software has no key for a plain number: it is listed as BLF, and a press dials it"
    ),
}

_LINES: Buttons = {
    mode: entry
    if mode in (Mode.NONE, Mode.LINE, Mode.SHARED_LINE, Mode.NATIVE)
    else Fallback(to=Mode.NONE, why="the last software of this phone has no keys but lines and the user's own")
    for mode, entry in _MACROS.items()
}

TABLES = {"macro": _MACROS, "list": _LISTED, "line": _LINES}


def buttons(model: Model) -> Buttons:
    """What a model's last software can do with its keys."""
    return TABLES[model.extra["buttons"]]
