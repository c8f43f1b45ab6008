"""Errors as RFC 9457 problem documents. They name fields and remedies, and never echo a value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Response
from werkzeug.exceptions import HTTPException

from provisioner.errors import Invalid, Problem
from provisioner.services.change import Taken

PREFIX = "/api/v1"
MEDIA_TYPE = "application/problem+json"

DETAILS = {
    401: "send a valid token in the header: Authorization: Bearer TOKEN; `provisioner token add` makes one",
    403: "the role of this token may not do this",
    404: "there is nothing at this address, or it is not this token's to see",
    405: "this address does not take that method; the header Allow names those that it takes",
    413: "the body is too large; split it",
    500: "something went wrong on our side; what happened is in the server's log",
    503: "the database cannot be reached; nothing was changed, so try again in a moment",
}


class Refusal(Exception):
    """The answer is a problem document."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.problems, self.headers = status, tuple(problems), dict(headers or {})
        self.detail = detail or DETAILS.get(status, "")

    @property
    def response(self) -> Response:
        """The problem document."""
        phrase = HTTPStatus(self.status).phrase
        body: dict[str, object] = {"type": "about:blank", "title": phrase, "status": self.status, "detail": self.detail}
        if self.problems:
            body["errors"] = [_told(problem) for problem in self.problems]
        return Response(json.dumps(body, ensure_ascii=False), self.status, self.headers, content_type=MEDIA_TYPE)


def _told(problem: Problem) -> dict[str, object]:
    told: dict[str, object] = {"field": problem.field, "message": problem.message}
    return {**told, "line": problem.line} if problem.line else told


def invalid(field: str, message: str, status: int = 422) -> Refusal:
    """One field that a person has to mend."""
    return Refusal(status, "one field has to be mended", [Problem(field=field, message=message)])


def of_invalid(error: Invalid) -> Refusal:
    """409 where the only fault is that others came first, else 422."""
    if isinstance(error, Taken):
        return Refusal(409, "somebody else has this name or address already", error.problems)
    return Refusal(422, f"fields to be mended: {len(error.problems)}", error.problems)


def of_http(error: HTTPException) -> Response:
    """What the web layer found wrong, in our shape; redirects pass."""
    status = error.code or 500
    if status < 400:
        return Response(status=status, headers=dict(error.get_headers()))
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return Refusal(status, headers=kept).response
