"""The vendor interface: all that a package under ``provisioner/vendors/`` may import.

A vendor is one frozen `Vendor` value named ``VENDOR``: models as data, recogniser patterns, the files it
serves, its button codes, its firmware lines, the pure function that names things for its templates, and
the reader that turns a file back into accounts and buttons.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any

from provisioner.errors import Broken
from provisioner.file_encryption import Encryption, aes_ecb, openssl_salted
from provisioner.hosts import bare_host_port, host_port, registrar_port, sip_target
from provisioner.profile import (
    Account,
    Address,
    Button,
    Handset,
    Origin,
    Profile,
    Setting,
    Settings,
    Text,
    Warned,
    emergency_identity,
    joined,
)
from provisioner.reading import ReadAccount, ReadButton, Reading, grouped, numbered
from provisioner.region import clock_hours, date_order, tone_country
from provisioner.syntax import (
    OMIT,
    Cell,
    Document,
    FlatXml,
    LineDocument,
    LineSyntax,
    Numbers,
    SettingsXml,
    Syntax,
    XmlDocument,
    XmlSyntax,
    clean,
    parse_xml,
)
from provisioner.timezones import Changeover, Zone, zone
from provisioner.values import Ipei, Mac, Mode, Slot, Transport

__all__ = [
    "OMIT",
    "Account",
    "Address",
    "Agent",
    "Boot",
    "Broken",
    "Button",
    "Buttons",
    "Cell",
    "Changeover",
    "Code",
    "Context",
    "DeviceCertificate",
    "Document",
    "Encryption",
    "Expansion",
    "Fallback",
    "File",
    "FlatXml",
    "Handset",
    "Ipei",
    "Key",
    "Keys",
    "Line",
    "LineDocument",
    "LineSyntax",
    "Mac",
    "Mode",
    "Model",
    "Models",
    "Numbers",
    "Origin",
    "Profile",
    "ReadAccount",
    "ReadButton",
    "Reading",
    "Setting",
    "Settings",
    "SettingsXml",
    "Slot",
    "Syntax",
    "Text",
    "Transport",
    "UserAgent",
    "Vendor",
    "Warned",
    "XmlDocument",
    "XmlSyntax",
    "Zone",
    "aes_ecb",
    "bare_host_port",
    "clean",
    "clock_hours",
    "date_order",
    "emergency_identity",
    "grouped",
    "host_port",
    "joined",
    "load_lines",
    "load_models",
    "numbered",
    "openssl_salted",
    "parse_xml",
    "registrar_port",
    "release_numbers",
    "sip_target",
    "tone_country",
    "zone",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """The key module that a model takes: ``keys`` on each, at most ``modules`` in a chain."""

    name: str
    keys: int
    modules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One phone model, as data.

    ``line_keys`` count over all pages, ``keys`` are hard programmable keys, ``soft_keys`` the programmable
    ones below the screen. ``handsets`` is the capacity of a DECT base, 0 for a desk phone. ``release`` is the
    firmware that is assumed until the phone has said its own. ``aliases`` are other names by which its
    user-agent or the market calls it. ``extra`` holds the vendor's own columns.
    """

    name: str
    accounts: int
    line_keys: int
    keys: int = 0
    soft_keys: int = 0
    expansion: Expansion | None = None
    handsets: int = 0
    release: str = ""
    aliases: tuple[str, ...] = ()
    source: str = ""
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def slots(self, group: str) -> int:
        """How many keys the group ``line``, ``key``, ``soft`` or ``expM`` has on this model."""
        if group.startswith("exp"):
            fits = self.expansion is not None and int(group[3:]) <= self.expansion.modules
            return self.expansion.keys if fits and self.expansion else 0
        return {"line": self.line_keys, "key": self.keys, "soft": self.soft_keys}[group]


class Models(Mapping[str, Model]):
    """A vendor's models by name; `find` also takes other spellings of a name."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._by_name = {model.name: model for model in models}
        self._by_fold: dict[str, Model] = {}
        for model in self._by_name.values():
            for name in (model.name, *model.aliases):
                self._by_fold.setdefault(_fold(name), model)

    def __getitem__(self, name: str) -> Model:
        return self._by_name[name]

    def __iter__(self) -> Any:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str | None) -> Model | None:
        """The model of this name in any case, with or without blanks, dashes and underscores."""
        return self._by_fold.get(_fold(name)) if name else None


def _fold(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A firmware line: how key names differ from the ones that the templates write.

    ``before`` is the first release that no longer belongs to the line (None: the newest line). ``renames``
    are pairs of a regular expression over the whole key and its replacement, ``drops`` are expressions of
    keys that the line does not know. ``options`` are values that contexts may ask for.
    """

    name: str
    before: tuple[int, ...] | None = None
    renames: tuple[tuple[re.Pattern[str], str], ...] = ()
    drops: tuple[re.Pattern[str], ...] = ()
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)


