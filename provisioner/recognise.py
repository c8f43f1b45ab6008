"""Who asks, and for what: a pure function over path, user-agent and transport.

All vendors' file names are folded into one table, keyed by the name with its MAC taken out, so that the
cost of a look-up does not grow with the number of vendors; user-agents are first searched for the hints
of all vendors at once. The path names the device; the user-agent only adds vendor, model and version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from urllib.parse import parse_qs, unquote_to_bytes

import structlog

from provisioner.certificates import Presented
from provisioner.file_encryption import MARK_HEX
from provisioner.registry import vendors
from provisioner.values import Mac, Transport
from provisioner.vendor_api import File, Model, UserAgent, Vendor, names_of

log = structlog.get_logger()

LONGEST_NAME = 255
LONGEST_AGENT = 512
REMEMBERED = 64_000
"""Requests: ten thousand phones that start at once make some fifty thousand, and each of them again the next time."""
LONGEST_REMEMBERED = 384
_HEX_RUN = re.compile(r"[0-9a-f]{12,}")
_TOKEN = re.compile(r"[0-9a-f]{16,64}(?:-[0-9a-f]{10})?")
_WORD = re.compile(r"[a-z0-9]{2,}")
_NOT_A_PHONE = re.compile(
    r"mozilla/5\.0|chrome/|safari/|firefox/|zgrab|masscan|nmap|nikto|nuclei|sqlmap|sipvicious"
    r"|friendly-scanner|censys|shodan|bot\b|crawler|spider",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request of a device, from either door."""

    path: str
    user_agent: str = ""
    transport: Transport = Transport.HTTP
    address: str = ""
    method: str = "GET"
    authorization: str = field(default="", repr=False)
    certificate: Presented | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a request was taken for; None where it does not tell.

    ``file`` is the file's name as asked, ``kind`` the vendor's description of it. ``held`` is the mark, behind
    the token, of the key to encrypted files that the phone holds. ``doubt`` says why the
    request must be refused although it was understood: its user-agent names another device.
    """

    vendor: str | None = None
    model: str | None = None
    version: str | None = None
    mac: Mac | None = None
    file: str | None = None
    kind: File | None = None
    token: str | None = None
    held: str | None = None
    tenant: str | None = None
    boot: bool = False
    doubt: str | None = None

    @property
    def private(self) -> bool | None:
        """Whether the file holds a device's secrets, None for an unknown file."""
        return None if self.kind is None else self.kind.private


@dataclass(frozen=True, slots=True)
class _Named:
    """One file name of one vendor; ``model`` where the name tells it."""

    vendor: str
    file: File
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agent:
    """What a user-agent tells."""

    vendor: str
    model: str | None
    version: str | None
    mac: Mac | None
    boot: bool


def recognise(ask: Ask) -> Identity:
    """Take a request for what it is; never raises, whatever the bytes."""
    path, agent = ask.path, ask.user_agent[:LONGEST_AGENT]
    if len(path) + len(agent) > LONGEST_REMEMBERED:
        return _recognised(path, agent)
    return _remembered(path, agent)


def _recognised(path: str, user_agent: str) -> Identity:
    told, tenant, name, query = _parts(path)
    token, held = _marked(told)
    agent = _agent(user_agent)
    if agent is None and _NOT_A_PHONE.search(user_agent):
        return Identity()
    known = Recogniser.of_all().named(name, query)
    if agent is None and not known:
        return Identity()
    return _combine(agent, known, Identity(token=token, held=held, tenant=tenant, file=name or None))


# A phone asks for the same files again and again; hostile variety costs what it costs, and no more memory.
_remembered = lru_cache(maxsize=REMEMBERED)(_recognised)


def tenant_of(path: str) -> str | None:
    """The tenant that a path names, whatever else it holds."""
    return _parts(path)[1]


def _combine(agent: _Agent | None, known: tuple[Mac | None, tuple[_Named, ...]] | None, blank: Identity) -> Identity:
    """The user-agent's vendor decides, else the file name where one vendor has it, else the OUI among those."""
    mac, named = known or (None, ())
    vendor = agent.vendor if agent else _vendor_of(named, mac)
    if vendor is None and mac is None:
        return Identity()
    mine = next((entry for entry in named if entry.vendor == vendor), None)
    told = agent.model if agent else None
    return replace(
        blank,
        vendor=vendor,
        model=_model_name(vendor, told) or (mine.model if mine else None),
        version=agent.version if agent and not agent.boot else None,
        mac=mac or (agent.mac if agent else None),
        file=blank.file if named else None,
        kind=mine.file if mine else None,
        boot=bool(agent and agent.boot),
        doubt=_doubt(agent, mac),
    )


