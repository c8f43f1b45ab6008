"""Flyingvoice's key types (FusionPBX flyingvoice); ``reads`` says which fields a key of a type needs."""

from __future__ import annotations

from types import MappingProxyType

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model


def _key(code: str, *reads: str) -> Code:
    return Code(code=code, extra=MappingProxyType({"reads": frozenset(reads)}))


BUTTONS: Buttons = {
    Mode.NONE: _key("0"),
    Mode.LINE: _key("15", "line", "pickup_value"),
    Mode.SHARED_LINE: _key("15", "line", "pickup_value"),  # the account is what is shared
    Mode.BLF: _key("16", "line", "value", "pickup_value"),
    Mode.SPEED_DIAL: _key("13", "line", "value"),
    # Type 10 parks and shows nothing; type 16 watches the orbit too.
    Mode.PARK: _key("16", "line", "value", "pickup_value"),
    Mode.PICKUP: _key("9", "line", "value"),
    Mode.GROUP_PICKUP: _key("23", "line", "value"),
    Mode.INTERCOM: _key("14", "line", "value"),
    Mode.PAGING: _key("24", "value"),
    Mode.DTMF: _key("11", "line", "value"),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="there is no prefix key; the digits are dialled as a number"),
    Mode.TRANSFER: _key("3", "line", "value"),
    Mode.CONFERENCE: _key("1", "line", "value"),
    Mode.HOLD: _key("4"),
    Mode.PRIVATE_HOLD: _key("20", "line"),
    Mode.RECORD: _key("25"),
    Mode.VOICEMAIL: _key("12", "line", "value"),
    Mode.FORWARD: _key("2", "line", "value"),
    Mode.DND: _key("5"),
    Mode.REDIAL: _key("6"),
    Mode.HISTORY: _key("28"),
    Mode.DIRECTORY: _key("29"),
    Mode.LDAP: _key("38"),
    Mode.URL: Fallback(to=Mode.NONE, why="URL keys record calls and nothing else"),
    Mode.XML: _key("27", "value"),
    Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="there is no agent key; the queue's code is watched"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="the number is watched as BLF"),
    Mode.FLAG: _key("16", "line", "value", "pickup_value"),
    Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key"),
    Mode.HOT_DESK: Fallback(to=Mode.NONE, why="there is no hot-desking key"),
    Mode.MENU: _key("30"),
    Mode.NATIVE: _key("", "line"),
}


def buttons(_model: Model) -> Buttons:
    """All models have the same numbers."""
    return BUTTONS