CURRENT = Line(name="current")


@dataclass(frozen=True, kw_only=True)
class UserAgent:
    """A user-agent expression with the groups ``model``, ``version`` and ``mac``, all optional.

    ``hint`` is a lower-case text of two letters or more that begins a word of each match: the cheap test
    that comes first. A ``boot``
    loader's version says nothing about the application that will run.
    """

    hint: str
    pattern: str
    boot: bool = False

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The expression, searched anywhere in the user-agent, case ignored."""
        return re.compile(self.pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One kind of file that a vendor's phones ask for.

    ``pattern`` is the name with typed parts: ``{mac}`` (lower case), ``{MAC}`` (upper case), ``{model}`` or
    the name of a column of the model's ``extra``. A file without a ``template`` is recognised, so that the
    request tells us something, and never served. ``private`` files hold a device's secrets.
    ``when`` limits a file to some models.
    """

    kind: str
    pattern: str
    template: str | None = None
    private: bool = True
    media_type: str = "text/plain; charset=utf-8"
    syntax: Syntax | None = None
    when: Callable[[Model], bool] | None = None

    def fits(self, model: Model) -> bool:
        """Whether phones of this model ask for it."""
        return self.when is None or self.when(model)

    def name(self, mac: Mac, model: Model) -> str:
        """The name by which the device of this MAC asks for it."""
        return self.pattern.format(mac=mac.hex, MAC=mac.upper, **names_of(model))


def names_of(model: Model) -> dict[str, Any]:
    """What a file pattern may hold of a model: ``{model}`` and the columns of ``extra``."""
    return {"model": model.name, **model.extra}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A user-agent as these phones write it, with ``{called}``, ``{version}`` and the MAC in their spelling.

    The MAC is ``{mac}`` or ``{MAC}``, with colons ``{colons}``, with dashes and in upper case ``{DASHES}``; the
    columns of the model's ``extra`` may stand in it, too. ``when`` limits it to some models.
    """

    text: str
    when: Callable[[Model], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """What a vendor's phones ask for when they start, so that a fleet of them can be simulated.

    ``files`` are patterns of the vendor's `File`s in the order in which they are asked for; of several in a
    tuple a phone takes the first that is there. A pattern that does not fit the model is passed over.
    Phones use ``transport`` until a file tells them an URL. The first of ``agents`` that fits is the
    user-agent, none for phones that tell nothing of themselves. ``called`` is how they call their model.
    ``version`` makes a firmware version of the model's assumed ``{release}``, for models without one of
    ``release``. ``loader`` is what the boot loader asked for before.
    """

    files: tuple[str | tuple[str, ...], ...]
    agents: tuple[Agent, ...] = ()
    transport: Transport = Transport.HTTP
    called: Callable[[Model], str] = lambda model: model.name
    version: str = "{release}"
    release: str = ""
    loader: Boot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCertificate:
    """How the vendor's factory certificates name their phone.

    ``field`` is the subject's: ``CN``, ``OU``, ``O``, ``ST``, ``L`` or ``serialNumber``. ``pattern`` must match
    its whole value and finds the MAC as ``mac``, in any spelling. ``source`` says who says so.
    """

    field: str
    source: str
    pattern: str = r"(?P<mac>[0-9A-Fa-f]{2}(?:[:-]?[0-9A-Fa-f]{2}){5})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A vendor's code for a mode, on some groups of keys (all, where none are named).

    ``groups`` hold ``line``, ``key``, ``soft`` and ``exp``. What else a key of this mode needs (which of
    value, account and pickup code the phone reads) is the context's business. ``extra`` holds the vendor's
    own columns.
    """

    code: str
    groups: frozenset[str] = frozenset()
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What a vendor does instead of a mode, and why: shown to the admin, never silent."""

    to: Mode
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the phone, ready for a template: the vendor's ``code`` and the button behind it.

    ``mode`` is the mode in effect, after fallbacks. A slot that nobody gave a button is not ``given``: it has
    the vendor's code for ``none`` and empty texts, and hard keys go back to what the factory made them.
    """

    slot: Slot
    code: Code
    mode: Mode
    button: Button
    given: bool = True

    @property
    def number(self) -> int:
        """The key's number in its group, from 1."""
        return self.slot.number


