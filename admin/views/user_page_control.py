"""User page control: what the users of the tenant may see and do on their own page, section by section."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read
from admin.sayings import say
from admin.scope import here
from admin.words import _, counted, mark
from provisioner.errors import Invalid, Problem
from provisioner.services import user_page
from provisioner.services.user_page import STATES, Feature

views = Blueprint("user_page_control", __name__, url_prefix="/advanced/user-page-control")

WORDS = {"default": mark("Default"), "on": mark("On"), "off": mark("Off")}


@views.get("")
@allow(Permission.TENANT_READ)
def page() -> str:
    """The features of one section, each with its state."""
    return _page(request.args.get("section", ""))


def _page(section: str, error: str = "", sent: Mapping[str, str] | None = None) -> str:
    scope, sections = here(), _sections()
    chosen = section if section in sections else next(iter(sections))
    stored = user_page.states(scope.session, scope.tenant)
    return render_template(
        "user_page_control.html",
        sections=list(sections),
        chosen=chosen,
        features=sections[chosen],
        states={**stored, **(sent or {})},
        as_read=as_read([stored[one.key] for one in sections[chosen]]),
        words=WORDS,
        error=error,
    )


def _sections() -> dict[str, list[Feature]]:
    """The features of each section, in the order of the page."""
    found: dict[str, list[Feature]] = {}
    for feature in user_page.features().values():
        found.setdefault(feature.section, []).append(feature)
    return found


@views.post("")
@allow(Permission.TENANT_CHANGE)
def save() -> Response | tuple[str, int]:
    """Set the features of a section that were sent."""
    section = request.form.get("section", "")
    sent = {key: request.form[key] for key in user_page.features() if key in request.form}
    try:
        wrong = [key for key, state in sent.items() if state not in STATES]
        if wrong:
            raise Invalid([Problem(field=wrong[0], message=_("choose one of the list"))])
        with changing(here()) as (change, tenant):
            stored = user_page.states(change.session, tenant)
            check_as_read([stored[one.key] for one in _sections().get(section, ())])
            outcomes = user_page.put(change, tenant, sent)  # type: ignore[arg-type]  # states, as was just checked
    except Invalid as invalid:
        return _page(section, say(invalid.problems[0].message), sent), 422
    changed = sum(outcome.kind == "changed" for outcome in outcomes)
    flash(
        counted(changed, "{n} feature is changed.", "{n} features are changed.") if changed else _("Nothing changed.")
    )
    return redirect(url_for(".page", section=section or None), 303)
