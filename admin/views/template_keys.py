"""The vendors' own keys of a button template: they go into the file of every device that has it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import settings as shown
from admin.access import Permission, allow
from admin.changes import changing
from admin.sayings import say
from admin.scope import here
from admin.views.button_templates import views
from admin.words import _
from provisioner.errors import Invalid, Problem
from provisioner.registry import vendors
from provisioner.services import templates
from provisioner.store.tables import ButtonTemplate


@views.get("/<int:template_id>/settings")
@allow(Permission.TENANT_READ)
def settings(template_id: int) -> str:
    """Each key that is set or taken out."""
    return _page(template_id, "")


def _page(template_id: int, error: str) -> str:
    scope = here()
    template = scope.one(ButtonTemplate, ButtonTemplate.id == template_id)
    return render_template(
        "button_templates/settings.html",
        template=template,
        natives=shown.natives(templates.dump(scope.provisioner.vault, template).settings),
        vendors=[(name, one.title) for name, one in vendors().items()],
        wanted=shown.Found.of(request.args),
        error=error,
    )


@views.post("/<int:template_id>/settings")
@allow(Permission.TENANT_CHANGE)
def set_native(template_id: int) -> Response | tuple[str, int]:
    """Set a key, take it out of the files, or leave it to the model again."""
    scope, vendor = here(), request.form.get("vendor", "")
    template = scope.one(ButtonTemplate, ButtonTemplate.id == template_id)
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(ButtonTemplate, template.id)
            stored = templates.dump(change.vault, row).settings
            if vendor not in vendors() and vendor not in stored:
                raise Invalid([Problem(field="vendor", message=_("choose a vendor of the list"))])
            templates.set_native(change, tenant, row, shown.with_native(stored, vendor, request.form))
    except Invalid as invalid:
        return _page(template_id, say(invalid.problems[0].message)), 422
    flash(_("{name}: saved.", name=request.form.get("key", "").strip()))
    return redirect(url_for(".settings", template_id=template.id), 303)
