"""Yealink's key types (vendors' sheet: administrator guides, "DSS keys"; codes as in the type-code table)."""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_DISPLAY = frozenset({"line", "exp", "key"})

BUTTONS: Buttons = {
    Mode.NONE: Code(code="0"),
    Mode.LINE: Code(code="15", groups=frozenset({"line", "exp"})),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="the account itself is shared, its key is a line key"),
    Mode.BLF: Code(code="16", groups=_DISPLAY),
    Mode.SPEED_DIAL: Code(code="13"),
    Mode.PARK: Fallback(to=Mode.BLF, why="type 10 has no lamp; BLF shows the orbit, transfers to it and picks up"),
    Mode.PICKUP: Code(code="9"),
    Mode.GROUP_PICKUP: Code(code="23"),
    Mode.INTERCOM: Code(code="14"),
    Mode.PAGING: Code(code="24"),
    Mode.DTMF: Code(code="11", groups=_DISPLAY),
    Mode.PREFIX: Code(code="40"),
    Mode.TRANSFER: Code(code="3"),
    Mode.CONFERENCE: Code(code="1"),
    Mode.HOLD: Code(code="4"),
    Mode.PRIVATE_HOLD: Code(code="20", groups=_DISPLAY),
    Mode.RECORD: Code(code="25", groups=_DISPLAY),
    Mode.VOICEMAIL: Code(code="12", groups=_DISPLAY),
    Mode.FORWARD: Code(code="2"),
    Mode.DND: Code(code="5"),
    Mode.REDIAL: Fallback(to=Mode.HISTORY, why="true redial ended with V70; the history starts at the last call"),
    Mode.HISTORY: Code(code="28", groups=frozenset({"key", "soft"})),
    Mode.DIRECTORY: Code(code="61"),
    Mode.LDAP: Code(code="38"),
    Mode.URL: Code(code="17", groups=_DISPLAY),
    Mode.XML: Code(code="27"),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="type 42 speaks to BroadSoft only; the queue's code is watched"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="presence keys need a UC server; the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key and no key type"),
    Mode.HOT_DESK: Code(code="34"),
    Mode.MENU: Code(code="30", groups=frozenset({"key", "soft"})),
    Mode.NATIVE: Code(code=""),
}


def buttons(_model: Model) -> Buttons:
    """Every model answers the same codes; what a group of keys cannot do is in the table."""
    return BUTTONS
