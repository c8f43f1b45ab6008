"""The devices page: the list, what is selected in it, and what is done to the selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as AnyResponse

from admin import jobs, selection
from admin.access import Permission, allow
from admin.actions import ACTIONS, Action, confirms
from admin.csvs import sheet_answer
from admin.lists.device_records import HEADINGS, records
from admin.lists.devices import TABLE, Row, counts, identity_of, on_tab, rows
from admin.pairing import MOST_MINUTES
from admin.scope import Scope, here
from admin.tables import Look
from admin.words import _
from provisioner.spreadsheets import Format
from provisioner.store.tables import ButtonTemplate, Device, Job, Location, now
from provisioner.vault import digest

views = Blueprint("devices", __name__, url_prefix="/advanced/device-management")
NOUN = "devices"
SHOWN_IN_PREVIEW = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Everything that the list shows."""

    look: Look
    rows: Sequence[Row]
    ticked: frozenset[int]
    chosen: int
    tab: str
    counts: tuple[int, int]

    @property
    def version(self) -> str:
        """Tells two states of the list apart, so that a list that did not change is not sent again."""
        shown = (self.look.total, self.counts, self.chosen, sorted(self.ticked), [_facts(row) for row in self.rows])
        return digest(repr(shown))[:16]


def _facts(row: Row) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in row.__slots__ if name != "lamps") + tuple(
        (lamp.state, lamp.at) for lamp in row.lamps
    )


@views.get("")
@allow(Permission.TENANT_READ)
def listing() -> AnyResponse | str:
    """The table of devices; a script that asks for the list alone gets it alone."""
    shown = _listing(here(), request.args)
    if request.headers.get("HX-Target") != "list":
        return render_template("devices/list.html", actions=ACTIONS.values(), **_context(shown))
    if request.args.get("have") == shown.version:
        return Response(status=204)
    return Response(
        render_template("devices/_list.html", **_context(shown)),
        headers={} if "have" in request.args else {"HX-Push-Url": shown.look.here},
    )


def _context(shown: Listing) -> dict[str, Any]:
    return {"listing": shown, "look": shown.look, "tab": shown.tab, "as_of": now()}


def _listing(scope: Scope, arguments: Any) -> Listing:
    tab = "ipei" if arguments.get("tab") == "ipei" else "mac"
    macs, handsets = counts(scope)
    look = TABLE.look(
        scope.session,
        scope.all(Device).where(on_tab(tab)),
        arguments,
        path=url_for(".listing"),
        remembered=scope.viewer.preferences.get("columns", {}).get(TABLE.name),
        unfiltered=handsets if tab == "ipei" else macs,
    )
    return Listing(
        look=look,
        rows=rows(scope, look.keys),
        ticked=selection.ticked(scope, NOUN, look.keys),
        chosen=selection.count(scope, NOUN, Device),
        tab=tab,
        counts=(macs, handsets),
    )


# --- selection


@views.post("/select")
@allow(Permission.TENANT_READ)
def select_rows() -> AnyResponse | str:
    """Remember ticks: those of the page, all that match, or none."""
    scope, wanted = here(), request.form.get("do", "page")
    if wanted == "none":
        selection.clear(scope, NOUN)
    elif wanted == "all":
        selection.add(scope, NOUN, _matching(scope))
    else:
        _keep(scope, everything=wanted == "whole")
    if request.headers.get("HX-Request"):
        shown = _listing(scope, _state())
        return render_template("devices/_list.html", **_context(shown))
    return _to_list()


def _keep(scope: Scope, *, everything: bool = False) -> None:
    shown = _numbers("shown")
    selection.keep(scope, NOUN, shown, shown if everything else _numbers("row"))


def _numbers(name: str) -> list[int]:
    """Numbers of the form that are rows of this tenant: nobody ticks what is another's."""
    keys = [int(text) for text in request.form.getlist(name)[:500] if text.isdecimal() and len(text) < 16]
    scope = here()
    query = select(Device.id).where(scope.of(Device), Device.id.in_(keys))
    return list(scope.session.scalars(query)) if keys else []


def _matching(scope: Scope) -> Any:
    """The keys of every device that the search of the form finds."""
    state = TABLE.state(_state())
    tab = _state().get("tab", "mac")
    return scope.all(Device).with_only_columns(Device.id).where(on_tab(tab), *TABLE.clauses(state))


def _state() -> dict[str, Any]:
    """The list's state as the form carries it, one hidden input a word."""
    names = ("q", "sort", "page", "per_page", "columns", "tab")
    return {name: request.form[name] for name in names if request.form.get(name)}


def _to_list() -> AnyResponse:
    return redirect(url_for(".listing", **_state()), 303)


# --- actions


