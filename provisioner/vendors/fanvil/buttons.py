"""Fanvil's key types. A memory key (type 1) holds ``number@line/sub``, a key event (type 3) the event's name.

``extra`` names the ``sub`` of memory keys and the ``event``; a mode that has both is a memory key where it has a
number, else an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model


def _key(code: str, **extra: str) -> Code:
    return Code(code=code, extra=MappingProxyType(extra))


BUTTONS: Buttons = MappingProxyType(
    {
        Mode.NONE: _key("0"),
        Mode.LINE: _key("2"),
        Mode.SHARED_LINE: _key("2"),  # the account is what is shared
        Mode.BLF: _key("1", sub="ba"),
        Mode.SPEED_DIAL: _key("1", sub="f"),
        Mode.PARK: _key("1", sub="c"),
        Mode.PICKUP: _key("1", sub="f"),
        Mode.GROUP_PICKUP: _key("1", sub="f"),
        Mode.INTERCOM: _key("1", sub="i"),
        Mode.PAGING: _key("14"),
        Mode.DTMF: _key("4"),
        Mode.PREFIX: _key("3", event="F_PREFIX"),
        Mode.TRANSFER: _key("3", event="F_TRANSFER"),
        Mode.CONFERENCE: _key("1", sub="bf", event="F_JOIN"),
        Mode.HOLD: _key("3", event="F_HOLD"),
        Mode.PRIVATE_HOLD: Fallback(to=Mode.HOLD, why="there is no key for private hold"),
        Mode.RECORD: _key("3", event="F_RECORD"),
        Mode.VOICEMAIL: _key("1", sub="m", event="F_MWI"),
        Mode.FORWARD: _key("1", sub="a", event="F_CFWD"),
        Mode.DND: _key("3", event="F_DND"),
        Mode.REDIAL: _key("3", event="F_REDIAL"),
        Mode.HISTORY: Fallback(to=Mode.REDIAL, why="no key opens the call history; redial calls its last entry"),
        Mode.DIRECTORY: _key("3", event="F_PHONEBOOK"),
        Mode.LDAP: Fallback(to=Mode.DIRECTORY, why="firmwares number LDAP books differently; the phonebook opens"),
        Mode.URL: _key("7"),
        Mode.XML: Fallback(to=Mode.URL, why="only soft keys open XML pages; the address is requested"),
        Mode.QUEUE_LOGIN: Fallback(to=Mode.SPEED_DIAL, why="queues are the PBX's; the queue's code is dialled"),
        Mode.PRESENCE: Fallback(to=Mode.BLF, why="there is no presence key, the number is watched as BLF"),
        Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
        Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key and no key type"),
        Mode.HOT_DESK: Fallback(to=Mode.SPEED_DIAL, why="hot desking is the PBX's; its code is dialled"),
        Mode.MENU: Fallback(to=Mode.NONE, why="the menu has its own key and no key type"),
        Mode.NATIVE: _key(""),
    }
)


def buttons(_model: Model) -> Buttons:
    """One table for all models and formats."""
    return BUTTONS


# What readers make of a type, a sub-code or an event; of several modes the plainest.
SUBS: Mapping[str, Mode] = MappingProxyType(
    {
        "f": Mode.SPEED_DIAL, "ba": Mode.BLF, "bb": Mode.BLF, "bc": Mode.BLF, "bcV": Mode.BLF, "bf": Mode.CONFERENCE,
        "c": Mode.PARK, "a": Mode.FORWARD, "i": Mode.INTERCOM, "m": Mode.VOICEMAIL,
    }
)  # fmt: skip
EVENTS: Mapping[str, Mode] = MappingProxyType(
    {
        entry.extra["event"]: mode
        for mode, entry in BUTTONS.items()
        if isinstance(entry, Code) and "event" in entry.extra
    }
)
