"""A profile becomes the bytes of a file: template, firmware line, native keys, and the syntax's writer.

One Jinja environment a vendor, whose ``finalize`` turns every value that a template prints into escaped
text: nothing reaches a file around it. The same templates render in three views: plain for phones, masked
for people, and traced, where each value carries marks that tell its origin.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError
from markupsafe import Markup
from markupsafe import escape as escape_text

from provisioner.errors import Broken, Unassigned
from provisioner.keys import keys_of
from provisioner.profile import Origin, Profile, Setting, Text
from provisioner.registry import vendors
from provisioner.sandbox import Metered, SafeFiles, Sandbox
from provisioner.syntax import OMIT, Document, Syntax
from provisioner.values import Owner
from provisioner.vendor_api import File, Line, Vendor

MASK = "********"
VALUES_REMEMBERED = 4096
_TEMPLATE_FAULTS = (
    TemplateError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError,
)  # fmt: skip
_TRACE = re.compile("\ufdd1([^\ufdd2]*)\ufdd2([^\ufdd3]*)\ufdd3")
_REFERENCE = re.compile("&#(6497[7-9]);")
"""The three marks of a trace as XML references."""


class View(Enum):
    """Who a file is rendered for."""

    PLAIN = "plain"
    MASKED = "masked"
    TRACED = "traced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole file, ready to be sent."""

    name: str
    body: bytes
    media_type: str
    private: bool
    encrypted_from: bytes | None = None
    etag: str = field(init=False)
    """A strong entity tag of the bytes, in its quotes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.body).hexdigest()[:32]}"')

    @property
    def plain(self) -> bytes:
        """The document, also of a file that goes out encrypted: what people are shown."""
        return self.body if self.encrypted_from is None else self.encrypted_from


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLine:
    """One line of a file's text, masked where it is secret, and where the values in it came from."""

    text: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One key of a file, masked where it is secret, and where its value came from."""

    key: str
    value: str
    origin: str


def file_names(profile: Profile) -> list[str]:
    """The files that this device would get an answer for, in the order in which it asks."""
    vendor = vendors()[profile.vendor]
    return [file.name(profile.mac, profile.model) for file in _served(vendor, profile)]


def render(
    profile: Profile, file: File, view: View = View.PLAIN, overrides: Path | None = None, held: str | None = None
) -> Answer:
    """The file of a device: the same profile gives the same bytes, the whole file or an exception.

    ``held`` is the mark of the key that the phone holds, as its URL says; with this device's mark the file is
    encrypted. Raises Unassigned when the device has no such file and Broken when a template or our data is at fault.
    """
    vendor = vendors()[profile.vendor]
    syntax = file.syntax or vendor.syntax
    document = document_of(profile, file, view, overrides, held)
    name = file.name(profile.mac, profile.model)
    plain = Answer(name=name, body=syntax.write(document), media_type=file.media_type, private=file.private)
    return _encrypted(plain, profile, vendor, file) if _is_held(profile, held) else plain


def _is_held(profile: Profile, mark: str | None) -> bool:
    return mark is not None and profile.file_key is not None and mark == profile.file_key.mark


def _encrypted(plain: Answer, profile: Profile, vendor: Vendor, file: File) -> Answer:
    if vendor.encryption is None or profile.file_key is None or file.kind not in vendor.encryption.kinds:
        return plain
    body = vendor.encryption.encrypt(plain.body, profile.file_key.key)
    return replace(plain, body=body, media_type="application/octet-stream", encrypted_from=plain.body)


def render_public(vendor: Vendor, file: File, name: str) -> Answer:
    """A model-wide file: its template stands alone, there is no device behind it. Raises Broken."""
    syntax = file.syntax or vendor.syntax
    assert file.template
    try:
        text = _environment(vendor.name, syntax, View.PLAIN, None).get_template(file.template).render()
    except TemplateError as error:
        raise Broken(f"{vendor.name}/{file.template}: {error}") from error
    return Answer(name=name, body=syntax.write(syntax.read(text)), media_type=file.media_type, private=False)


def document_of(
    profile: Profile, file: File, view: View = View.PLAIN, overrides: Path | None = None, held: str | None = None
) -> Document:
    """The rendered file as a document of keys. Raises as `render` does."""
    vendor = vendors()[profile.vendor]
    if file.template is None or not file.fits(profile.model):
        raise Unassigned(f"{profile.model.name} has no file {file.pattern}")
    syntax = file.syntax or vendor.syntax
    text = _text(vendor, profile, file, view, overrides)
    document = syntax.read(text)
    if OMIT in text:
        document.leave_out(OMIT)
    _apply_line(document, profile)
    if vendor.encryption and profile.file_key and (profile.file_key.wanted or _is_held(profile, held)):
        _apply_file_key(document, profile, vendor, file, view)
    if vendor.http_login and profile.http_password:
        _apply_http_login(document, profile, vendor, file, view)
    _apply_native(document, profile, vendor, file, view)
    return document


def explain(profile: Profile, file: File, overrides: Path | None = None) -> list[Explained]:
    """Every key of the file with the origin of its value; ``template`` where a vendor's template says so."""
    vendor = vendors()[profile.vendor]
    document = document_of(profile, file, View.TRACED, overrides)
    mine = Origin("vendor", f"{vendor.name}/{file.template}")
    return [_explained(key, value, mine) for key, value in document.items()]


