"""A device's files: what they are, what they would say now, why, what differs from what was served, and what was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from admin.access import Permission
from admin.api.call import Call
from admin.api.lists import PAGES, items_of, page_of
from admin.api.nouns import DEVICES
from admin.api.operations import Operation, Parameter, Reply, table
from admin.api.problems import Refusal
from admin.api.schemas import TEXT, TEXT_OR_NULL, TIME, WHOLE
from admin.changes import note
from admin.lists.devices import identity_of
from provisioner import archive
from provisioner.difference import FileDifference, against_served, masked_body
from provisioner.errors import ProvisionerError, Unassigned, Unknown
from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Profile
from provisioner.recognise import file_of
from provisioner.registry import vendors
from provisioner.render import View, explain, file_names, render
from provisioner.services.pairing import gate_of
from provisioner.store.tables import Device
from provisioner.vendor_api import File

ANY = "*/*"
Made = TypeVar("Made")


def device_at(call: Call) -> Device:
    """The device that the address names. Raises Refusal."""
    row: Device | None = DEVICES.row_of(call)
    if row is None:
        raise Refusal(404)
    return row


def profile_at(call: Call) -> Profile:
    """What the device's files are made of; a handset's are its base's. Raises Refusal where they cannot be made."""
    gate = gate_of(device_at(call))
    return _made(lambda: merge(call.provisioner.loader.load(call.session, gate.id)))


def _made(make: Callable[[], Made]) -> Made:
    """What cannot be made is the data's fault, and can be mended: no error of the server.

    Somebody may remove the device between two reads: then it is not there, as if it had been asked for a moment later.
    """
    try:
        return make()
    except (Unassigned, Unknown):
        raise Refusal(404) from None
    except (ProvisionerError, ValueError) as error:
        raise Refusal(409, f"the files of this device cannot be made: {error}") from None


def _file_at(call: Call) -> tuple[Profile, File]:
    profile, name = profile_at(call), call.path["file"]
    kind = file_of(vendors()[profile.vendor], name, profile.model) if name in file_names(profile) else None
    if kind is None:
        raise Refusal(404)
    return profile, kind


def _files(call: Call) -> Reply:
    profile = profile_at(call)
    vendor = vendors()[profile.vendor]
    kinds = [(name, file_of(vendor, name, profile.model)) for name in file_names(profile)]
    items = [
        {"name": name, "kind": kind.kind, "private": kind.private, "media_type": kind.media_type}
        for name, kind in kinds
        if kind
    ]
    warnings = [str(warning) for warning in warnings_of(profile)]
    return Reply(value={"items": items, "total": len(items), "warnings": warnings})


def _file(call: Call) -> Reply:
    profile, kind = _file_at(call)
    reveal = call.query.get("reveal", False)
    if reveal and not call.may(Permission.SECRETS_REVEAL):
        raise Refusal(403, "this token may not see secrets; leave `reveal` out, and they are masked")
    view = View.PLAIN if reveal else View.MASKED
    answer = _made(lambda: render(profile, kind, view, call.provisioner.installation.template_dir))
    if reveal:
        _note_reveal(call)
    text = answer.plain.decode("utf-8", "replace")
    return Reply(value=text, media_type=f"{kind.media_type.partition(';')[0]}; charset=utf-8")


def _note_reveal(call: Call) -> None:
    subject, changes = f"device {identity_of(device_at(call))}", {"file": call.path["file"]}
    with call.provisioner.database.writing() as session:
        note(session, call.scope, "revealed", subject, changes)


def _explain(call: Call) -> Reply:
    profile, kind = _file_at(call)
    rows = _made(lambda: explain(profile, kind, call.provisioner.installation.template_dir))
    wanted = call.query.get("key")
    items = [{"key": row.key, "value": row.value, "origin": row.origin} for row in rows if wanted in (None, row.key)]
    return Reply(value={"items": items, "total": len(items)})


def _explain_all(call: Call) -> Reply:
    profile = profile_at(call)
    vendor, overrides = vendors()[profile.vendor], call.provisioner.installation.template_dir
    kinds = [(name, file_of(vendor, name, profile.model)) for name in file_names(profile)]
    wanted = call.query.get("key")
    items = [
        {"file": name, "key": row.key, "value": row.value, "origin": row.origin}
        for name, kind in kinds
        if kind and kind.private
        for row in _made(partial(explain, profile, kind, overrides))
        if wanted in (None, row.key)
    ]
    return Reply(value={"items": items, "total": len(items)})


def _differences(call: Call, file: str | None) -> list[FileDifference]:
    gate = gate_of(device_at(call))
    return _made(lambda: against_served(call.provisioner, call.session, gate.id, file))


def _diff(call: Call) -> Reply:
    return Reply(value=_told(_differences(call, call.path["file"])[0]))


def _diffs(call: Call) -> Reply:
    items = [_told(one) for one in _differences(call, None)]
    return Reply(value={"items": items, "total": len(items)})


