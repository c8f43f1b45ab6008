"""What phones will not do as asked: told when a file is applied, never silent.

Buttons are judged by model, not by device: a thousand phones with one template warn once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import inspect

from provisioner.errors import ProvisionerError
from provisioner.keys import effective
from provisioner.load import Loader
from provisioner.merge import merge
from provisioner.registry import vendors
from provisioner.render import unknown_native_keys
from provisioner.services import sealed, templates, tenants
from provisioner.services.buttons import ButtonIn, Buttons, dump
from provisioner.services.change import Change
from provisioner.services.devices import called, subject
from provisioner.services.schemas import DeviceIn, model_of
from provisioner.site.document import Site
from provisioner.store.tables import ButtonTemplate, Device, Tenant
from provisioner.values import Mode, fits
from provisioner.vendor_api import Model

MOST_RENDERED = 50
"""How many devices are rendered, one of each kind, to see which native keys their files know."""


def warnings_of(change: Change, tenant: Tenant, site: Site, rows: Iterable[Device], loader: Loader) -> list[str]:
    """Everything that the devices of a file will not do as asked, each said once; ``rows`` are stored already."""
    judge = _Judge(change, tenant, site)
    found = [warning for entry in site.devices if entry.given.mac for warning in judge.of(entry.given)]
    found += _unknown_keys(change, tenant, [row for row in rows if row.mac], loader)
    return list(dict.fromkeys(found))


@dataclass
class _Judge:
    change: Change
    tenant: Tenant
    site: Site
    _known: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.change.rows(self.tenant)
        self.templates = {row.name: templates.dump(self.change.vault, row) for row in rows.button_templates.all()}
        self.modules = {name: _most_modules(given.buttons) for name, given in self.templates.items()}
        self.defaults = tenants.dump(self.change.vault, self.tenant).default_templates
        self.given = {entry.given.number: entry.given for entry in self.site.extensions}

    def of(self, device: DeviceIn) -> Iterator[str]:
        """The warnings of one device."""
        model = model_of({"vendor": device.vendor, "model": device.model})
        assert model
        count = len(device.extensions)
        if count > model.accounts and not model.handsets:
            yield f"{subject(device)}: {model.name} has {model.accounts} accounts, and {count} extensions"
        named, buttons = self._first_extension(device)
        template = self._template(device, named)
        own = [*buttons, *device.buttons]
        used = max(_most_modules(own), self.modules[template] if template else 0)
        fit = model.expansion.modules if model.expansion else 0
        modules = min(used if device.expansion_modules is None else device.expansion_modules, fit)
        if template:
            yield from self._of_template(template, device.vendor, model, modules)
        for warning in _judged(own, device.vendor, model, modules):
            yield f"{subject(device)}: {warning}"

    def _first_extension(self, device: DeviceIn) -> tuple[str | None, Buttons]:
        """The template and the buttons that the extension on line 1 brings along."""
        number = device.extensions[0] if device.extensions else ""
        given = self.given.get(number)
        if given is not None and (given.buttons or "buttons" in given.model_fields_set):
            return given.template, given.buttons
        row = self.change.rows(self.tenant).extensions.get(number) if number else None
        # What was not loaded was written just now, without buttons.
        stored = row.buttons if row and "buttons" not in inspect(row).unloaded else []
        return (given.template if given else row.template.name if row and row.template else None), dump(stored)

    def _template(self, device: DeviceIn, named: str | None) -> str | None:
        """The template that the device gets, by the rules of the merge."""
        patterns = sorted(self.defaults, key=lambda pattern: (-len(pattern.replace("*", "")), pattern))
        by_model = [self.defaults[pattern] for pattern in patterns if _fits(device, pattern)]
        for name in (device.template, named, *by_model):
            template = self.templates.get(name or "")
            if template and any(_fits(device, pattern) for pattern in template.models or ["*"]):
                return name
        return None

    def _of_template(self, name: str, vendor: str, model: Model, modules: int) -> list[str]:
        key = (name, f"{vendor}/{model.name}", modules)
        if key not in self._known:
            told = _judged(self.templates[name].buttons, vendor, model, modules)
            self._known[key] = [f"button template {name} on {model.name}: {warning}" for warning in told]
        return self._known[key]


def _fits(device: DeviceIn, pattern: str) -> bool:
    return pattern == "*" or fits(device.vendor, device.model, pattern)


def _most_modules(buttons: Iterable[ButtonIn]) -> int:
    return max((button.slot.module for button in buttons), default=0)


def _judged(buttons: Iterable[ButtonIn], vendor: str, model: Model, modules: int) -> Iterator[str]:
    """What becomes of each button on a model."""
    table = vendors()[vendor].buttons(model)
    for button in buttons:
        slot = button.slot
        if slot.module > modules:
            yield f"{slot}: {model.name} has {modules} expansion modules; the button is not rendered"
        elif slot.number > model.slots(slot.group):
            yield f"{slot}: {model.name} has {model.slots(slot.group)} such keys; the button is not rendered"
        elif button.mode is not Mode.LOCAL:
            _, _, why = effective(table, button.mode, slot.group)
            if why:
                yield f"{slot}: {why}"


def _unknown_keys(change: Change, tenant: Tenant, devices: Iterable[Device], loader: Loader) -> Iterator[str]:
    """Native keys that no file of the model states by itself: perhaps a typing error."""
    shared = _natives(change, [tenant, *change.rows(tenant).button_templates.all()])
    kinds: dict[tuple[str, str, frozenset[str]], Device] = {}
    for device in devices:
        keys = _natives(change, [device] if device.sealed_settings else []).get(device.vendor, set())
        if keys or shared.get(device.vendor):
            kinds.setdefault((device.vendor, device.model, frozenset(keys)), device)
    models: dict[str, list[str]] = {}
    for device in list(kinds.values())[:MOST_RENDERED]:
        try:
            profile = merge(loader.load(change.session, device.id))
            unknown = unknown_native_keys(profile, loader.installation.template_dir)
        except ProvisionerError as error:
            yield f"device {called(device)}: {error}"
            continue
        for key in unknown:
            models.setdefault(key, []).append(f"{device.vendor} {device.model}")
    for key, names in models.items():
        known = ", ".join(sorted(set(names)))
        yield f"{key}: no file of {known} knows this key; it is sent as given"


def _natives(change: Change, rows: Iterable[Tenant | ButtonTemplate | Device]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        for vendor, keys in sealed.opened(change.vault, row).get("native", {}).items():
            found.setdefault(vendor, set()).update(keys)
    return found
