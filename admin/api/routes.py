"""The API's blueprint: a route for each operation, the document and its page."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, jsonify, render_template, request
from werkzeug.routing import BaseConverter

from admin.api import pages
from admin.api.call import view_of
from admin.api.catalogue import catalogue
from admin.api.document import document
from admin.api.problems import PREFIX

api = Blueprint("api", __name__, url_prefix=PREFIX)


class DeviceName(BaseConverter):
    """A device in an address: none of the words that stand there for something else."""

    regex = r"(?!(?:bulk|validate)$)[^/]+"


def register(app: Flask) -> None:
    """Add the API to the application."""
    app.url_map.converters["device"] = DeviceName
    for operation in catalogue():
        rule = re.sub(r"{(\w+)}", r"<\1>", operation.path).replace("<device>", "<device:device>")
        app.add_url_rule(
            PREFIX + rule,
            f"api.{operation.name}",
            view_of(operation),
            methods=[operation.method],
            provide_automatic_options=False,
        )
    app.register_blueprint(api)


@api.get("/openapi.json", provide_automatic_options=False)
def openapi() -> Response:
    """The document."""
    return jsonify(document())


_COLOURS = {"GET": "info", "POST": "good", "PUT": "warn", "PATCH": "warn", "DELETE": "bad"}


@api.get("/docs", provide_automatic_options=False)
def docs() -> str:
    """The page of the document."""
    asked = request.args.get("q", "")[: pages.LONGEST_SEARCH]
    return render_template(
        "api/docs.html",
        info=document()["info"],
        q=asked,
        groups=pages.found(asked),
        models=pages.models(),
        command=pages.command,
        colours=_COLOURS,
        root=PREFIX,
        root_url=request.url_root,
    )