def _told(one: FileDifference) -> dict[str, Any]:
    return {
        "file": one.file,
        "served_at": one.served.at if one.served else None,
        "served_revision": one.served.revision if one.served else None,
        "changes": [{"key": change.key, "before": change.before, "after": change.after} for change in one.changes],
    }


_ENTRY = {
    "id": WHOLE,
    "file": TEXT,
    "at": {"type": "string", "format": "date-time"},
    "revision": WHOLE,
    "version": TEXT_OR_NULL,
    "transport": TEXT,
    "address": TEXT,
    "size": WHOLE,
}


def _history(call: Call) -> Reply:
    entries = archive.history(call.session, gate_of(device_at(call)).id, call.query.get("file"))
    return page_of(call, entries, lambda one: {name: getattr(one, name) for name in _ENTRY})


def _version(call: Call) -> Reply:
    text = call.path["version"]
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    entry = archive.entry(call.session, gate_of(device_at(call)).id, wanted)
    if entry is None:
        raise Refusal(404)
    body = _made(lambda: masked_body(call.provisioner, call.session, entry))
    return Reply(value=body.decode("utf-8", "replace"), media_type="text/plain; charset=utf-8")


_CHANGE = table(key=TEXT, before=TEXT_OR_NULL, after=TEXT_OR_NULL)
_DIFFERENCE = table(
    file=TEXT,
    served_at=TIME,
    served_revision={"type": ["integer", "null"]},
    changes={"type": "array", "items": _CHANGE},
)


def operations() -> Iterator[Operation]:
    """The operations of a device's files."""
    yield from _of_files()
    yield from _of_explanations()
    yield from _of_differences()
    yield from _of_history()


_HERE = "/tenants/{tenant}/devices/{device}"
_read = partial(Operation, method="GET", tag="Device files", permission=Permission.TENANT_READ)
_read_made = partial(_read, refuses=(409,))
"""Refused where the files cannot be made."""


def _of_files() -> Iterator[Operation]:
    yield _read_made(
        name="listDeviceFiles",
        path=f"{_HERE}/files",
        title="List a device's files",
        says="In the order in which it asks for them, with what the model cannot do of what is wanted.",
        run=_files,
        answers={
            200: items_of(
                table(name=TEXT, kind=TEXT, private={"type": "boolean"}, media_type=TEXT),
                warnings={"type": "array", "items": TEXT},
            )
        },
    )
    yield _read_made(
        name="previewDeviceFile",
        path=f"{_HERE}/files/{{file}}",
        title="Preview a file",
        says="As it would be served now, secrets masked. With `reveal=1` they are shown, where the role may see"
        " them, and a line in the audit log says so.",
        run=_file,
        query=(Parameter(name="reveal", says="Show secrets.", kind={"type": "boolean", "default": False}),),
        answers={200: {}},
        texts=(ANY,),
    )


def _of_explanations() -> Iterator[Operation]:
    key = Parameter(name="key", says="Only this key.")
    explained = {"key": TEXT, "value": TEXT, "origin": TEXT}
    yield _read_made(
        name="explainDeviceFile",
        path=f"{_HERE}/files/{{file}}/explain",
        title="Explain a file",
        says="Where the value of each key comes from. Secrets are masked.",
        run=_explain,
        query=(key,),
        answers={200: items_of(table(**explained))},
    )
    yield _read_made(
        name="explainDevice",
        path=f"{_HERE}/explain",
        title="Explain all files",
        says="Each private file, as for one of them.",
        run=_explain_all,
        query=(key,),
        answers={200: items_of(table(file=TEXT, **explained))},
    )


def _of_differences() -> Iterator[Operation]:
    yield _read_made(
        name="diffDeviceFile",
        path=f"{_HERE}/files/{{file}}/diff",
        title="Compare a file with what was served",
        says="What was last served against what would be served now, by key. Secrets are masked.",
        run=_diff,
        answers={200: _DIFFERENCE},
    )
    yield _read_made(
        name="diffDevice",
        path=f"{_HERE}/diff",
        title="Compare all files with what was served",
        says="Each private file, as for one of them.",
        run=_diffs,
        answers={200: items_of(_DIFFERENCE)},
    )


def _of_history() -> Iterator[Operation]:
    yield _read(
        name="listDeviceHistory",
        path=f"{_HERE}/history",
        title="List what was served",
        says="Each different version of a file that the device got, newest first.",
        run=_history,
        query=(Parameter(name="file", says="Only of this file."), *PAGES),
        answers={200: items_of(table(**_ENTRY))},
    )
    yield _read_made(
        name="readServedVersion",
        path=f"{_HERE}/history/{{version}}",
        title="Read what was served",
        says="One version of a file as the device got it, its secrets masked.",
        run=_version,
        answers={200: {}},
        texts=("text/plain",),
    )
