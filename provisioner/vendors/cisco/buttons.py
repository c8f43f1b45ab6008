"""Feature ids of line buttons (usecallmanagernz.github.io, "Line Keys").

A plain SIP server serves lines (9), speed dials (2) and service URLs (20). The lamp of a BLF speed dial (21) and
the other features need a server that speaks call manager's dialect; without it a 21 dials like a 2.
"""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_ONLY_7900 = "this series has no such button; there is a hard key or a soft key for it"

BUTTONS: Buttons = {
    Mode.NONE: Code(code=""),
    Mode.LINE: Code(code="9"),
    Mode.SHARED_LINE: Code(code="9"),
    Mode.BLF: Code(code="21"),
    Mode.SPEED_DIAL: Code(code="2"),
    Mode.PARK: Fallback(to=Mode.BLF, why="parking needs call manager; the orbit is watched and dialled"),
    Mode.PICKUP: Code(code="2"),
    Mode.GROUP_PICKUP: Code(code="2"),
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="an intercom button needs a line of its own"),
    Mode.PAGING: Fallback(to=Mode.NONE, why="no multicast paging by a button"),
    Mode.DTMF: Fallback(to=Mode.SPEED_DIAL, why="no digits can be sent in a call; outside of one they are dialled"),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="a button dials the whole number, it cannot wait for the rest"),
    Mode.TRANSFER: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.CONFERENCE: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.HOLD: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why="no button for a private hold"),
    Mode.RECORD: Code(code="159"),
    Mode.VOICEMAIL: Code(code="2"),
    Mode.FORWARD: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.DND: Code(code="130"),
    Mode.REDIAL: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.HISTORY: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.DIRECTORY: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.LDAP: Fallback(to=Mode.DIRECTORY, why="these phones search no LDAP; their directories are XML services"),
    Mode.URL: Fallback(to=Mode.XML, why="the phone shows the answer, which must be Cisco XML"),
    Mode.XML: Code(code="20"),
    Mode.QUEUE_LOGIN: Code(code="139"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="a presence button is a BLF speed dial"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and dialled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why="extension mobility is a service of call manager"),
    Mode.MENU: Fallback(to=Mode.NONE, why=_ONLY_7900),
    Mode.NATIVE: Code(code=""),
}

SERIES_7900: Buttons = {
    **BUTTONS,
    Mode.TRANSFER: Code(code="4"),
    Mode.CONFERENCE: Code(code="102"),
    Mode.HOLD: Code(code="3"),
    Mode.FORWARD: Code(code="5"),
    Mode.REDIAL: Code(code="1"),
    Mode.HISTORY: Fallback(to=Mode.DIRECTORY, why="the lists of calls are among the directories"),
    Mode.DIRECTORY: Code(code="195"),
    Mode.MENU: Code(code="18"),
}


def buttons(model: Model) -> Buttons:
    """The series 7900 has buttons for what later phones have hard keys and soft keys for."""
    return SERIES_7900 if model.extra["series"] == "7900" else BUTTONS
