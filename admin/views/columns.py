"""Which columns a person sees in a list, and in which order: remembered for the account, over all its devices."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, g, redirect, request
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.lists.devices import TABLE as DEVICES
from admin.lists.extensions import TABLE as EXTENSIONS
from admin.tables import Table
from admin.views.account import back, remember

views = Blueprint("columns", __name__, url_prefix="/columns")

TABLES: Mapping[str, Table] = {table.name: table for table in (DEVICES, EXTENSIONS)}


@views.post("/<name>")
@allow(Permission.TENANT_READ)
def choose(name: str) -> Response:
    """Show these columns, or move one, or go back to the usual ones."""
    table = TABLES.get(name)
    if table is None:
        abort(404)
    listed = [key for key in request.form.getlist("order") if table.column(key)]
    shown = [key for key in listed if key in request.form.getlist("show")]
    chosen = None if request.form.get("reset") else moved(listed, shown, request.form)
    remembered = {k: v for k, v in g.viewer.preferences.get("columns", {}).items() if k != name}
    remember(g.viewer.id, "columns", remembered if chosen is None else {**remembered, name: chosen})
    return redirect(back(), 303)


def moved(listed: list[str], shown: list[str], sent: Mapping[str, str]) -> list[str]:
    """The shown columns in the new order; a hidden one can be moved too, and stays hidden."""
    order = list(listed)
    for word, step in (("up", -1), ("down", 1)):
        key = sent.get(word)
        if key in order:
            at = order.index(key)
            to = max(0, min(len(order) - 1, at + step))
            order.insert(to, order.pop(at))
    return [key for key in order if key in shown]
