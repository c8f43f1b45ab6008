"""A device's files: what each would be now, where each line comes from, and what differs from what was served."""

from __future__ import annotations

from flask import abort, request
from werkzeug.wrappers import Response

from admin import pairing
from admin.access import Permission, allow
from admin.lists.devices import identity_of
from admin.scope import Scope, here
from admin.views.device import found, page_of, told, views
from provisioner.difference import FileDifference, against_served
from provisioner.errors import ProvisionerError
from provisioner.profile import Profile
from provisioner.recognise import file_of
from provisioner.registry import vendors
from provisioner.render import View, explain, explain_text, file_names, render
from provisioner.store.tables import Audit, Device
from provisioner.vendor_api import File


@views.get("/files")
@allow(Permission.TENANT_READ)
def files(key: str) -> str:
    """Every file that it would get an answer for, and whether it has what it would get."""
    scope = here()
    device = found(scope, key)
    known = told(scope, device)
    names = file_names(known.profile) if known.profile else []
    return page_of("files", scope, device, told=known, names=names, differences=differences(scope, device))


def differences(scope: Scope, device: Device) -> dict[str, FileDifference]:
    """By file, what would be served now against what was last served; nothing while files cannot be made."""
    try:
        found_ = against_served(scope.provisioner, scope.session, pairing.gate_of(device).id)
    except (ProvisionerError, ValueError):
        return {}
    return {one.file: one for one in found_}


def file_named(profile: Profile | None, name: str) -> tuple[Profile, File]:
    """The kind of a file that this device has; 404 where it has none of this name."""
    if profile is None or name not in file_names(profile):
        abort(404)
    kind = file_of(vendors()[profile.vendor], name, profile.model)
    if kind is None:
        abort(404)
    return profile, kind


@views.get("/files/<name>")
@allow(Permission.TENANT_READ)
def file(key: str, name: str) -> str:
    """One file as it would be sent, its secrets masked; each line says where its values come from."""
    scope = here()
    device = found(scope, key)
    profile, kind = file_named(told(scope, device).profile, name)
    overrides = scope.provisioner.installation.template_dir
    wanted = request.args.get("q", "").strip().lower()
    try:
        lines = explain_text(profile, kind, overrides)
        rows = [one for one in explain(profile, kind, overrides) if wanted in f"{one.key} {one.origin}".lower()]
    except ProvisionerError as error:
        return page_of("file", scope, device, name=name, error=str(error))
    return page_of(
        "file",
        scope,
        device,
        name=name,
        error="",
        lines=lines,
        rows=rows,
        q=wanted,
        difference=differences(scope, device).get(name),
    )


@views.post("/files/<name>/reveal")
@allow(Permission.SECRETS_REVEAL)
def reveal(key: str, name: str) -> Response | str:
    """The file with its secrets: a right of its own, and a line in the audit log."""
    scope = here()
    device = found(scope, key)
    profile, kind = file_named(told(scope, device).profile, name)
    try:
        answer = render(profile, kind, View.PLAIN, scope.provisioner.installation.template_dir)
    except ProvisionerError as error:
        return page_of("file", scope, device, name=name, error=str(error))
    note_revealed(scope, device, {"file": name})
    return page_of("revealed", scope, device, name=name, body=answer.body.decode("utf-8", "replace"))


def note_revealed(scope: Scope, device: Device, what: dict[str, str]) -> None:
    """Somebody looks at secrets: the audit log has it before they do."""
    with scope.provisioner.database.writing() as session:
        session.add(
            Audit(
                actor=scope.viewer.name,
                tenant_id=scope.tenant.id,
                action="revealed",
                subject=f"device {identity_of(device)}",
                changes=what,
            )
        )
