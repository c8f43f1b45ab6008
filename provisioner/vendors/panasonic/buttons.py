"""Panasonic's key functions: the word behind ``X_PANASONIC_IPTEL_``, which differs between KX-UT and KX-HDV."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

PREFIX = "X_PANASONIC_IPTEL_"
_DIALLED = Code(code="ONETOUCH")


def _none(why: str) -> Fallback:
    return Fallback(to=Mode.NONE, why=why)


_BOTH: dict[Mode, Code | Fallback] = {
    Mode.NONE: Code(code=""),
    Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="the account itself is shared, its key is a line key"),
    Mode.SPEED_DIAL: _DIALLED,
    # A one-touch dial of a feature code, with or without a number, is the whole function.
    Mode.GROUP_PICKUP: _DIALLED,
    Mode.VOICEMAIL: _DIALLED,
    Mode.PARK: Fallback(to=Mode.BLF, why="the orbit is watched, which also picks up; park keys take no orbit"),
    Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="no intercom function; the number is dialled"),
    Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="keys do not wait for more digits; the prefix is dialled at once"),
    Mode.RECORD: Fallback(to=Mode.SPEED_DIAL, why="no record function; the PBX's feature code is dialled"),
    Mode.DND: Fallback(to=Mode.SPEED_DIAL, why="no DND function; the PBX's feature code is dialled"),
    Mode.QUEUE_LOGIN: Code(code="ACD"),
    Mode.PRESENCE: Fallback(to=Mode.BLF, why="no presence keys; the number is watched as BLF"),
    Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
    Mode.LDAP: Fallback(to=Mode.DIRECTORY, why="LDAP is one source of the phonebook"),
    Mode.REDIAL: Fallback(to=Mode.HISTORY, why="no redial function; the call log begins with the last call"),
    Mode.PAGING: _none("these phones cannot page by multicast"),
    Mode.DTMF: _none("no function sends digits during a call"),
    Mode.URL: _none("keys cannot request a URL"),
    Mode.XML: _none("keys cannot open an XML application"),
    Mode.HOLD: _none("hold has its own hard key and no key function"),
    Mode.PRIVATE_HOLD: _none("no function holds a call privately"),
    Mode.MUTE: _none("mute has its own hard key and no key function"),
    Mode.MENU: _none("no key function opens a menu"),
    Mode.NATIVE: Code(code=""),
}

UT: Buttons = MappingProxyType(
    {
        **_BOTH,
        Mode.LINE: Code(code="DN"),
        Mode.BLF: Code(code="CONTACT"),
        Mode.PICKUP: _DIALLED,
        Mode.TRANSFER: _none("KX-UT phones have no transfer function for keys"),
        Mode.CONFERENCE: _none("KX-UT phones have no conference function for keys"),
        Mode.FORWARD: _none("KX-UT phones have no forward function for keys"),
        Mode.HISTORY: _none("KX-UT phones have no call log function for keys"),
        Mode.DIRECTORY: _none("KX-UT phones have no phonebook function for keys"),
        Mode.HOT_DESK: Fallback(to=Mode.SPEED_DIAL, why="hot desking is the PBX's; its code is dialled"),
    }
)
HDV: Buttons = MappingProxyType(
    {
        **_BOTH,
        Mode.LINE: Code(code="LINE"),
        Mode.BLF: Code(code="BLF"),
        Mode.PICKUP: Code(code="DIRECTPICKUP"),
        Mode.TRANSFER: Code(code="TRANSFER"),
        Mode.CONFERENCE: Code(code="CONFERENCE"),
        Mode.FORWARD: Code(code="FORWARD"),
        Mode.HISTORY: Code(code="CALLLOG"),
        Mode.DIRECTORY: Code(code="PHONEBOOK"),
        Mode.HOT_DESK: Code(code="HOTELING"),
    }
)
_BY_DIALECT: Mapping[str, Buttons] = {"ut": UT, "ut670": UT}


def buttons(model: Model) -> Buttons:
    """The table of the model's family."""
    return _BY_DIALECT.get(model.extra["dialect"], HDV)