Context = Callable[["Profile", "Keys"], Mapping[str, Any]]
Reader = Callable[[Document, Model], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of a device by group, each slot of the model present: ``keys.line``, ``keys.expansion(1)``."""

    line: tuple[Key, ...] = ()
    key: tuple[Key, ...] = ()
    soft: tuple[Key, ...] = ()
    modules: tuple[tuple[Key, ...], ...] = ()


Buttons = Mapping[Mode, "Code | Fallback"]


def _pages_unknown(_model: Model) -> tuple[int, ...]:
    return ()


def _nothing_to_warn_of(_profile: Profile) -> Iterable[Warned]:
    return ()


def release_numbers(version: str) -> tuple[int, ...]:
    """The numbers of a dotted version, ``2.12.16.17``, without the parts that are none; (0,) where no part is."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal()) or (0,)


def _check_sync(_model: Model) -> str:
    return "check-sync"


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """Everything about one vendor; see the module's docstring.

    ``ouis`` are prefixes of 6 to 12 hex digits, the longest match wins over vendors. ``release`` turns a
    firmware version into the release numbers that `Line.before` is compared with.
    ``http_login`` gives the native keys by which the phone learns a user name and a password for HTTP.
    ``buttons`` gives a model's table: most vendors answer the same for all. ``pages`` tells how many line keys
    stand on each page, in order, and nothing where that is not known. ``warn`` tells what this vendor's phones
    cannot do of a profile as a whole. ``encryption`` is how its phones take encrypted files, None where no way is
    known well enough.
    """

    name: str
    title: str
    models: Models
    syntax: Syntax
    files: tuple[File, ...]
    user_agents: tuple[UserAgent, ...]
    ouis: tuple[str, ...]
    buttons: Callable[[Model], Buttons]
    context: Context
    read: Reader
    boot: Boot
    release: Callable[[str], tuple[int, ...]] = release_numbers
    lines: tuple[Line, ...] = (CURRENT,)
    warn: Callable[[Profile], Iterable[Warned]] = _nothing_to_warn_of
    pages: Callable[[Model], tuple[int, ...]] = _pages_unknown
    resync: Callable[[Model], str] = _check_sync
    encryption: Encryption | None = None
    certificate: DeviceCertificate | None = None
    http_login: Callable[[Profile, str, str], Mapping[str, str]] | None = None
    secret_keys: str = r"passw|secret|pwd|token"  # noqa: S105  # an expression over key names

    def line(self, version: str | None, model: Model) -> Line:
        """The firmware line of a version, or of the model's assumed release while none is known."""
        release = self.release(version or model.release)
        older = (line for line in self.lines if line.before is not None and release < line.before)
        return min(older, key=lambda line: line.before or (), default=self.newest)

    @property
    def newest(self) -> Line:
        """The line whose key names the templates write."""
        return next((line for line in self.lines if line.before is None), CURRENT)


def load_models(package: str, name: str = "models.toml") -> Models:
    """Read a vendor's models: one inline table a model, its expansion modules by name.

    ``[expansions]`` names key modules (``EXP43 = {keys = 60, modules = 3}``), ``models`` lists the models;
    columns that `Model` does not have go to ``extra``. Raises Broken when a row lacks a source.
    """
    table = tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))
    expansions = {key: Expansion(name=key, **row) for key, row in table.get("expansions", {}).items()}
    return Models(_model(row, expansions) for row in table["models"])


def load_lines(package: str, name: str = "models.toml") -> tuple[Line, ...]:
    """Read a vendor's firmware lines: ``[[lines]]`` with ``name``, ``before``, ``renames``, ``drops``, ``options``.

    Without a line that has no ``before`` the newest one is `CURRENT`, which changes nothing.
    """
    table = tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))
    lines = tuple(_line(row) for row in table.get("lines", ()))
    return lines if any(line.before is None for line in lines) else (*lines, CURRENT)


def _line(row: Mapping[str, Any]) -> Line:
    before = tuple(int(part) for part in str(row["before"]).split(".")) if "before" in row else None
    return Line(
        name=row["name"],
        before=before,
        renames=tuple((re.compile(old), new) for old, new in row.get("renames", ())),
        drops=tuple(re.compile(expression) for expression in row.get("drops", ())),
        options=MappingProxyType(row.get("options", {})),
    )


_COLUMNS = {"name", "accounts", "line_keys", "keys", "soft_keys", "handsets", "release", "source"}


def _model(row: dict[str, Any], expansions: Mapping[str, Expansion]) -> Model:
    if not row.get("source"):
        raise Broken(f"the model {row.get('name')} names no source")
    given = {key: value for key, value in row.items() if key in _COLUMNS}
    extra = {key: value for key, value in row.items() if key not in _COLUMNS | {"expansion", "aliases", "modules"}}
    expansion = expansions[row["expansion"]] if "expansion" in row else None
    if expansion and "modules" in row:
        expansion = Expansion(name=expansion.name, keys=expansion.keys, modules=row["modules"])
    return Model(**given, expansion=expansion, aliases=tuple(row.get("aliases", ())), extra=MappingProxyType(extra))
