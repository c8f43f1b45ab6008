"""The portal's application factory."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.routing import IntegerConverter

from admin import errors, filters, scope, security, words
from admin.api import routes
from admin.sessions import LIFETIME
from admin.views import portal
from provisioner.answer import Provisioner
from provisioner.metrics import exposition

LARGEST_UPLOAD = 64 * 1024 * 1024


class RowId(IntegerConverter):
    """An id in an address, as large as ids can be: what is larger is nothing, on either database."""

    regex = r"\d{1,9}"


def create_app(provisioner: Provisioner) -> Flask:
    """The portal of this provisioner."""
    app = Flask(__name__)
    app.extensions["provisioner"] = provisioner
    app.url_map.converters["int"] = RowId
    app.config.update(
        # Nothing of it is stored: it follows from the installation's key.
        SECRET_KEY=provisioner.vault.token("portal-cookies", 1),
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        SESSION_COOKIE_NAME="provisioner",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=8 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_CHECK_DEFAULT=False,  # the portal's blueprint checks; the API has tokens instead of cookies
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # our pages send no referrer
    )
    app.session_interface = security.Cookies()
    app.wsgi_app = security.BehindProxies(  # type: ignore[method-assign]  # how Flask wants it wrapped
        app.wsgi_app, provisioner.installation.trusted_proxies
    )
    app.after_request(security.harden)
    app.teardown_request(scope.close)
    words.register(app)
    filters.register(app)
    errors.register(app)
    portal.register(app)
    routes.register(app)
    _register_health(app, provisioner)
    return app


def _register_health(app: Flask, provisioner: Provisioner) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        ready = provisioner.database.is_current()
        return Response("ok\n" if ready else "not ready\n", 200 if ready else 503, mimetype="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(exposition(), content_type=CONTENT_TYPE_LATEST)
