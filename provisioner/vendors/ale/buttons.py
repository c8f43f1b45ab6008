"""ALE's key types: only two numbers are known (wazo_alcatel), so every other mode falls back on them."""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_UNKNOWN = "the number of its key type is not known"
_DIALLED = "the number of its key type is not known; the code is dialled"

BUTTONS: Buttons = {
    Mode.NONE: Code(code=""),
    # The first key is the account's as the factory made it.
    Mode.LINE: Code(code=""),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="an account is shared by the server; its key is a line key"),
    Mode.BLF: Code(code="59"),
    Mode.SPEED_DIAL: Code(code="1"),
    Mode.PARK: Fallback(to=Mode.BLF, why="the number of the park key's type is not known; the orbit is watched"),
    Mode.PICKUP: Code(code="1"),
    Mode.GROUP_PICKUP: Code(code="1"),
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why=_DIALLED),
    Mode.PAGING: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.DTMF: Fallback(to=Mode.SPEED_DIAL, why=_DIALLED),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why=_DIALLED),
    Mode.TRANSFER: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.CONFERENCE: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.HOLD: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.RECORD: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.VOICEMAIL: Code(code="1"),
    Mode.FORWARD: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.DND: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.REDIAL: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.HISTORY: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.DIRECTORY: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.LDAP: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.URL: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.XML: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="there is no agent key; the queue's code is watched"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and dialled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.MENU: Fallback(to=Mode.NONE, why=_UNKNOWN),
    Mode.NATIVE: Code(code=""),
}


def buttons(_model: Model) -> Buttons:
    """All models have the same numbers."""
    return BUTTONS
