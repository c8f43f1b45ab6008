"""A site file as objects: each with its place in the file, and every problem that the file shows by itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from provisioner.errors import Problem
from provisioner.services import devices
from provisioner.services.fields import Schema, slug
from provisioner.services.integrations import NamedIntegration
from provisioner.services.problems import Path, problems_of
from provisioner.services.schemas import DeviceIn, ExtensionIn, LocationIn, TemplateIn, TenantIn, WebhookIn
from provisioner.services.user_page import UserPageIn
from provisioner.site.read import Items, Table, line_of
from provisioner.values import Mac

NOUNS: Mapping[str, type[Schema]] = {
    "locations": LocationIn,
    "extensions": ExtensionIn,
    "button_templates": TemplateIn,
    "devices": DeviceIn,
    "webhooks": WebhookIn,
    "integrations": NamedIntegration,
}
PAGE = "user_page_control"
_NAMES = {"locations": "name", "extensions": "number", "button_templates": "name", "devices": "mac"}

Given = TypeVar("Given", bound=Schema)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Given]):
    """One object of the file, and where it stands."""

    path: Path
    given: Given
    tree: Any

    def placed(self, problem: Problem) -> Problem:
        """A problem of this object, with its line."""
        inside = tuple(int(part) if part.isdecimal() else part for part in problem.field.split("."))
        field_ = ".".join(map(str, (*self.path, *inside)))
        return Problem(field=field_, message=problem.message, line=line_of(self.tree, inside))

    @property
    def line(self) -> int | None:
        """Where it begins."""
        return line_of(self.tree, ())


@dataclass
class Site:
    """Everything that a file says. ``names`` also has the objects that are in it and wrong."""

    slug: str
    line: int | None
    tenant: Entry[TenantIn] | None
    locations: list[Entry[LocationIn]] = field(default_factory=list)
    extensions: list[Entry[ExtensionIn]] = field(default_factory=list)
    button_templates: list[Entry[TemplateIn]] = field(default_factory=list)
    devices: list[Entry[DeviceIn]] = field(default_factory=list)
    webhooks: list[Entry[WebhookIn]] = field(default_factory=list)
    integrations: list[Entry[NamedIntegration]] = field(default_factory=list)
    user_page: Entry[UserPageIn] | None = None
    names: dict[str, set[str]] = field(default_factory=lambda: {noun: set() for noun in NOUNS})
    problems: list[Problem] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(len(getattr(self, noun)) for noun in NOUNS)


def document(tree: Table) -> Site:
    """What a file says; its problems are collected, not raised."""
    own = Table(tree.line)
    own.update({name: value for name, value in tree.items() if name not in (*NOUNS, PAGE)})
    own.lines = tree.lines
    problems: list[Problem] = []
    tenant = _entry((), own, TenantIn, problems)
    name = tenant.given.tenant if tenant else _slug(tree.get("tenant"))
    site = Site(name, line_of(tree, ("tenant",)), tenant, problems=problems)
    site.user_page = _entry((), _page(tree), UserPageIn, problems)
    for noun, schema in NOUNS.items():
        entries = getattr(site, noun)
        for path, one in _items(tree, noun, problems):
            site.names[noun].update(_names(noun, one))
            entry = _entry(path, one, schema, problems, line_of(tree, path))
            if entry is not None:
                entries.append(entry)
    problems += _twice(site)
    return site


def _page(tree: Table) -> Table:
    """What the file says of the users' page, as a table of its own that knows its lines."""
    page = Table(tree.line)
    if PAGE in tree:
        page[PAGE], page.lines = tree[PAGE], tree.lines
    return page


def _slug(given: object) -> str:
    """The slug of a tenant of which something else is wrong; empty where it is wrong itself."""
    try:
        return slug(given) if isinstance(given, str) else ""
    except ValueError:
        return ""


def _items(tree: Table, noun: str, problems: list[Problem]) -> Iterable[tuple[Path, Any]]:
    given = tree.get(noun)
    if given is not None and not isinstance(given, list):
        problems.append(Problem(field=noun, message="must be a list", line=tree.lines.get(noun)))
        return []
    return [((noun, number), one) for number, one in enumerate(given or Items(None))]


def _entry(
    path: Path, tree: Any, schema: type[Given], problems: list[Problem], line: int | None = None
) -> Entry[Given] | None:
    try:
        return Entry(path, schema.model_validate(tree), tree)
    except ValidationError as error:
        problems += problems_of(error, schema, lambda inside: line_of(tree, inside) or line, path)
        return _rest(path, tree, schema, {one["loc"][0] for one in error.errors() if one["loc"]})


def _rest(path: Path, tree: Any, schema: type[Given], wrong: set[int | str]) -> Entry[Given] | None:
    """An object without its wrong fields, so that what is wrong with the others is told too; it is never written."""
    if not isinstance(tree, Table) or not wrong:
        return None
    right = Table(tree.line)
    right.update({name: value for name, value in tree.items() if name not in wrong})
    try:
        return Entry(path, schema.model_validate(right), tree)
    except ValidationError:
        return None


def _names(noun: str, tree: Any) -> Iterator[str]:
    """The name of an object, right or wrong, so that others may refer to it without a second complaint."""
    name = tree.get(_NAMES.get(noun)) if isinstance(tree, dict) else None
    if isinstance(name, str) and noun == "devices":
        try:
            yield Mac.parse(name).hex
        except ValueError:
            return
    elif isinstance(name, str):
        yield name.strip()


def _twice(site: Site) -> Iterator[Problem]:
    """Two objects of one name, each complained of at the second."""
    yield from _repeated(site.locations, lambda given: [("name", given.name)])
    yield from _repeated(site.extensions, lambda given: [("number", given.number)])
    yield from _repeated(site.button_templates, lambda given: [("name", given.name)])
    yield from _repeated(site.webhooks, lambda given: [("url", (given.event, given.url))])
    yield from _repeated(site.integrations, lambda given: [("identifier", given.identifier)])
    yield from _repeated(site.devices, _device_keys)
    yield from _repeated(site.locations, lambda given: [("default", True)] if given.default else [])


def _device_keys(given: DeviceIn) -> Iterator[tuple[str, Hashable]]:
    fields = {"Mac": "mac", "Ipei": "ipei", "Seat": "slot"}
    return ((fields[type(key).__name__], key) for key in devices.keys_of(given))


def _repeated(entries: Iterable[Entry[Any]], keys: Any) -> Iterator[Problem]:
    first: dict[Hashable, Entry[Any]] = {}
    for entry in entries:
        for name, key in keys(entry.given):
            other = first.setdefault((name, key), entry)
            if other is not entry:
                where = f"on line {other.line}" if other.line else "before it in the file"
                yield entry.placed(Problem(field=name, message=f"is already {where}; keep one of the two"))
