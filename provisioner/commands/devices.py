"""Commands about devices: their files, where values come from, and the gate."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from provisioner.answer import Provisioner
from provisioner.commands.common import actor, device_of, file_owner, provisioner, tenant_of
from provisioner.commands.gate import block_options, check_block, echo_code, pairing_options, pairing_target
from provisioner.commands.output import as_json, check_names, echo_names, names_as_json, print_json
from provisioner.difference import FileDifference, against_served
from provisioner.errors import Unassigned
from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Profile
from provisioner.recognise import file_of
from provisioner.registry import vendors
from provisioner.render import View, file_names, unknown_native_keys
from provisioner.render import explain as explain_file
from provisioner.render import render as render_file
from provisioner.services import pairing
from provisioner.store.tables import Device, DeviceLine
from provisioner.values import Ipei, Mac
from provisioner.vendor_api import File


@click.command()
@click.argument("identity")
@click.argument("file", required=False)
@click.option("--reveal", is_flag=True, help="Show secrets instead of masking them.")
@names_as_json
def render(identity: str, file: str | None, reveal: bool, as_json: bool) -> None:
    """Print what a device would get; without FILE the names of its files."""
    check_names(file, as_json=as_json)
    server = provisioner()
    profile = _profile(server, identity)
    if file is None:
        echo_names(file_names(profile), as_json=as_json)
        return
    view = View.PLAIN if reveal else View.MASKED
    answer = render_file(profile, _file(profile, file), view, server.installation.template_dir)
    for warning in _warnings(server, profile):
        click.echo(f"warning: {warning}", err=True)
    sys.stdout.buffer.write(answer.body)


@click.command()
@click.argument("identity")
@click.argument("file")
@click.argument("key", required=False)
@as_json
def explain(identity: str, file: str, key: str | None, as_json: bool) -> None:
    """For each key of a file, where its value came from."""
    server = provisioner()
    profile = _profile(server, identity)
    rows = explain_file(profile, _file(profile, file), server.installation.template_dir)
    shown = [row for row in rows if key is None or row.key == key]
    if not shown:
        raise Unassigned(f"{file} states no key {key}")
    if as_json:
        print_json([{"key": row.key, "value": row.value, "origin": row.origin} for row in shown])
        return
    for row in shown:
        click.echo(f"{row.key}\t{row.value}\t{row.origin}")


@click.command()
@click.argument("identity")
@click.argument("file", required=False)
@as_json
def diff(identity: str, file: str | None, as_json: bool) -> None:
    """What would be served now against what was last served, by native key; secrets are masked."""
    server = provisioner()
    with server.database.reading() as session:
        device = file_owner(device_of(session, identity))
        found = against_served(server, session, device.id, file)
    if as_json:
        print_json({"files": [_difference(one) for one in found]})
        return
    for one in found:
        click.echo("\n".join(_difference_lines(one)))


def _difference(one: FileDifference) -> dict[str, object]:
    changes = [{"key": row.key, "before": row.before, "after": row.after} for row in one.changes]
    served = {"at": one.served.at, "revision": one.served.revision} if one.served else None
    return {"file": one.file, "served": served, "changes": changes}


def _difference_lines(one: FileDifference) -> Iterator[str]:
    if one.served is None:
        yield f"= {one.file}: not served yet"
        return
    since = f"served {one.served.at:%Y-%m-%d %H:%M:%S} UTC, revision {one.served.revision}"
    yield f"{'~' if one.changes else '='} {one.file}: {since}"
    for row in one.changes:
        if row.before is not None:
            yield f"- {row.key}\t{row.before}"
        if row.after is not None:
            yield f"+ {row.key}\t{row.after}"


def _profile(server: Provisioner, identity: str) -> Profile:
    with server.database.reading() as session:
        device = file_owner(device_of(session, identity))
        return merge(server.loader.load(session, device.id))


def _file(profile: Profile, name: str) -> File:
    file = file_of(vendors()[profile.vendor], name, profile.model)
    if file is None or file.template is None:
        raise Unassigned(f"{profile.model.name} has no file {name}; it has {', '.join(file_names(profile))}")
    return file


def _warnings(server: Provisioner, profile: Profile) -> Iterable[str]:
    yield from map(str, warnings_of(profile))
    for key in unknown_native_keys(profile, server.installation.template_dir):
        yield f"{key}: no template of this model knows this key; it is sent as given"


@click.command()
@as_json
def devices(as_json: bool) -> None:
    """The table of devices."""
    with provisioner().database.reading() as session:
        rows = [_row(device) for device in session.scalars(_listed()).unique()]
    if as_json:
        print_json({"items": rows, "total": len(rows)})
        return
    for row in rows:
        click.echo(
            "  ".join(str(row[name] or "-") for name in ("identity", "pairing", "tenant", "vendor", "model", "name"))
        )


def _listed() -> Select[Device]:
    lines = joinedload(Device.lines).joinedload(DeviceLine.extension)
    return (
        select(Device)
        .options(joinedload(Device.tenant), joinedload(Device.base), lines)
        .order_by(Device.tenant_id, Device.mac, Device.slot)
    )


def _row(device: Device) -> dict[str, object]:
    return {
        "identity": str(Mac(device.mac))
        if device.mac
        else str(Ipei.parse(f"0x{device.ipei}"))
        if device.ipei
        else None,
        "slot": device.slot,
        "tenant": device.tenant.slug,
        "pairing": pairing.gate_of(device).state,
        "name": device.name,
        "vendor": device.vendor,
        "model": device.model,
        "version": device.firmware,
        "extensions": [line.extension.number for line in device.lines],
        "revision": device.revision,
    }


@click.command()
@pairing_options
def pair(identity: str | None, minutes: int | None, code: bool, tenant: str | None) -> None:
    """Open a device's pairing window; its next private answer without a token pairs it anew."""
    whose = pairing_target(identity, code=code, tenant=tenant)
    server = provisioner()
    with server.database.writing() as session:
        if code:
            owner = tenant_of(session, whose) if tenant else device_of(session, whose)
            made = pairing.make_code(
                session, server.vault, actor(), owner, at=server.clock(), minutes=minutes or pairing.CODE_MINUTES
            )
            echo_code(whose, made.code, made.until)
            return
        device = device_of(session, whose)
        window = minutes or device.tenant.pairing_minutes or pairing.CODE_MINUTES
        until = pairing.open_window(session, actor(), device, window, server.clock())
        click.echo(f"{identity}: open until {until:%Y-%m-%d %H:%M} UTC")


@click.command()
@click.argument("identity")
def unpair(identity: str) -> None:
    """Close a device's window and make its token worthless."""
    with provisioner().database.writing() as session:
        pairing.close_window(session, actor(), device_of(session, identity))
    click.echo(f"{identity}: closed")


@click.command()
@block_options
def block(identity: str, certificate: bool, undo: bool) -> None:
    """Refuse a device whatever it proves."""
    check_block(certificate=certificate, undo=undo)
    with provisioner().database.writing() as session:
        device = device_of(session, identity)
        if certificate:
            pairing.distrust_certificate(session, actor(), device, distrusted=not undo)
            click.echo(f"{identity}: its certificate is {'trusted' if undo else 'distrusted'}")
            return
        pairing.block(session, actor(), device)
    click.echo(f"{identity}: blocked")
