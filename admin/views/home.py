"""Home: how the phones are, in numbers that lead to them."""

from __future__ import annotations

from flask import Blueprint, render_template

from admin.access import Permission, allow
from admin.lists import home
from admin.scope import here
from admin.views.adding import seen_by

views = Blueprint("home", __name__, url_prefix="/home")


@views.get("")
@allow(Permission.TENANT_READ)
def page() -> str:
    """The figures and the charts."""
    scope = here()
    at = scope.provisioner.clock()
    devices, figures = home.figures(scope, at)
    handsets, extensions, locations = home.others(scope)
    versions, further = home.versions(scope, devices)
    return render_template(
        "home.html",
        at=at,
        devices=devices,
        figures=figures,
        handsets=handsets,
        extensions=extensions,
        locations=locations,
        unknown=len(seen_by(scope)),
        requests=home.requests(scope, at),
        versions=versions,
        further=further,
    )
