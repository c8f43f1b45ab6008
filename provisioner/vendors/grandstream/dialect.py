"""Grandstream's two dialects: P-values (``<P47>``) and named keys (``<item name="account.1.sip.server.1.address">``).

The template is written once, in named keys, since those can be read. ``keys.toml`` says what each name is called in
a family: its P-value, another spelling, or nothing at all. Two templates would be the same thought twice, and one
list of P-values would say nothing to anybody. A file is in one dialect throughout: nobody has shown both in one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from provisioner.vendor_api import Line, Model

_TABLE = tomllib.loads(resources.files(__package__).joinpath("keys.toml").read_text("utf-8"))
_ACCOUNT = re.compile(r"account\.(?P<n>\d+)\.(?P<name>.+)")
_KEY = re.compile(r"pks\.(?P<group>vpk|mpk|softkey|ext)\.(?P<n>\d+)\.(?P<field>\w+)")
_LAST_KNOWN_ACCOUNT = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """Phones that share their keys: one row of ``keys.toml``, where the fields are described."""

    name: str
    title: str
    codecs: tuple[str, ...]
    choices: int
    keys: Mapping[str, frozenset[str]]
    off: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[re.Pattern[str], ...] = ()
    renames: tuple[tuple[re.Pattern[str], str], ...] = ()
    unknown_p_values: tuple[re.Pattern[str], ...] = ()
    codecs_p_values: tuple[str, ...] = ()
    p_values: bool = False
    zone_names: bool = False
    mpk_account: str = ""
    web_on: str = ""
    web_off: str = ""

    def groups(self, word: str) -> frozenset[str]:
        """The groups of keys that have this function."""
        return frozenset(group for group, words in self.keys.items() if word in words)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one phone wants to be spoken to: its family, and whether in P-values."""

    family: Family
    p_values: bool

    def key(self, name: str) -> str | None:
        """What a named key is called here, None where the phone has no such key."""
        return _key(self, name)

    def word(self, name: str, word: str) -> str:
        """What a word of the drop-down list ``name`` is called here."""
        if not self.p_values:
            return self.family.words.get(name, {}).get(word, word)
        numbers = _TABLE["numbers"].get(name) or {"Yes": "1", "No": "0"}
        return str(numbers[word])

    def key_mode(self, word: str, *, fixed: bool) -> str:
        """What a key's function is called here; ``fixed`` keys count otherwise than dynamic ones."""
        if not self.p_values:
            return word
        if fixed:
            special = _TABLE["fixed_key_modes"].get(word)
            return str(_TABLE["key_modes"][word] + 10 if special is None else special)
        # Lines exist on fixed keys only.
        return str(_TABLE["key_modes"].get(word, _TABLE["key_modes"]["None"]))

    @property
    def codecs(self) -> tuple[str, ...]:
        """The codecs that the phone has, by our names."""
        return (self.family.codecs_p_values if self.p_values else ()) or self.family.codecs


def dialect(model: Model, line: Line) -> Dialect:
    """The dialect of a model at a firmware line."""
    family = FAMILIES[model.extra["family"]]
    return Dialect(family, family.p_values or family.name in line.options.get("p_values", ()))


@cache
def _key(spoken: Dialect, name: str) -> str | None:
    family = spoken.family
    unknown = (*family.unknown, *(family.unknown_p_values if spoken.p_values else ()))
    if any(expression.fullmatch(name) for expression in unknown):
        return None
    if spoken.p_values:
        number = _number(name)
        return None if number is None else f"P{number}"
    return _renamed(name, family.renames)


def _renamed(name: str, renames: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for expression, replacement in renames:
        match = expression.fullmatch(name)
        if match:
            return match.expand(replacement)
    return name


def _number(name: str) -> int | None:
    """The P-value of a name, None where no source gives it."""
    account, key = _ACCOUNT.fullmatch(name), _KEY.fullmatch(name)
    if account:
        return _account_number(_TABLE["account"].get(account["name"]), int(account["n"]))
    if key:
        return _key_number(_TABLE["keys"][key["group"]], int(key["n"]), key["field"])
    number: int | None = _TABLE["device"].get(name)
    return number


def _account_number(row: Mapping[str, int] | None, account: int) -> int | None:
    if row is None or account > row.get("last", _LAST_KNOWN_ACCOUNT):
        return None
    if account == 1:
        return row["first"]
    if "step" in row:
        return row["first"] + row["step"] * (account - 1)
    return int(_TABLE["blocks"][account - 2]) + row["block"]


def _key_number(ranges: Iterable[Mapping[str, Any]], number: int, field_name: str) -> int | None:
    mine = [row for row in ranges if row["from"] <= number]
    if not mine or field_name not in mine[-1]:
        return None
    first, step = mine[-1][field_name]
    return int(first + step * (number - mine[-1]["from"]))


def _family(name: str, row: dict[str, Any]) -> Family:
    lists = ("codecs", "codecs_p_values")
    return Family(
        **{
            **row,
            **{column: tuple(row[column]) for column in lists if column in row},
            "name": name,
            "keys": {group: _words(words) for group, words in row["keys"].items()},
            "unknown": tuple(re.compile(one) for one in row.get("unknown", ())),
            "unknown_p_values": tuple(re.compile(one) for one in row.get("unknown_p_values", ())),
            "renames": tuple((re.compile(old), new) for old, new in row.get("renames", ())),
        }
    )


def _words(words: Iterable[str]) -> frozenset[str]:
    """The functions of a list, its sets spelled out."""
    sets = _TABLE["sets"]
    return frozenset(one for word in words for one in (sets[word[1:]] if word.startswith("@") else [word]))


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {name: _family(name, row) for name, row in _TABLE["families"].items()}
)