@views.post("/action")
@allow(Permission.TENANT_READ)
def choose_action() -> AnyResponse:
    """What the Action menu sends: the ticks of the page, and what to do with all that are ticked."""
    scope = here()
    _keep(scope)
    action = ACTIONS.get(request.form.get("action", ""))
    if action is None or action.missing:
        flash(_("Please select an action"), "warn")
        return _to_list()
    if not selection.count(scope, NOUN, Device):
        flash(_("Select at least one device first: tick it in the list."), "warn")
        return _to_list()
    if action.key == "export":
        return redirect(url_for(".export", selected=1), 303)
    return redirect(url_for(".preview", key=action.key, **_state()), 303)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an action would do, before it does it."""

    action: Action
    can: int
    cannot: Sequence[tuple[str, int]]
    shown: Sequence[tuple[str, str, str | None]]
    template: ButtonTemplate | None = None

    @property
    def total(self) -> int:
        """All that are selected."""
        return self.can + sum(many for _, many in self.cannot)


@views.get("/action/<key>")
@allow(Permission.TENANT_CHANGE)
def preview(key: str) -> str:
    """How many devices change and how many cannot, and why; nothing has happened yet."""
    return _preview_page(here(), _action(key), {})


def _kept(given: Mapping[str, str]) -> dict[str, Any]:
    return {name: given[name] for name in ("q", "sort", "page", "per_page", "tab") if given.get(name)}


def _action(key: str) -> Action:
    action = ACTIONS.get(key)
    if action is None or action.missing or key == "export":
        abort(404)
    return action


def _preview_page(scope: Scope, action: Action, errors: dict[str, str]) -> str:
    given = request.form if request.method == "POST" else request.args
    template = _template(scope, given.get("template", "")) if action.asks == "template" else None
    return render_template(
        "devices/action.html",
        preview=_preview(scope, action, template),
        errors=errors,
        given=given,
        templates=scope.session.scalars(scope.all(ButtonTemplate).order_by(ButtonTemplate.name)).all(),
        locations=scope.session.scalars(scope.all(Location).where(Location.active).order_by(Location.name)).all(),
        minutes=scope.tenant.pairing_minutes or 60,
        back=url_for(".listing", **_kept(given)),
    )


def _template(scope: Scope, key: str) -> ButtonTemplate | None:
    return scope.one(ButtonTemplate, ButtonTemplate.id == int(key)) if key.isdecimal() else None


def _preview(scope: Scope, action: Action, template: ButtonTemplate | None) -> Preview:
    why: Counter[str] = Counter()
    shown: list[tuple[str, str, str | None]] = []
    total = 0
    for device in _selected(scope):
        reason = action.cannot(device, template)
        total += 1
        if reason:
            why[reason] += 1
        if len(shown) < SHOWN_IN_PREVIEW:
            shown.append((identity_of(device), device.name, reason))
    return Preview(action=action, can=total - why.total(), cannot=why.most_common(), shown=shown, template=template)


def _selected(scope: Scope) -> Iterator[Device]:
    query = selection.chosen(scope, NOUN, Device).options(joinedload(Device.base)).order_by(Device.mac, Device.id)
    yield from scope.session.scalars(query.execution_options(yield_per=1000))


@views.post("/action/<key>")
@allow(Permission.TENANT_CHANGE)
def apply(key: str) -> AnyResponse | str | tuple[str, int]:
    """Do it: a job with an outcome for every device."""
    scope, action = here(), _action(key)
    template = _template(scope, request.form.get("template", "")) if action.asks == "template" else None
    arguments, errors = _arguments(scope, action)
    wanted = [(device.id, identity_of(device)) for device in _selected(scope) if not action.cannot(device, template)]
    if request.form.get("preview"):
        return _preview_page(scope, action, {})
    if action.wants_count(len(wanted)) and not confirms(request.form.get("count", ""), len(wanted)):
        errors["count"] = _("Type {n} to confirm.", n=len(wanted))
    if not wanted:
        errors["general"] = _("No device would change.")
    if errors:
        return _preview_page(scope, action, errors), 422
    job = Job(tenant_id=scope.tenant.id, actor=scope.viewer.name, action=action.key, arguments=arguments)
    job_id = jobs.begin(scope.provisioner, job, wanted)
    selection.clear(scope, NOUN)
    return redirect(url_for("portal.jobs.page", job_id=job_id), 303)


def _arguments(scope: Scope, action: Action) -> tuple[dict[str, str], dict[str, str]]:
    """What the action asked for, and what is wrong with the answers."""
    if action.asks == "minutes":
        text = request.form.get("minutes", "").strip()
        right = text.isdecimal() and len(text) < 8 and 0 < int(text) <= MOST_MINUTES
        return {"minutes": text}, {} if right else {"minutes": _("Write minutes, from 1 to {n}.", n=MOST_MINUTES)}
    if action.asks in ("template", "location"):
        text = request.form.get(action.asks, "")
        kind: Any = ButtonTemplate if action.asks == "template" else Location
        if text == "none":
            return {action.asks: ""}, {}
        if not text.isdecimal():
            return {}, {action.asks: _("Choose one.")}
        found = scope.one(kind, kind.id == int(text))
        return {action.asks: text, "name": found.name}, {}
    return {}, {}


# --- export


@views.get("/export.csv")
@allow(Permission.TENANT_READ)
def export() -> Response:
    """Exactly the devices that the list shows on all its pages, or those that are selected, as CSV."""
    return _export(here(), "csv")


@views.get("/export.xlsx")
@allow(Permission.TENANT_READ)
def export_xlsx() -> Response:
    """The same as XLSX."""
    return _export(here(), "xlsx")


def _export(scope: Scope, form: Format) -> Response:
    if request.args.get("selected"):
        query = selection.chosen(scope, NOUN, Device)
    else:
        state = TABLE.state(request.args)
        query = scope.all(Device).where(on_tab(request.args.get("tab", "mac")), *TABLE.clauses(state))
    keys = list(scope.session.scalars(TABLE.ordered(query.with_only_columns(Device.id), TABLE.state(request.args))))
    return sheet_answer(f"devices-{scope.tenant.slug}", form, HEADINGS, records(scope, keys))
