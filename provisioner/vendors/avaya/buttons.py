"""Avaya's key types: ``Type`` and ``Name`` of a PHONEKEY (J100 guide, "PHONEKEY parameter values (3PCC)")."""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_NO_KEY = "the phone has a soft key or a hard key for it, and no PHONEKEY of that name is known"
_DIALS = "autodial;autodial"

BUTTONS: Buttons = {
    Mode.NONE: Code(code=""),
    Mode.LINE: Code(code="line;primary"),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="what a key for a shared line needs besides its name is not known"),
    Mode.BLF: Code(code="feature;blf"),
    Mode.SPEED_DIAL: Code(code=_DIALS),
    Mode.PARK: Fallback(to=Mode.BLF, why="there is no park key; the orbit is watched and dialled"),
    Mode.PICKUP: Code(code=_DIALS),
    Mode.GROUP_PICKUP: Code(code=_DIALS),
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="there is no intercom key; the number is dialled"),
    Mode.PAGING: Fallback(to=Mode.NONE, why="a key cannot call a multicast address"),
    Mode.DTMF: Fallback(to=Mode.SPEED_DIAL, why="there is no DTMF key; the digits are dialled as a number"),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="there is no prefix key; the digits are dialled as a number"),
    Mode.TRANSFER: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.CONFERENCE: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.HOLD: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.RECORD: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.VOICEMAIL: Code(code=_DIALS),
    Mode.FORWARD: Code(code="feature;callfwd"),
    Mode.DND: Code(code="feature;dnd"),
    Mode.REDIAL: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.HISTORY: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.DIRECTORY: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.LDAP: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.URL: Fallback(to=Mode.NONE, why="a key cannot request a URL"),
    Mode.XML: Fallback(to=Mode.NONE, why="the phone has no XML applications"),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="there is no agent key; the queue's code is watched"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and dialled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key"),
    Mode.HOT_DESK: Code(code="application;logout"),
    Mode.MENU: Fallback(to=Mode.NONE, why=_NO_KEY),
    Mode.NATIVE: Code(code=""),
}


def buttons(_model: Model) -> Buttons:
    """All models do the same."""
    return BUTTONS