def explain_text(profile: Profile, file: File, overrides: Path | None = None) -> list[ExplainedLine]:
    """The file line by line as it would be sent; a line that only the vendor's template speaks in has no origins."""
    syntax = file.syntax or vendors()[profile.vendor].syntax
    masked, traced = (
        syntax.write(document_of(profile, file, view, overrides)).decode("utf-8", "replace").splitlines()
        for view in (View.MASKED, View.TRACED)
    )
    # Marks can change how a writer quotes a value, never the lines.
    return [ExplainedLine(text=text, origins=_origins(marked)) for text, marked in zip(masked, traced, strict=True)]


def _origins(line: str) -> tuple[str, ...]:
    """Where the values of a line came from; a syntax that writes ASCII only has made references of the marks."""
    marked = _REFERENCE.sub(lambda match: chr(int(match[1])), line)
    return tuple(dict.fromkeys(match[1] for match in _TRACE.finditer(marked)))


def unknown_native_keys(profile: Profile, overrides: Path | None = None) -> list[str]:
    """Native keys that none of the device's files states by itself: perhaps a typing error."""
    vendor = vendors()[profile.vendor]
    wanted = {key: None for native in profile.native for key in native.keys}
    if not wanted:
        return []
    stated: set[str] = set()
    for file in _served(vendor, profile):
        text = _text(vendor, profile, file, View.MASKED, overrides)
        document = (file.syntax or vendor.syntax).read(text)
        _apply_line(document, profile)
        stated.update(key for key, _ in document.items())
    return [key for key in wanted if key not in stated]


def _served(vendor: Vendor, profile: Profile) -> Iterator[File]:
    return (file for file in vendor.files if file.template and file.fits(profile.model))


def _text(vendor: Vendor, profile: Profile, file: File, view: View, overrides: Path | None) -> str:
    syntax = file.syntax or vendor.syntax
    environment = _environment(vendor.name, syntax, view, overrides)
    assert file.template
    try:
        names = vendor.context(profile, keys_of(profile))
        with environment.metered():
            return environment.get_template(file.template).render(profile=profile, **names)
    except _TEMPLATE_FAULTS as error:
        told = _without_secrets(f"{type(error).__name__}: {error}", profile, vendor)
        raise Broken(f"{vendor.name}/{file.template}: {told}") from None


def _without_secrets(message: str, profile: Profile, vendor: Vendor) -> str:
    """What a template's error says may quote a value."""
    secrets: list[str] = [profile.url, *(account.password for account in profile.accounts)]
    secrets += [str(one.value) for one in profile.settings.values() if one.secret and one.value]
    secrets += [profile.file_key.key] if profile.file_key else []
    secrets += [profile.http_password] if profile.http_password else []
    for native in profile.native:
        secrets += [str(value) for key, value in native.keys.items() if re.search(vendor.secret_keys, key, re.I)]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        message = message.replace(secret, MASK)
    return message


def check_overrides(overrides: Path) -> list[str]:
    """What is wrong with a folder of overrides: each file that no template is asked by, or that does not compile."""
    if not overrides.is_dir():
        return [f"{overrides} is no folder"]
    found = []
    for path in sorted(path for path in overrides.rglob("*") if not path.is_dir() or path.is_symlink()):
        vendor, *rest = path.relative_to(overrides).parts
        problem = _override_problem(vendors().get(vendor), "/".join(rest), overrides)
        found += [f"{path.relative_to(overrides)}: {problem}"] if problem else []
    return found


def _override_problem(vendor: Vendor | None, name: str, overrides: Path) -> str | None:
    if vendor is None or not name:
        return "is in no vendor's folder"
    try:
        _environment(vendor.name, vendor.syntax, View.MASKED, overrides).get_template(name)
    except _TEMPLATE_FAULTS as error:
        line = f" (line {error.lineno})" if isinstance(error, TemplateSyntaxError) else ""
        return f"{type(error).__name__}: {error}{line}"
    return None


@cache
def _environment(vendor: str, syntax: Syntax, view: View, overrides: Path | None) -> Sandbox:
    shipped = str(resources.files("provisioner").joinpath("templates", vendor))
    finalize = _finalizer(syntax, view)
    if overrides is None:
        return Sandbox(SafeFiles(shipped), finalize)
    return Metered(SafeFiles([str(overrides / vendor), shipped]), finalize)


