"""What a Digium key can be: the key of an account, or a contact that is dialled, perhaps with a watched state."""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_SOFT_KEY = "the phone has a soft key for it, and no contact can do it"
_KEYS = frozenset({"line", "exp"})

BUTTONS: Buttons = {
    Mode.NONE: Code(code=""),
    Mode.LINE: Code(code="line", groups=frozenset({"line"})),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="an account is shared by the server; its key is a line key"),
    Mode.BLF: Code(code="blf", groups=_KEYS),
    Mode.SPEED_DIAL: Code(code="dial", groups=_KEYS),
    Mode.PARK: Fallback(to=Mode.BLF, why="there is no park key; the orbit is watched and dialled"),
    Mode.PICKUP: Code(code="dial", groups=_KEYS),
    Mode.GROUP_PICKUP: Code(code="dial", groups=_KEYS),
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="there is no intercom key; the number is dialled"),
    Mode.PAGING: Fallback(to=Mode.NONE, why="a contact cannot call a multicast address"),
    Mode.DTMF: Fallback(to=Mode.SPEED_DIAL, why="there is no DTMF key; the digits are dialled as a number"),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="there is no prefix key; the digits are dialled as a number"),
    Mode.TRANSFER: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.CONFERENCE: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.HOLD: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.RECORD: Fallback(to=Mode.NONE, why="recording needs the vendor's own PBX module"),
    Mode.VOICEMAIL: Code(code="dial", groups=_KEYS),
    Mode.FORWARD: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.DND: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.REDIAL: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.HISTORY: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.DIRECTORY: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.LDAP: Fallback(to=Mode.NONE, why="the phone reads no LDAP directory"),
    Mode.URL: Fallback(to=Mode.NONE, why="a key can only dial"),
    Mode.XML: Fallback(to=Mode.NONE, why="a key can only dial"),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="queues need the vendor's own PBX; the queue's code is watched"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and dialled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why="hot desking needs an application of the vendor's PBX"),
    Mode.MENU: Fallback(to=Mode.NONE, why=_SOFT_KEY),
    Mode.NATIVE: Code(code="", groups=_KEYS),
}


def buttons(_model: Model) -> Buttons:
    """All models do the same."""
    return BUTTONS
