"""The site file over the API: read it, make the tenant so, or see what that would change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml
from flask import request
from sqlalchemy.orm import Session

from admin.access import Permission
from admin.api.call import Call
from admin.api.noun import changed_since, check_match, etag_of
from admin.api.operations import JSON, Body, Operation, Parameter, Reply, table
from admin.api.schemas import TEXT, WHOLE
from provisioner.services import tenants
from provisioner.site.apply import Overtaken, apply
from provisioner.site.export import export
from provisioner.site.plan import Plan
from provisioner.site.read import LARGEST

YAML = "application/yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FLAG = {"type": "boolean", "default": False}


def _read(call: Call) -> Reply:
    text = export(call.session, call.provisioner.vault, call.scope.tenant.slug)
    headers = {"ETag": etag_of(text)}
    if request.accept_mimetypes.best_match([YAML, JSON], YAML) == JSON:
        return Reply(value=yaml.load(text, _LOADER), headers=headers)  # noqa: S506  # a safe loader, written in C where there is one
    return Reply(value=text, media_type=YAML, headers=headers)


def _write(call: Call) -> Reply:
    def as_it_was_read(session: Session) -> None:
        there = tenants.find(session, call.path["tenant"]) is not None
        check_match(etag_of(export(session, call.provisioner.vault, call.path["tenant"])) if there else "")

    try:
        plan = _applied(call, as_it_was_read if "If-Match" in request.headers else None)
    except Overtaken:
        raise changed_since() from None
    return Reply(value=_told(plan))


def _applied(call: Call, first: Callable[[Session], None] | None) -> Plan:
    return apply(
        call.provisioner,
        call.body,
        actor=call.actor.name,
        prune=call.query["prune"],
        dry_run=call.query["dry_run"],
        only=call.path["tenant"],
        names_tenants=call.actor.role == "server",
        first=first,
    )


def _told(plan: Plan) -> dict[str, Any]:
    changing = [one for one in plan.outcomes if one.kind != "unchanged"]
    return {
        "tenant": plan.tenant,
        "dry_run": plan.dry_run,
        "added": plan.added,
        "changed": plan.changed,
        "removed": plan.removed,
        "objects": [{"kind": one.kind, "subject": one.subject, "fields": list(one.fields)} for one in changing],
        "files": list(plan.files),
        "warnings": list(plan.warnings),
        "lines": list(plan.lines()),
    }


_TEXTS = {"type": "array", "items": TEXT}
PLAN = table(
    tenant=TEXT,
    dry_run={"type": "boolean"},
    added=WHOLE,
    changed=WHOLE,
    removed=WHOLE,
    objects={"type": "array", "items": table(kind=TEXT, subject=TEXT, fields=_TEXTS)},
    files=_TEXTS,
    warnings=_TEXTS,
    lines=_TEXTS,
)


def operations() -> Iterator[Operation]:
    """Reading and writing the site file."""
    yield Operation(
        name="getSite",
        method="GET",
        path="/tenants/{tenant}/site",
        tag="Site file",
        title="Read the site file",
        says="The whole tenant, without secrets: as YAML, or as JSON where `Accept` asks for it.",
        run=_read,
        permission=Permission.TENANT_READ,
        answers={200: {"type": "object"}},
        texts=(YAML,),
        has_etag=True,
    )
    yield Operation(
        name="putSite",
        method="PUT",
        path="/tenants/{tenant}/site",
        tag="Site file",
        title="Make the tenant what a site file says",
        says="All of it, or on any error nothing. With `dry_run` it is only said what would change.",
        run=_write,
        permission=Permission.TENANT_CHANGE,
        query=(
            Parameter(name="dry_run", says="Change nothing, and tell the plan.", kind=_FLAG),
            Parameter(name="prune", says="Remove what the file does not mention.", kind=_FLAG),
        ),
        body=Body(
            schema={"type": "object"},
            read=lambda _call, text: text,
            example={"tenant": "acme", "locations": [{"name": "Warehouse", "city": "Chicago", "country": "US"}]},
            media_types=(YAML, JSON, "application/x-yaml", "text/yaml"),
            largest=LARGEST,
            is_text=True,
        ),
        answers={200: PLAN},
        refuses=(409, 412),
        is_conditional=True,
        may_be_gone=True,
    )