def _doubt(agent: _Agent | None, mac: Mac | None) -> str | None:
    if agent and agent.mac and mac and agent.mac != mac:
        return f"the path names {mac} and the user-agent {agent.mac}"
    return None


def _vendor_of(named: tuple[_Named, ...], mac: Mac | None) -> str | None:
    names = {entry.vendor for entry in named}
    if len(names) == 1:
        return names.pop()
    by_oui = vendor_by_oui(mac) if mac else None
    return by_oui if by_oui in names else None


def _model_name(vendor: str | None, told: str | None) -> str | None:
    """The model's own name for what a user-agent calls it."""
    if vendor is None or told is None:
        return None
    found = vendors()[vendor].models.find(told)
    return found.name if found else None


def file_of(vendor: Vendor, name: str, model: Model | None) -> File | None:
    """The kind of file that devices of this vendor and model mean by a name, None when they have none."""
    _, named = Recogniser.of_all().named(name.lower(), "") or (None, ())
    mine = (entry for entry in named if entry.vendor == vendor.name)
    fitting = (entry for entry in mine if model is None or _is_for(entry, model))
    return next((entry.file for entry in fitting), None)


def _is_for(entry: _Named, model: Model) -> bool:
    return entry.model in (None, model.name) and entry.file.fits(model)


def vendor_by_oui(mac: Mac) -> str | None:
    """The vendor whose longest prefix the MAC begins with: a hint for people, never proof."""
    table = Recogniser.of_all().ouis
    return next((table[mac.hex[:n]] for n in range(12, 5, -1) if mac.hex[:n] in table), None)


def _marked(told: str | None) -> tuple[str | None, str | None]:
    """A token, and the mark that may follow it."""
    if told is None or "-" not in told:
        return told, None
    token, _, mark = told.partition("-")
    return token, mark[:MARK_HEX]


def _parts(path: str) -> tuple[str | None, str | None, str, str]:
    """Token, tenant, lower-case file name and query of a path, none of which need be there."""
    plain, _, query = path[:2048].partition("?")
    text = unquote_to_bytes(plain).decode("utf-8", "replace").replace("\\", "/")
    parts = [part for part in text.split("/") if part]
    name = parts[-1] if parts and not text.endswith("/") else ""
    token = tenant = None
    if len(parts) > 2 and parts[0] == "d":
        token = parts[1]
    elif len(parts) > 2 and parts[0] == "t":
        tenant = parts[1]
    elif len(parts) > 1 and _TOKEN.fullmatch(parts[0]):
        token = parts[0]
    hostile = ".." in parts or "\0" in text or len(name) > LONGEST_NAME
    return token, tenant, "" if hostile else name, query


