"""Sangoma's key types (comments of FusionPBX's s700 template)."""

from __future__ import annotations

from types import MappingProxyType

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

# Soft keys have no lamp.
_LAMP = frozenset({"line", "key", "exp"})

BUTTONS: Buttons = MappingProxyType(
    {
        Mode.NONE: Code(code="0"),
        Mode.LINE: Code(code="1", groups=_LAMP),
        Mode.SPEED_DIAL: Code(code="2"),
        Mode.BLF: Code(code="3", groups=_LAMP),
        Mode.VOICEMAIL: Code(code="5"),
        Mode.PICKUP: Code(code="6"),
        Mode.GROUP_PICKUP: Code(code="7"),
        Mode.PARK: Code(code="8"),
        Mode.INTERCOM: Code(code="9"),
        Mode.DTMF: Code(code="10"),
        Mode.PREFIX: Code(code="11"),
        Mode.XML: Code(code="14"),
        Mode.LDAP: Code(code="15"),
        Mode.CONFERENCE: Code(code="17"),
        Mode.FORWARD: Code(code="18"),
        Mode.TRANSFER: Code(code="19"),
        Mode.HOLD: Code(code="20"),
        Mode.DND: Code(code="21"),
        Mode.REDIAL: Code(code="22"),
        Mode.RECORD: Code(code="25"),
        Mode.PRIVATE_HOLD: Code(code="30"),
        Mode.SHARED_LINE: Code(code="31", groups=_LAMP),
        Mode.HOT_DESK: Code(code="32"),
        Mode.URL: Code(code="35"),
        Mode.HISTORY: Code(code="36"),
        Mode.DIRECTORY: Code(code="37"),
        Mode.MENU: Code(code="38"),
        Mode.PAGING: Code(code="47"),
        Mode.QUEUE_LOGIN: Fallback(to=Mode.SPEED_DIAL, why="type 33 speaks to BroadSoft only; the code is dialled"),
        Mode.PRESENCE: Fallback(to=Mode.BLF, why="there is no presence key, the number is watched as BLF"),
        Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
        Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key and no key type"),
        Mode.NATIVE: Code(code=""),
    }
)


def buttons(_model: Model) -> Buttons:
    """One table for all models."""
    return BUTTONS
