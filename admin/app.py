"""The portal's application factory."""

from __future__ import annotations

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from provisioner.answer import Provisioner


def create_app(provisioner: Provisioner) -> Flask:
    """The portal of this provisioner."""
    app = Flask(__name__)
    app.extensions["provisioner"] = provisioner

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        ready = provisioner.database.is_current()
        return Response("ok\n" if ready else "not ready\n", 200 if ready else 503, mimetype="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return app
