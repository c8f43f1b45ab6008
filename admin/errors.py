"""Error pages: always the same for the same status, and without a look at the database. The API has its own."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from admin.api import problems
from admin.words import _, mark
from provisioner.store.database import DOWN

log = structlog.get_logger()

WORDS = {
    400: (mark("That request was not understood"), mark("Go back, load the page again, and send the form once more.")),
    403: (mark("Not for this account"), mark("Your account may not do this. Ask an admin of your tenant.")),
    404: (mark("There is nothing here"), mark("It was moved, removed, or never was.")),
    405: (mark("Not like this"), mark("This address does not take that kind of request.")),
    409: (
        mark("Another tenant is open"),
        mark("You switched tenants in another window. Load the page again, and nothing is mixed up."),
    ),
    413: (mark("That is too much at once"), mark("Send a smaller file, or fewer rows.")),
    429: (mark("Too many requests"), mark("Wait a moment, then try again.")),
    500: (mark("Something went wrong on our side"), mark("Nothing was changed. What happened is in the server's log.")),
    503: (
        mark("The database cannot be reached"),
        mark("Nothing was changed. Phones go on to get their last files meanwhile; try again in a moment."),
    ),
}


def register(app: Flask) -> None:
    """Answer every error with our page."""
    app.register_error_handler(HTTPException, page)
    app.register_error_handler(Exception, broken)
    for kind in DOWN:
        app.register_error_handler(kind, away)


def page(error: HTTPException) -> Response:
    """The page of a status; redirects and the like pass."""
    if request.path.startswith(f"{problems.PREFIX}/"):
        return problems.of_http(error)
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    title, says = WORDS.get(status, WORDS[400])
    response = make_response(render_template("error.html", status=status, title=_(title), says=_(says)), status)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def away(error: Exception) -> Response:
    """The database is away: a sentence that helps, and one line in the log instead of a traceback each."""
    log.error("portal.database_away", endpoint=request.endpoint, reason=type(error).__name__)
    return page(ServiceUnavailable(retry_after=5))


def broken(error: Exception) -> Response:
    """Our own fault: told to the log once, in full, and to nobody else."""
    log.error("portal.broken", endpoint=request.endpoint, viewer=getattr(g, "name", None), exc_info=error)
    return page(InternalServerError())
