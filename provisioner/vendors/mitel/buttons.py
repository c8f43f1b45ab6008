"""Mitel's key types (administrator guides, "softkeyN type"; FusionPBX and wazo_aastra for those seen at work)."""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_DIALLED = Code(code="speeddial")

BUTTONS: Buttons = {
    Mode.NONE: Code(code="none"),
    Mode.LINE: Code(code="line"),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="the line itself is shared (sip lineN mode), its key is a line key"),
    Mode.BLF: Code(code="blf"),
    Mode.SPEED_DIAL: _DIALLED,
    Mode.PARK: Code(code="park"),
    # A speed dial of the pickup code, or of the code and the number, is the whole function.
    Mode.PICKUP: _DIALLED,
    Mode.GROUP_PICKUP: _DIALLED,
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="the type icom works with some PBXs only; the number is dialled"),
    Mode.PAGING: Code(code="paging"),
    Mode.DTMF: Fallback(to=Mode.SPEED_DIAL, why="no type sends digits only; a speed dial sends them during a call"),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="no type waits for more digits; the prefix is dialled at once"),
    Mode.TRANSFER: Code(code="xfer"),
    Mode.CONFERENCE: Code(code="conf"),
    Mode.HOLD: Fallback(to=Mode.NONE, why="hold has its own hard key and no key type"),
    Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why="no key type holds a call privately"),
    Mode.RECORD: Code(code="sprecode"),
    Mode.VOICEMAIL: Code(code="speeddialmwi"),
    Mode.FORWARD: Code(code="callforward"),
    Mode.DND: Code(code="dnd"),
    Mode.REDIAL: Code(code="redial"),
    Mode.HISTORY: Code(code="callers"),
    Mode.DIRECTORY: Code(code="directory"),
    Mode.LDAP: Fallback(to=Mode.DIRECTORY, why="LDAP is one source of the directory, which has the only key type"),
    Mode.URL: Fallback(to=Mode.XML, why="keys ask for a URL as an XML application; the answer must be an XML object"),
    Mode.XML: Code(code="xml"),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="the type acd speaks to BroadSoft only; the queue's code is watched"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="no presence keys; the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key and no key type"),
    Mode.HOT_DESK: Fallback(to=Mode.SPEED_DIAL, why="hot desking is the PBX's; its code is dialled"),
    Mode.MENU: Fallback(to=Mode.NONE, why="no key type opens a menu"),
    Mode.NATIVE: Code(code=""),
}


def buttons(_model: Model) -> Buttons:
    """Every model answers the same types; bottom softkeys without lamps are the context's business."""
    return BUTTONS