class Recogniser:
    """The tables of a set of vendors."""

    def __init__(self, known: Iterable[Vendor]) -> None:
        self._vendors = tuple(known)

    @staticmethod
    @cache
    def of_all() -> Recogniser:
        """The tables of every vendor, made once a process."""
        return Recogniser(vendors().values())

    @cached_property
    def ouis(self) -> Mapping[str, str]:
        """Vendor by MAC prefix, lower-case hex."""
        return {oui.lower(): vendor.name for vendor in self._vendors for oui in vendor.ouis}

    @cached_property
    def _names(self) -> Mapping[str, tuple[_Named, ...]]:
        table: dict[str, list[_Named]] = {}
        for vendor in self._vendors:
            for shape, named in _shapes(vendor):
                entries = table.setdefault(shape, [])
                twin = next((n for n, entry in enumerate(entries) if entry.file is named.file), None)
                if twin is None:
                    entries.append(named)
                else:  # a name that several models share tells no model
                    entries[twin] = replace(named, model=None)
        return {shape: tuple(entries) for shape, entries in table.items()}

    @cached_property
    def _open_names(self) -> Mapping[str, tuple[tuple[re.Pattern[str], _Named], ...]]:
        """Patterns that name the model, as expressions for models that we do not know, by first three letters."""
        table: dict[str, list[tuple[re.Pattern[str], _Named]]] = {}
        for vendor in self._vendors:
            for file in vendor.files:
                literal = file.pattern.partition("{")[0].lower()
                if "{model}" in file.pattern and len(literal) >= 3:
                    expression = re.escape(_shape(file.pattern, {"model": "\1"})).replace("\1", r"[a-z0-9_]{2,24}")
                    table.setdefault(literal[:3], []).append((re.compile(expression), _Named(vendor.name, file, None)))
        return {start: tuple(entries) for start, entries in table.items()}

    def named(self, name: str, query: str) -> tuple[Mac | None, tuple[_Named, ...]] | None:
        """The MAC in a file name and the vendors' files of that name, None when no vendor has it."""
        for mac, shape in _readings(name.lower()):
            entries = self._names.get(shape) or self._unknown_model(shape)
            if entries:
                return mac or _mac_of_query(query), entries
        return None

    def _unknown_model(self, shape: str) -> tuple[_Named, ...]:
        candidates = self._open_names.get(shape[:3], ())
        return tuple(named for expression, named in candidates if expression.fullmatch(shape))

    @cached_property
    def _hints(self) -> Mapping[str, tuple[tuple[str, Vendor, UserAgent], ...]]:
        """User-agent expressions by the first two letters of the hint that each match contains."""
        table: dict[str, list[tuple[str, Vendor, UserAgent]]] = {}
        for vendor in self._vendors:
            for agent in vendor.user_agents:
                table.setdefault(agent.hint[:2], []).append((agent.hint, vendor, agent))
        return {start: tuple(entries) for start, entries in table.items()}

    def agent(self, text: str) -> _Agent | None:
        """What a user-agent tells, None when it is no phone's."""
        lower = text.lower()
        for word in _WORD.finditer(lower):
            for hint, vendor, agent in self._hints.get(lower[word.start() : word.start() + 2], ()):
                found = _matched(vendor, agent, text) if lower.startswith(hint, word.start()) else None
                if found:
                    return found
        return None


def _matched(vendor: Vendor, agent: UserAgent, text: str) -> _Agent | None:
    """One vendor's look at a user-agent; its failure spoils nobody else's."""
    try:
        match = agent.regex.search(text)
        if match is None:
            return None
        found = match.groupdict()
        return _Agent(
            vendor=vendor.name,
            model=found.get("model"),
            version=found.get("version"),
            mac=_lenient_mac(found.get("mac")),
            boot=agent.boot,
        )
    except Exception:
        log.exception("recogniser.failed", vendor=vendor.name)
        return None


def _agent(text: str) -> _Agent | None:
    return Recogniser.of_all().agent(text) if text else None


def _lenient_mac(text: str | None) -> Mac | None:
    try:
        return Mac.parse(text) if text else None
    except ValueError:
        return None


def _mac_of_query(query: str) -> Mac | None:
    """Phones whose URL names a file without a MAC may add it as ``?mac=``."""
    return _lenient_mac(parse_qs(query[:512]).get("mac", [""])[0]) if query else None


def _readings(name: str) -> Iterator[tuple[Mac | None, str]]:
    """Every way to see a MAC in a name, then the name as it is.

    Letters before the MAC may be hex digits themselves (``phone001565…``), so both ends of a run count.
    """
    for run in _HEX_RUN.finditer(name):
        for start in dict.fromkeys((run.end() - 12, run.start())):
            mac = _lenient_mac(name[start : start + 12])
            if mac:
                yield mac, f"{name[:start]}\0{name[start + 12 :]}"
    yield None, name


def _shape(pattern: str, parts: Mapping[str, object]) -> str:
    """A file pattern as it looks when its MAC is taken out, in lower case."""
    return pattern.format_map({"mac": "\0", "MAC": "\0", **parts}).lower()


def _shapes(vendor: Vendor) -> Iterator[tuple[str, _Named]]:
    """Every name of every file of a vendor, for each model where the name tells it."""
    for file in vendor.files:
        fields = set(re.findall(r"{(\w+)}", file.pattern)) - {"mac", "MAC"}
        if not fields:
            yield _shape(file.pattern, {}), _Named(vendor.name, file, None)
            continue
        for model in vendor.models.values():
            parts = names_of(model)
            if file.fits(model) and all(parts.get(field) is not None for field in fields):
                yield _shape(file.pattern, parts), _Named(vendor.name, file, model.name)
