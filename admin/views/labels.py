"""Pages to print: the labels of a device's keys, and of a template's as a model shows them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, render_template, request

from admin import labels
from admin.access import Permission, allow
from admin.effects import models_in_use
from admin.lists.devices import identity_of
from admin.pictures import Shown, draw
from admin.scope import here
from admin.views import button_templates, device, device_keys
from provisioner.registry import find_model
from provisioner.services import templates
from provisioner.store.tables import ButtonTemplate
from provisioner.values import Slot
from provisioner.vendor_api import Model, Vendor


@device.views.get("/labels")
@allow(Permission.TENANT_READ)
def of_device(key: str) -> str:
    """What stands beside the keys of this phone."""
    scope = here()
    row = device.found(scope, key)
    profile = device.told(scope, row).profile
    if profile is None or row.mac is None:
        abort(404)
    vendor, model = find_model(profile.vendor, profile.model.name)
    title = row.name or identity_of(row)
    return _page(title, vendor, model, device_keys.shown(profile), profile.modules)


@button_templates.views.get("/<int:template_id>/labels")
@allow(Permission.TENANT_READ)
def of_template(template_id: int) -> str:
    """What stands beside the keys of a model that has the template, placeholders as an example fills them."""
    scope = here()
    template = scope.one(ButtonTemplate, ButtonTemplate.id == template_id)
    stored = templates.dump(scope.provisioner.vault, template)
    in_use = models_in_use(scope, template)
    picked = button_templates.picked_for(stored.models, request.args.get("model", ""), in_use)
    if picked is None:
        abort(404)
    shown = button_templates.shown_on(scope, stored.buttons)
    return _page(template.name, *picked, shown, None)


def _page(title: str, vendor: Vendor, model: Model, shown: Mapping[Slot, Shown], modules: int | None) -> str:
    width, height = _size("width", labels.WIDTHS, labels.WIDTH), _size("height", labels.HEIGHTS, labels.HEIGHT)
    picture = draw(vendor.name, model, shown, modules)
    return render_template(
        "labels.html",
        title=title,
        model=f"{vendor.title} {model.name}",
        asked=request.args.get("model", ""),
        strips=labels.strips(picture, shown, width, height),
        width=width,
        height=height,
        widths=labels.WIDTHS,
        heights=labels.HEIGHTS,
    )


def _size(name: str, allowed: range, usual: int) -> int:
    """Millimetres, as asked where that can be."""
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 4 and int(text) in allowed else usual
