"""Key functions ``fnc=…`` (MPP administration guide, "Configurable Features on Line Keys"; SPA500 guide)."""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_KEYS = frozenset({"line", "exp"})
_SOFT_KEY_ONLY = "it has a soft key of its own and no key function"

SPA: Buttons = {
    Mode.NONE: Code(code=""),
    Mode.LINE: Code(code="line", groups=frozenset({"line"})),
    Mode.SHARED_LINE: Code(code="shared", groups=frozenset({"line"})),
    Mode.BLF: Code(code="blf+sd+cp", groups=_KEYS),
    Mode.SPEED_DIAL: Code(code="sd"),
    Mode.PARK: Fallback(to=Mode.BLF, why="fnc=prk needs BroadWorks; the orbit is watched and dialled"),
    Mode.PICKUP: Code(code="sd"),
    Mode.GROUP_PICKUP: Code(code="sd"),
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="no intercom key; write the server's code before the number"),
    Mode.PAGING: Code(code="sd"),
    Mode.DTMF: Fallback(to=Mode.SPEED_DIAL, why="no digits can be sent in a call; outside of one they are dialled"),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="a key dials the whole number, it cannot wait for the rest"),
    Mode.TRANSFER: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.CONFERENCE: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.HOLD: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.RECORD: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.VOICEMAIL: Code(code="sd"),
    Mode.FORWARD: Code(code="sd"),
    Mode.DND: Code(code="sd"),
    Mode.REDIAL: Fallback(to=Mode.NONE, why=f"{_SOFT_KEY_ONLY}; lcr calls back the last caller instead"),
    Mode.HISTORY: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.DIRECTORY: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.LDAP: Fallback(to=Mode.NONE, why="the LDAP search is an entry of the directory menu"),
    Mode.URL: Fallback(to=Mode.XML, why="the phone shows the answer, which must be Cisco XML"),
    Mode.XML: Code(code="xml"),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.SPEED_DIAL, why="fnc=acd needs BroadWorks; the queue's code is dialled"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="presence needs XMPP; the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and dialled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why=_SOFT_KEY_ONLY),
    Mode.MENU: Fallback(to=Mode.NONE, why="no key opens a menu"),
    Mode.NATIVE: Code(code=""),
}

MPP: Buttons = {
    **SPA,
    Mode.VOICEMAIL: Code(code="mwi+sd", groups=_KEYS),
    Mode.FORWARD: Code(code="cfwd", groups=_KEYS),
    Mode.DND: Code(code="dnd", groups=_KEYS),
    Mode.MENU: Code(code="shortcut"),
}

# Every PhoneOS release takes lines on its module; before MPP 12.0(3) an 8800 did not, and what a phone runs is
# not known here.
PHONEOS: Buttons = {
    **MPP,
    Mode.LINE: Code(code="line", groups=_KEYS),
    Mode.SHARED_LINE: Code(code="shared", groups=_KEYS),
}

# fnc=xml is attested for the SPA5xx only.
SPA9: Buttons = {**SPA, Mode.XML: Fallback(to=Mode.NONE, why="this phone has no XML applications")}


def buttons(model: Model) -> Buttons:
    """The table of the model's family; adapters have no keys, and answer as the phones do."""
    family = model.extra["family"]
    if family == "spa":
        return SPA9 if model.name.startswith("SPA9") else SPA
    return {"mpp": MPP, "phoneos": PHONEOS}.get(family, SPA)
