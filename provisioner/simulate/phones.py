"""What a virtual phone is, and its way through its start: which file next, in view of what came before.

Nothing here opens a socket: `start` yields what the phone asks for and is sent what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from provisioner.values import Mac, Transport
from provisioner.vendor_api import Boot, Model, Vendor, names_of

# A file tells its phone where to come back to: an URL, or its host and directory apart.
_OWN_PATH = re.compile(rb"\bd/([0-9a-f]{32,128})(?![0-9a-f])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A part of a phone's start with one user-agent: file names, of those in a tuple the first that is there."""

    agent: str
    files: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A virtual phone; ``own`` are the names of its private files that are served.

    With a ``token`` it was paired before and begins at its own URL.
    """

    mac: Mac
    vendor: str
    transport: Transport
    stages: tuple[Stage, ...]
    own: frozenset[str]
    token: str | None = None


def phone(vendor: Vendor, model: Model, mac: Mac, *, firmware: str | None = None, token: str | None = None) -> Phone:
    """A phone of this model; without a ``firmware`` it has the one that the server assumes."""
    boot = vendor.boot
    stages = (_stage(vendor, model, mac, one, firmware) for one in (boot.loader, boot) if one)
    served = (file.pattern for file in vendor.files if file.private and file.template and file.fits(model))
    own = (_name(vendor, model, mac, pattern) for pattern in served)
    return Phone(
        mac=mac,
        vendor=vendor.name,
        transport=boot.transport,
        stages=tuple(stages),
        own=frozenset(filter(None, own)),
        token=token,
    )


def _stage(vendor: Vendor, model: Model, mac: Mac, boot: Boot, firmware: str | None) -> Stage:
    return Stage(agent=_agent(model, mac, boot, firmware), files=tuple(_names(vendor, model, mac, boot)))


def _agent(model: Model, mac: Mac, boot: Boot, firmware: str | None) -> str:
    text = next((agent.text for agent in boot.agents if agent.when(model)), "")
    return text.format(
        **names_of(model),
        called=boot.called(model),
        version=firmware or boot.version.format(release=model.release or boot.release),
        mac=mac.hex,
        MAC=mac.upper,
        colons=mac.colons,
        COLONS=mac.colons.upper(),
        DASHES=mac.colons.upper().replace(":", "-"),
    )


def _names(vendor: Vendor, model: Model, mac: Mac, boot: Boot) -> Iterator[tuple[str, ...]]:
    for entry in boot.files:
        patterns = (entry,) if isinstance(entry, str) else entry
        names = tuple(name for pattern in patterns if (name := _name(vendor, model, mac, pattern)))
        if names:
            yield names


def _name(vendor: Vendor, model: Model, mac: Mac, pattern: str) -> str | None:
    """The file's name on this model, None where its phones have no such file."""
    fields = set(re.findall(r"{(\w+)}", pattern)) - {"mac", "MAC"}
    known = names_of(model)
    if any(known.get(field) is None for field in fields):
        return None
    file = next((file for file in vendor.files if file.pattern == pattern and file.fits(model)), None)
    return file.name(mac, model) if file else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One file that a phone asks for; with ``etag`` it has a copy."""

    path: str
    agent: str
    transport: Transport
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of it: ``status`` is HTTP's, in either transport; ``body`` is empty where nothing new came."""

    status: int
    body: bytes = b""
    etag: str | None = None

    @property
    def is_there(self) -> bool:
        """Whether the phone has the file now."""
        return self.status in (200, 304)


def start(phone: Phone, *, transport: Transport | None = None) -> Generator[Fetch, Reply, None]:
    """A phone's start: its files in order, then the same again at the URL that the first one told.

    As a real phone does, it asks anew with the ETag of the copy that it holds, and over HTTP, whatever its
    first transport was, for the URL is one of HTTP; a ``transport`` that is forced stays.
    """
    way = transport or phone.transport
    told: list[str] = []
    etags: dict[str, str] = {}
    yield from _round(phone, f"d/{phone.token}/" if phone.token else "", way, told, etags)
    if told:
        yield from _round(phone, f"d/{told[0]}/", transport or Transport.HTTP, [], etags)


def _round(
    phone: Phone, directory: str, transport: Transport, told: list[str], etags: dict[str, str]
) -> Generator[Fetch, Reply, None]:
    for stage in phone.stages:
        for alternatives in stage.files:
            for name in alternatives:
                reply = yield Fetch(path=directory + name, agent=stage.agent, transport=transport, etag=etags.get(name))
                if reply.etag:
                    etags[name] = reply.etag
                if found := _OWN_PATH.search(reply.body):
                    told.append(found[1].decode())
                if reply.is_there:
                    break
