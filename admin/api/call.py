"""One request on its way: who asks, at which tenant, with what; and the one place that dispatches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Response, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.access import Permission, Viewer, can
from admin.api import bodies, queries, repeats, tokens
from admin.api.operations import JSON, Operation, Reply
from admin.api.problems import Refusal, of_invalid
from admin.changes import change_of
from admin.scope import Scope, reading, server
from provisioner.answer import Provisioner
from provisioner.errors import Invalid
from provisioner.services.change import Change
from provisioner.store.tables import ApiToken, Tenant


@dataclass
class Call:
    """What an operation gets."""

    operation: Operation
    provisioner: Provisioner
    session: Session
    path: Mapping[str, str]
    token: ApiToken | None = None
    viewer: Viewer | None = None
    scoped: Scope | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None

    @property
    def scope(self) -> Scope:
        """The tenant at hand. Only where the path names one."""
        assert self.scoped
        return self.scoped

    @property
    def actor(self) -> Viewer:
        """Who asks. Only where the operation asks for a permission."""
        assert self.viewer
        return self.viewer

    def may(self, permission: Permission) -> bool:
        """Whether the viewer may do this here."""
        return can(self.actor, permission, self.scoped.tenant.id if self.scoped else self.actor.tenant_id)

    @contextmanager
    def changing(self) -> Iterator[Change]:
        """One transaction of the viewer; afterwards reads see it. Raises Invalid."""
        names_tenants = self.actor.role == "server"
        with (
            self.provisioner.database.writing() as session,
            change_of(self.provisioner, session, self.actor.name, names_tenants=names_tenants) as change,
        ):
            yield change
        self.session.rollback()

    @contextmanager
    def changing_here(self) -> Iterator[tuple[Change, Tenant]]:
        """The same, with the tenant at hand."""
        with self.changing() as change:
            tenant = change.session.get(Tenant, self.scope.tenant.id)
            if tenant is None:
                raise Refusal(404)
            yield change, tenant


def view_of(operation: Operation) -> Callable[..., Response]:
    """The operation as a view."""

    def view(**path: str) -> Response:
        try:
            return _answer(operation, path)
        except Invalid as error:
            return of_invalid(error).response
        except Refusal as refusal:
            return refusal.response

    return view


def _answer(operation: Operation, path: Mapping[str, str]) -> Response:
    call = Call(operation, server(), reading(), path)
    if operation.permission is not None:
        call.token, call.viewer = tokens.owner(
            call.provisioner, call.session, tokens.bearer(request.headers.get("Authorization", ""))
        )
        g.name = call.viewer.name
        call.session.rollback()  # the last use may just have been noted
        _enter(call, operation.permission)
    if any(ord(character) < 32 for text in path.values() for character in text):
        raise Refusal(404)
    call.query = queries.parsed(operation.query, request.args)
    text = _read(call)
    if operation.is_repeatable and call.token is not None:
        return repeats.once(call.provisioner, call.token.id, request, text, lambda: _response(operation.run(call)))
    return _response(operation.run(call))


def _read(call: Call) -> bytes:
    """Read the body, where the operation has one."""
    body = call.operation.body
    if body is None:
        return b""
    text = bodies.text_of(request, body)
    call.body = body.read(call, text if body.is_text else bodies.json_of(text))
    return text


def _enter(call: Call, permission: Permission) -> None:
    """The tenant of the path, 404 where it is not the viewer's; then what the role allows."""
    if "tenant" in call.path:
        tenant = call.session.scalars(select(Tenant).where(Tenant.slug == call.path["tenant"])).one_or_none()
        if tenant is None and call.operation.may_be_gone and call.actor.role == "server":
            return
        if tenant is None or (call.actor.role != "server" and call.actor.tenant_id != tenant.id):
            raise Refusal(404)
        call.scoped = Scope(call.provisioner, call.session, call.actor, tenant)
        g.scope = call.scoped
    if not call.may(permission):
        raise Refusal(403)


def _response(reply: Reply | Response) -> Response:
    if isinstance(reply, Response):
        return reply
    if reply.status == 204:
        response = Response(status=204, headers=dict(reply.headers))
        del response.headers["Content-Type"]
        return response
    text = reply.value if reply.media_type != JSON else json.dumps(reply.value, ensure_ascii=False, default=_plain)
    return Response(text, reply.status, dict(reply.headers), content_type=reply.media_type)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
