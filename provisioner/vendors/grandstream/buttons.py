"""What Grandstream keys can do: the word for each mode, as far as a family has it on a group of keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model
from provisioner.vendors.grandstream.dialect import FAMILIES, Family
from provisioner.vendors.grandstream.ports import is_ports

# The first word that the family knows is taken.
WORDS: Mapping[Mode, tuple[str, ...]] = MappingProxyType(
    {
        Mode.LINE: ("Line",),
        Mode.SHARED_LINE: ("SharedLine",),
        Mode.BLF: ("BLF",),
        Mode.SPEED_DIAL: ("SpeedDial",),
        Mode.PARK: ("MonitoredCallPark", "CallPark"),  # the first has a lamp
        Mode.INTERCOM: ("Intercom",),
        Mode.PAGING: ("MulticastPaging",),
        Mode.DTMF: ("DialDTMF",),
        Mode.PREFIX: ("DialPrefix",),
        Mode.TRANSFER: ("Transfer",),
        Mode.CONFERENCE: ("Conference",),
        Mode.RECORD: ("Record",),
        Mode.VOICEMAIL: ("VoiceMail",),
        Mode.FORWARD: ("Forward",),
        Mode.DND: ("DND",),
        Mode.REDIAL: ("Redial",),
        Mode.HISTORY: ("CallLog",),
        Mode.DIRECTORY: ("Phonebook",),
        Mode.LDAP: ("LDAPSearch",),
        Mode.XML: ("XMLApplication",),
        Mode.PRESENCE: ("PresenceWatcher",),
        Mode.MENU: ("Menu",),
    }
)
# A speed dial of the pickup code and the number, or of the group's code, picks up: no fallback, the whole thing.
_DIALLED = (Mode.PICKUP, Mode.GROUP_PICKUP)

# What stands in where a family has no word for a mode.
_INSTEAD: Mapping[Mode, Fallback] = MappingProxyType(
    {
        Mode.SHARED_LINE: Fallback(to=Mode.LINE, why="no shared lines here, the account's own line key stands in"),
        Mode.BLF: Fallback(to=Mode.SPEED_DIAL, why="these keys have no lamp, the number is dialled"),
        Mode.PARK: Fallback(to=Mode.SPEED_DIAL, why="these keys cannot park, the orbit is dialled"),
        Mode.INTERCOM: Fallback(to=Mode.SPEED_DIAL, why="these keys have no intercom, the number is called"),
        Mode.VOICEMAIL: Fallback(to=Mode.SPEED_DIAL, why="these keys have no voicemail, its number is dialled"),
        Mode.PREFIX: Fallback(to=Mode.SPEED_DIAL, why="these keys dial at once and do not wait for more digits"),
        Mode.DIRECTORY: Fallback(to=Mode.LDAP, why="no key opens the phonebook, the LDAP search is the nearest"),
        Mode.URL: Fallback(to=Mode.XML, why="keys request no plain URL; the XML application asks for it and shows it"),
        Mode.PRESENCE: Fallback(to=Mode.BLF, why="no presence keys here, the number is watched as BLF"),
        Mode.QUEUE_LOGIN: Fallback(to=Mode.SPEED_DIAL, why="queues are the PBX's; the queue's code is dialled"),
        Mode.HOT_DESK: Fallback(to=Mode.SPEED_DIAL, why="hot desking is the PBX's; its code is dialled"),
        Mode.FLAG: Fallback(to=Mode.BLF, why="a service flag is watched and toggled as BLF"),
        Mode.HOLD: Fallback(to=Mode.NONE, why="hold has its own hard key and no key mode"),
        Mode.PRIVATE_HOLD: Fallback(to=Mode.NONE, why="private hold is a soft key in a call and no key mode"),
        Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key and no key mode"),
    }
)


_NO_KEYS = Fallback(to=Mode.NONE, why="a DECT base or an analogue adapter has no keys; dial the code on the phone")
_WITHOUT_KEYS: Buttons = MappingProxyType(
    {**{mode: _NO_KEYS for mode in Mode if mode is not Mode.LOCAL}, Mode.NONE: Code(code="None")}
)


def buttons(model: Model) -> Buttons:
    """The table of the model's family; bases and adapters have no keys."""
    if is_ports(model):
        return _WITHOUT_KEYS
    return _table(model.extra["family"])


@cache
def _table(name: str) -> Buttons:
    family = FAMILIES[name]
    made: dict[Mode, Code | Fallback] = {mode: _entry(family, mode) for mode in Mode if mode is not Mode.LOCAL}
    dialled = Code(code="SpeedDial", groups=family.groups("SpeedDial"))
    fixed = {Mode.NONE: Code(code="None"), Mode.NATIVE: Code(code=""), **dict.fromkeys(_DIALLED, dialled)}
    return MappingProxyType({**made, **fixed})


def _entry(family: Family, mode: Mode) -> Code | Fallback:
    for word in WORDS.get(mode, ()):
        groups = family.groups(word)
        if groups:
            return Code(code=word, groups=groups)
    missing = Fallback(to=Mode.NONE, why=f"keys of the {family.title} have no {mode} function")
    return _INSTEAD.get(mode, missing)
