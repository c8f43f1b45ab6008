"""The own buttons of an extension, as an admin sets them: also those that its user may not change."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, parsed
from admin.forms import buttons as editor
from admin.sayings import say
from admin.scope import Scope, here
from admin.views.extensions import views
from admin.words import _
from provisioner.errors import Invalid
from provisioner.services import buttons, extensions
from provisioner.services.schemas import ExtensionIn, TemplateIn
from provisioner.store.tables import Extension


@views.get("/<int:extension_id>/buttons")
@allow(Permission.TENANT_CHANGE)
def own_buttons(extension_id: int) -> str:
    """The buttons that the extension brings to the phone whose first line it is."""
    scope = here()
    extension = scope.one(Extension, Extension.id == extension_id)
    return _page(extension, editor.rows_of(buttons.dump(extension.buttons)))


def _page(extension: Extension, rows: Sequence[editor.Row], problems: Sequence[str] = ()) -> str:
    return render_template(
        "extensions/buttons.html",
        extension=extension,
        as_read=as_read(editor.rows_of(buttons.dump(extension.buttons))),
        rows=editor.with_blanks(rows),
        modes=editor.modes(),
        complaint=editor.complaint(request.form),
        problems=problems,
    )


@views.post("/<int:extension_id>/buttons")
@allow(Permission.TENANT_CHANGE)
def set_own_buttons(extension_id: int) -> Response | str | tuple[str, int]:
    """The rows as they were typed: stored, or changed by what the editor was asked to do with them."""
    scope = here()
    extension = scope.one(Extension, Extension.id == extension_id)
    typed = editor.changed(editor.read(request.form), request.form)
    if request.form.get("do") != "save":
        return _page(extension, typed)
    try:
        _save(scope, extension, typed)
    except Invalid as invalid:
        typed, others = editor.judged(typed, invalid)
        return _page(extension, typed, [say(problem.message) for problem in others]), 422
    flash(_("Saved."))
    return redirect(url_for(".own_buttons", extension_id=extension.id), 303)


def _save(scope: Scope, extension: Extension, typed: Sequence[editor.Row]) -> None:
    given = parsed(TemplateIn, {"name": "own", "buttons": editor.given(typed)})
    with changing(scope) as (change, tenant):
        row = change.session.get_one(Extension, extension.id, with_for_update=True)
        old = extensions.dump(change.vault, row)
        check_as_read(editor.rows_of(old.buttons))
        fields = {name: getattr(old, name) for name in ExtensionIn.model_fields}
        extensions.put(change, tenant, parsed(ExtensionIn, {**fields, "buttons": given.buttons}), row)