def _finalizer(syntax: Syntax, view: View) -> Callable[[Any], str]:
    """What every ``{{ value }}`` becomes; plain texts are escaped, ours also masked or traced."""
    # Phones of a tenant share nearly all their values.
    escape = lru_cache(maxsize=VALUES_REMEMBERED)(syntax.escape)

    def text(value: Any) -> str:
        return OMIT if value == OMIT else escape(str(value))

    def told(value: Text) -> str:
        return _told(value, text(value), view)

    def plain(value: Text) -> str:
        return OMIT if value.owner is phone or value == OMIT else escape(str(value))

    by_type: dict[type, Callable[[Any], str]] = {
        Markup: str,
        int: str,
        bool: lambda value: syntax.true if value else syntax.false,
        Text: plain if view is View.PLAIN else told,
        Setting: lambda setting: _told(setting, finalize(setting.value), view),
    }

    cleared, phone = syntax.clear, Owner.PHONE

    def finalize(value: Any) -> str:
        return cleared if value is None else by_type.get(type(value), text)(value)

    return finalize


def _told(why: Text | Setting, escaped: str, view: View) -> str:
    """A value whose reason is known: left out when the phone owns it, masked or traced as the view wants."""
    if why.owner is Owner.PHONE:
        return OMIT
    if view is View.PLAIN or escaped == OMIT:
        return escaped
    shown = MASK if why.secret and escaped else escaped
    return shown if view is View.MASKED else f"\ufdd1{escape_text(str(why.origin))}\ufdd2{shown}\ufdd3"


def _apply_line(document: Document, profile: Profile) -> None:
    """Give keys the names of the device's firmware line, and drop those that it does not know."""
    line = profile.line
    if not line.renames and not line.drops:
        return
    known, names = _names_on(line), {}
    for key, _ in list(document.items()):
        if key not in known:
            known[key] = _name_on(line, key)
        name = known[key]
        if name is None:
            document.drop(key)
        elif name != key:
            names[key] = name
    document.rename_all(names)


@cache
def _names_on(_line: Line) -> dict[str, str | None]:
    """What `_name_on` said of a line's keys so far: there are only so many that templates can write."""
    return {}


def _name_on(line: Line, key: str) -> str | None:
    """What a firmware line calls a key of the templates, None where it does not know it."""
    if any(expression.fullmatch(key) for expression in line.drops):
        return None
    for expression, replacement in line.renames:
        match = expression.fullmatch(key)
        key = match.expand(replacement) if match else key
    return key


def _apply_file_key(document: Document, profile: Profile, vendor: Vendor, file: File, view: View) -> None:
    """Tell the phone its key, or to forget it; only the files that can be encrypted carry it."""
    assert vendor.encryption
    assert profile.file_key
    if file.kind not in vendor.encryption.kinds:
        return
    syntax, key = file.syntax or vendor.syntax, profile.file_key.key
    for name, value in vendor.encryption.keys(profile, key if profile.file_key.wanted else "").items():
        known = _name_on(profile.line, name)
        if known is not None:
            is_secret = key in value or profile.url in value
            document.put(
                known, _told(Text(value, key.origin, secret=is_secret), syntax.carry(value) or syntax.clear, view)
            )


def _apply_http_login(document: Document, profile: Profile, vendor: Vendor, file: File, view: View) -> None:
    """Tell the phone what it proves itself with over HTTP, in the file that new native keys go to."""
    assert vendor.http_login
    assert profile.http_password
    first = next((one for one in _served(vendor, profile) if one.private), None)
    if first is None or file.template != first.template:
        return
    syntax, password = file.syntax or vendor.syntax, profile.http_password
    for name, value in vendor.http_login(profile, profile.mac.hex, str(password)).items():
        known = _name_on(profile.line, name)
        if known is not None:
            document.put(known, _told(password.says(value), syntax.carry(value), view))


def _apply_native(document: Document, profile: Profile, vendor: Vendor, file: File, view: View) -> None:
    """Vendor-native keys win over what the template wrote; new ones go to the device's first private file."""
    syntax = file.syntax or vendor.syntax
    first = next((one for one in _served(vendor, profile) if one.private), None)
    for native in profile.native:
        for key, value in native.keys.items():
            # The same file may have several names.
            if document.get(key) is None and first and file.template != first.template:
                continue
            if value is None:
                document.drop(key)
            else:
                secret = bool(re.search(vendor.secret_keys, key, re.IGNORECASE))
                text = Text(value, native.origin, secret=secret)
                document.put(key, _told(text, syntax.carry(value), view))


def _explained(key: str, value: str, mine: Origin) -> Explained:
    origins = list(dict.fromkeys(match[1] for match in _TRACE.finditer(value)))
    shown = _TRACE.sub(lambda match: match[2], value)
    return Explained(key=key, value=shown, origin=", ".join(origins) or str(mine))
