"""Two versions of a device's files, compared by native key, with secrets told as changed and never shown.

What is stored of a file is its bytes, which do not say what in them is secret. A key is taken for secret when
the vendor's expression names it, when its value is secret in the file as it would be rendered now, or when
the template writes a secret there for some device of this model: what a test device with every account in
use has secret (`secret_keys`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from provisioner import neutral
from provisioner.answer import Provisioner
from provisioner.archive import Entry, body_of, last_served
from provisioner.errors import Broken, Unassigned
from provisioner.merge import merge
from provisioner.profile import Origin, Profile
from provisioner.recognise import file_of
from provisioner.record import ExtensionRecord, HandsetRecord, Layer, Record
from provisioner.registry import find_model, vendors
from provisioner.render import MASK, View, document_of, file_names
from provisioner.syntax import Document
from provisioner.values import Mac
from provisioner.vendor_api import File, Model, Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """One native key that differs: None where a version does not state it, masked where it is secret."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """One file: what was last served of it, if anything was, and what is served instead from now on."""

    file: str
    served: Entry | None
    changes: tuple[KeyChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a version of a file states, by native key, and which of the keys are secret."""

    values: Mapping[str, str]
    secret: frozenset[str] = frozenset()

    def masked(self, key: str) -> str | None:
        """A key's value as it may be shown; None where the file does not state it."""
        value = self.values.get(key)
        return MASK if value and key in self.secret else value


_SECRET = "Secret-1"  # noqa: S105  # stands for any secret

NOTHING = Stated(values={})


def compare(old: Stated, new: Stated) -> tuple[KeyChange, ...]:
    """Every key whose value differs, in file order; one that is secret in either version is masked in both."""
    secret = old.secret | new.secret
    before, after = (Stated(values=one.values, secret=secret) for one in (old, new))
    keys = dict.fromkeys([*new.values, *old.values])
    return tuple(
        KeyChange(key=key, before=before.masked(key), after=after.masked(key))
        for key in keys
        if old.values.get(key) != new.values.get(key)
    )


def against_served(
    provisioner: Provisioner, session: Session, device_id: int, file: str | None = None
) -> list[FileDifference]:
    """Each private file of a device, or the one named: last served against what would be served now.

    Raises Unassigned when the device has no such file, and what `merge` and `render` raise.
    """
    profile = merge(provisioner.loader.load(session, device_id))
    overrides = provisioner.installation.template_dir
    files = private_files(profile)
    if file is not None and file not in files:
        raise Unassigned(f"{profile.model.name} has no file {file} of its own; it has {', '.join(files)}")
    served = last_served(session, device_id)
    found = []
    for name in files if file is None else [file]:
        entry = served.get(name)
        old = was(provisioner, session, entry) if entry else NOTHING
        changes = compare(old, stated(profile, files[name], overrides))
        found.append(FileDifference(file=name, served=entry, changes=changes if entry else ()))
    return found


def private_files(profile: Profile) -> dict[str, File]:
    """The files that hold a device's own values, by the name that it asks for."""
    vendor = vendors()[profile.vendor]
    named = ((name, file_of(vendor, name, profile.model)) for name in file_names(profile))
    return {name: file for name, file in named if file is not None and file.private}


def stated(profile: Profile, file: File, overrides: Path | None = None) -> Stated:
    """The file as it would be rendered now. Raises as `render` does."""
    values = dict(document_of(profile, file, View.PLAIN, overrides).items())
    shown = dict(document_of(profile, file, View.MASKED, overrides).items())
    secret = {key for key, value in values.items() if shown.get(key) != value}
    vendor = vendors()[profile.vendor]
    return Stated(values=values, secret=frozenset(secret) | _secret(vendor, profile.model, file, values, overrides))


def was(provisioner: Provisioner, session: Session, entry: Entry) -> Stated:
    """A version that was served. Raises Broken when it cannot be read, or its vendor or model is gone."""
    return _read(*_kind(entry), body_of(session, provisioner.vault, entry), provisioner.installation.template_dir)[1]


