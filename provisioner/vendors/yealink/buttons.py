"""Yealink's key types (guides, "DSS keys"), and which fields a key of each type reads beside its label."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

EVERYWHERE: frozenset[str] = frozenset()


def _key(code: str, groups: Iterable[str], *reads: str) -> Code:
    """A type on some groups of keys; ``reads`` are the fields ``line``, ``value`` and ``extension``."""
    return Code(code=code, groups=frozenset(groups), extra=MappingProxyType({"reads": frozenset(reads)}))


def _table(lamps: frozenset[str], hard: frozenset[str]) -> Buttons:
    """The codes of a model: ``lamps`` are groups of keys with a lamp or a display, ``hard`` of those without."""
    return {
        Mode.NONE: _key("0", EVERYWHERE),
        Mode.LINE: _key("15", lamps, "line"),
        Mode.SHARED_LINE: _key("15", lamps, "line"),  # the account is what is shared
        Mode.BLF: _key("16", lamps, "line", "value", "extension"),
        Mode.SPEED_DIAL: _key("13", EVERYWHERE, "line", "value"),
        # Type 10 has no lamp; type 16 shows the orbit, transfers a call to it and takes it back.
        Mode.PARK: _key("16", lamps, "line", "value", "extension"),
        Mode.PICKUP: _key("9", EVERYWHERE, "line", "value"),
        Mode.GROUP_PICKUP: _key("23", EVERYWHERE, "line", "value"),
        Mode.INTERCOM: _key("14", EVERYWHERE, "line", "value"),
        Mode.PAGING: _key("24", EVERYWHERE, "value"),
        Mode.DTMF: _key("11", lamps, "line", "value"),
        Mode.PREFIX: _key("40", EVERYWHERE, "line", "value"),
        Mode.TRANSFER: _key("3", EVERYWHERE, "line", "value"),
        Mode.CONFERENCE: _key("1", EVERYWHERE, "line", "value"),
        Mode.HOLD: _key("4", EVERYWHERE),
        Mode.PRIVATE_HOLD: _key("20", lamps, "line"),
        Mode.RECORD: _key("25", lamps),
        Mode.VOICEMAIL: _key("12", lamps, "line", "value"),
        Mode.FORWARD: _key("2", EVERYWHERE, "line", "value"),
        Mode.DND: _key("5", EVERYWHERE),
        Mode.REDIAL: Fallback(to=Mode.HISTORY, why="true redial ended with V70; the history begins with the last call"),
        Mode.HISTORY: _key("28", hard),
        Mode.DIRECTORY: _key("61", EVERYWHERE),
        Mode.LDAP: _key("38", EVERYWHERE),
        Mode.URL: _key("17", lamps, "value"),
        Mode.XML: _key("27", EVERYWHERE, "value"),
        Mode.QUEUE_LOGIN: Fallback(to=Mode.BLF, why="type 42 speaks to BroadSoft only; the queue's code is watched"),
        Mode.PRESENCE: Fallback(to=Mode.BLF, why="presence keys need a UC server; the number is watched as BLF"),
        Mode.FLAG: _key("16", lamps, "line", "value"),
        Mode.MUTE: Fallback(to=Mode.NONE, why="mute has its own hard key and no key type"),
        Mode.HOT_DESK: _key("34", EVERYWHERE),
        Mode.MENU: _key("30", hard),
        Mode.NATIVE: _key("", EVERYWHERE, "line"),
    }


BUTTONS = _table(lamps=frozenset({"line", "exp"}), hard=frozenset({"key", "soft"}))
_WITH_MEMORY_KEYS = _table(lamps=frozenset({"line", "exp", "key"}), hard=frozenset({"soft"}))


def buttons(model: Model) -> Buttons:
    """All models have the same codes, and memory keys, where a model has them, can do what line keys do."""
    return _WITH_MEMORY_KEYS if model.extra.get("memory") else BUTTONS
