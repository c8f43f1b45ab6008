"""The API's blueprint: a route for each operation, the document and its page."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, jsonify

from admin.api.call import view_of
from admin.api.catalogue import catalogue
from admin.api.document import document
from admin.api.problems import PREFIX

api = Blueprint("api", __name__, url_prefix=PREFIX)


def register(app: Flask) -> None:
    """Add the API to the application."""
    for operation in catalogue():
        rule = re.sub(r"{(\w+)}", r"<\1>", operation.path)
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