def masked_body(provisioner: Provisioner, session: Session, entry: Entry) -> bytes:
    """A version that was served, in its own syntax, its secrets masked. Raises Broken as `was` does."""
    body = body_of(session, provisioner.vault, entry)
    return masked(*_kind(entry), body, provisioner.installation.template_dir)


def masked(vendor: Vendor, model: Model, file: File, body: bytes, overrides: Path | None = None) -> bytes:
    """The bytes of a file without the values that are secret in it. Raises Broken when they cannot be read."""
    document, found = _read(vendor, model, file, body, overrides)
    for key, value in found.values.items():
        if value and key in found.secret:
            document.put(key, MASK)
    return (file.syntax or vendor.syntax).write(document)


def _kind(entry: Entry) -> tuple[Vendor, Model, File]:
    try:
        vendor, model = find_model(entry.vendor, entry.model)
    except ValueError as error:
        raise Broken(str(error)) from None
    file = file_of(vendor, entry.file, model)
    if file is None:
        raise Broken(f"{vendor.title} {model.name} has no file {entry.file} any more")
    return vendor, model, file


def _read(vendor: Vendor, model: Model, file: File, body: bytes, overrides: Path | None) -> tuple[Document, Stated]:
    document = (file.syntax or vendor.syntax).read(body.decode("utf-8", "replace"))
    values = dict(document.items())
    return document, Stated(values=values, secret=_secret(vendor, model, file, values, overrides))


def _secret(
    vendor: Vendor, model: Model, file: File, keys: Mapping[str, str], overrides: Path | None
) -> frozenset[str]:
    named = {key for key in keys if re.search(vendor.secret_keys, key, re.IGNORECASE)}
    return secret_keys(vendor.name, model.name, file.pattern, overrides) | named


@lru_cache(maxsize=1024)
def secret_keys(vendor: str, model: str, pattern: str, overrides: Path | None = None) -> frozenset[str]:
    """The native keys under which a file of this model can hold a secret, on any firmware line. Raises Broken."""
    owner, phone = find_model(vendor, model)
    file = next(one for one in owner.files if one.pattern == pattern and one.fits(phone))
    found: set[str] = set()
    for firmware in _firmwares(owner):
        profile = merge(_crowded(owner, phone, firmware))
        document = document_of(profile, file, View.MASKED, overrides)
        found |= {key for key, value in document.items() if MASK in value}
    return frozenset(found)


def _firmwares(vendor: Vendor) -> list[str | None]:
    """A version of each firmware line, the newest first."""
    older = [line.before for line in vendor.lines if line.before is not None]
    return [None, *(".".join(map(str, (*before[:-1], max(before[-1] - 1, 0)))) for before in older)]


def _crowded(vendor: Vendor, model: Model, firmware: str | None) -> Record:
    """A device of the model with an extension on each account and every secret set."""
    extensions = tuple(_extension(number) for number in range(1, model.accounts + 1))
    secrets = dict.fromkeys(neutral.secrets(), _SECRET)
    layer = Layer(origin=Origin("tenant"), values={"sip.server": "sip.invalid", "phone.encrypt_files": True, **secrets})
    return Record(
        mac=Mac("020000000001"), name="", vendor=vendor.name, model=model.name, firmware=firmware,
        tenant="", tenant_name="", url="https://sip.invalid/d/0/", admin_password=_SECRET, file_key=_SECRET * 4,
        layers=(layer,), device_layer=Layer(origin=Origin("device")), extensions=extensions,
        handsets=tuple(
            HandsetRecord(name="", ipei=None, slot=one, extensions=extensions[one - 1 : one])
            for one in range(1, model.handsets + 1)
        ),
    )  # fmt: skip


def _extension(number: int) -> ExtensionRecord:
    layer = Layer(origin=Origin("extension"))
    return ExtensionRecord(number=str(number), name="", auth_user=None, password=_SECRET, voicemail=None, layer=layer)
