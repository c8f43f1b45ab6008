"""Commands on a remote server: the same words and the same output, over the REST API."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import click

from provisioner.client import ApiError, Client
from provisioner.commands.gate import address as request_from
from provisioner.commands.gate import block_options, check_block, echo_code, pairing_options, pairing_target
from provisioner.commands.output import (
    as_json,
    check_names,
    echo_names,
    lines_sent,
    names_as_json,
    print_json,
    refusals,
)
from provisioner.errors import Invalid, Problem
from provisioner.site.read import LARGEST, read
from provisioner.values import Transport

AT_ONCE = 1000
_PATHS = {"assignments": "location-assignments"}
_identity = click.argument("identity")
"""A device by its MAC or IPEI."""


def client() -> Client:
    """The server that the command line names."""
    options = click.get_current_context().find_root().params
    return Client(options["server"], options["token"] or "")


def command(name: str) -> click.Command | None:
    """The remote command of a name, None where it is the installation's own."""
    return COMMANDS.get(name)


# --- the site file


@click.command("apply")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@click.option("--prune", is_flag=True, help="Remove what the tenant has and the file does not mention.")
def _apply(file: BinaryIO, dry_run: bool, prune: bool) -> None:
    """Make a tenant what FILE says, all or nothing; '-' reads standard input."""
    text = file.read(LARGEST + 1)
    with refusals(file.name):
        plan = client().tenant(_slug(text)).apply(text, dry_run=dry_run, prune=prune)
    for line in plan["lines"]:
        click.echo(line)


def _slug(text: bytes) -> str:
    """Whose file it is. Raises Invalid."""
    slug = read(text).get("tenant")
    if not isinstance(slug, str) or not slug:
        raise Invalid([Problem(field="tenant", message="is missing: the file begins with whose it is")])
    return slug


@click.command("export")
@click.argument("tenant")
@click.option("--secrets", is_flag=True, help="Not over the API: no read tells a secret.")
def _export(tenant: str, secrets: bool) -> None:
    """Print a tenant's site file."""
    if secrets:
        raise click.UsageError("no read over the API tells a secret; run `provisioner export --secrets` at the server")
    click.echo(client().tenant(tenant).export(), nl=False)


# --- devices


@click.command("devices")
@as_json
def _devices(as_json: bool) -> None:
    """The table of devices."""
    rows = list(_rows(client()))
    if as_json:
        print_json({"items": rows, "total": len(rows)})
        return
    for row in rows:
        click.echo(
            "  ".join(str(row[name] or "-") for name in ("identity", "pairing", "tenant", "vendor", "model", "name"))
        )


def _rows(server: Client) -> Iterator[dict[str, Any]]:
    for tenant in server.tenants.list(fields="id", sort="tenant"):
        for one in server.tenant(tenant["id"]).devices.list(sort="mac"):
            plain = {
                name: one[name] for name in ("slot", "name", "vendor", "model", "version", "extensions", "revision")
            }
            identity = one["mac"] or one["ipei"]
            yield {"identity": identity, "tenant": tenant["id"], "pairing": one["pairing"]["state"], **plain}


@click.command("render")
@_identity
@click.argument("file", required=False)
@click.option("--reveal", is_flag=True, help="Show secrets instead of masking them; noted in the audit log.")
@names_as_json
def _render(identity: str, file: str | None, reveal: bool, as_json: bool) -> None:
    """Print what a device would get; without FILE the names of its files."""
    check_names(file, as_json=as_json)
    device = client().device(identity)
    told = device.files()
    if file is None:
        echo_names([one["name"] for one in told["items"]], as_json=as_json)
        return
    body = device.file(file, reveal=reveal)
    for warning in told["warnings"]:
        click.echo(f"warning: {warning}", err=True)
    sys.stdout.buffer.write(body)


@click.command("explain")
@_identity
@click.argument("file")
@click.argument("key", required=False)
@as_json
def _explain(identity: str, file: str, key: str | None, as_json: bool) -> None:
    """For each key of a file, where its value came from."""
    rows = client().device(identity).explain(file, key)
    if not rows:
        raise ApiError(404, f"{file} states no key {key}")
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['key']}\t{row['value']}\t{row['origin']}")


@click.command("diff")
@_identity
@click.argument("file", required=False)
@as_json
def _diff(identity: str, file: str | None, as_json: bool) -> None:
    """What would be served now against what was last served, by native key; secrets are masked."""
    found = client().device(identity).diff(file)
    if as_json:
        print_json({"files": [_as_data(one) for one in found]})
        return
    for one in found:
        click.echo("\n".join(_difference(one)))


def _as_data(one: dict[str, Any]) -> dict[str, Any]:
    served = {"at": one["served_at"], "revision": one["served_revision"]} if one["served_at"] else None
    return {"file": one["file"], "served": served, "changes": one["changes"]}


def _difference(one: dict[str, Any]) -> Iterator[str]:
    if one["served_at"] is None:
        yield f"= {one['file']}: not served yet"
        return
    at = datetime.fromisoformat(one["served_at"])
    since = f"served {at:%Y-%m-%d %H:%M:%S} UTC, revision {one['served_revision']}"
    yield f"{'~' if one['changes'] else '='} {one['file']}: {since}"
    for row in one["changes"]:
        yield from (f"{sign} {row['key']}\t{row[side]}" for sign, side in _SIDES if row[side] is not None)


_SIDES = (("-", "before"), ("+", "after"))


@click.command("pair")
@pairing_options
def _pair(identity: str | None, minutes: int | None, code: bool, tenant: str | None) -> None:
    """Open a device's pairing window; its next private answer without a token pairs it anew."""
    whose = pairing_target(identity, code=code, tenant=tenant)
    if code:
        made = (client().tenant(whose) if tenant else client().device(whose)).pairing_code(minutes)
        echo_code(whose, made["code"], datetime.fromisoformat(made["expires_at"]))
        return
    until = datetime.fromisoformat(client().device(whose).pair(minutes)["open_until"])
    click.echo(f"{identity}: open until {until:%Y-%m-%d %H:%M} UTC")


@click.command("unpair")
@_identity
def _unpair(identity: str) -> None:
    """Close a device's window and make its token worthless."""
    click.echo(f"{identity}: {client().device(identity).unpair()['state']}")


@click.command("block")
@block_options
def _block(identity: str, certificate: bool, undo: bool) -> None:
    """Refuse a device whatever it proves."""
    check_block(certificate=certificate, undo=undo)
    if certificate:
        trusted = client().device(identity).trust_certificate(trusted=undo)
        click.echo(f"{identity}: its certificate is {'trusted' if trusted else 'distrusted'}")
        return
    click.echo(f"{identity}: {client().device(identity).block()['state']}")


# --- requests


@click.command("vendors")
@as_json
def _vendors(as_json: bool) -> None:
    """Every vendor and model that the server knows."""
    found = client().vendors()
    if as_json:
        print_json({"vendors": found})
        return
    for vendor in found:
        click.echo(f"{vendor['title']} ({len(vendor['models'])} models)")
        for model in vendor["models"]:
            click.echo(f"  {model['name']:<14} {model['accounts']:>4} accounts {model['line_keys']:>4} line keys")


_agent = click.option("--user-agent", default="", help="The User-Agent header.")
_transport = click.option("--transport", type=click.Choice(list(Transport)), default=Transport.HTTP)


@click.command("recognise")
@click.option("--path", help="The path, as the phone sends it.")
@_agent
@_transport
@as_json
@click.option("--batch", is_flag=True, help="Read one JSON object a line from standard input, write one a line.")
def _recognise(path: str | None, user_agent: str, transport: str, as_json: bool, batch: bool) -> None:
    """What a request would be taken for."""
    server = client()
    if batch:
        asks = (_request(line, number) for number, line in enumerate(lines_sent(), 1) if line.strip())
        while some := list(islice(asks, AT_ONCE)):
            for found in server.recognise(some):
                click.echo(json.dumps(found))
        return
    if path is None:
        raise click.UsageError("--path is missing (or --batch)")
    found = server.recognise([{"path": path, "user_agent": user_agent, "transport": transport}])[0]
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name:<8} {'-' if value is None else value}")


def _request(line: str, number: int) -> dict[str, str]:
    try:
        row = json.loads(line)
        return {name: row[name] for name in ("path", "user_agent", "transport") if row.get(name)}
    except (ValueError, AttributeError):
        raise click.UsageError(f'line {number} is no JSON object such as {{"path": "/x"}}') from None


@click.command("why")
@click.option("--path", required=True, help="The path, as the phone sends it.")
@_agent
@_transport
@request_from
@as_json
def _why(path: str, user_agent: str, transport: str, address: str, as_json: bool) -> None:
    """Replay a request and show each decision, without noting it."""
    steps = client().why(path, user_agent=user_agent, transport=transport, address=address)
    if as_json:
        print_json({"steps": steps})
        return
    for step in steps:
        click.echo(f"{'+' if step['ok'] else '-'} {step['step']:<10} {step['says']}")


# --- spreadsheets


class _Sheets(click.Group):
    """A command for each kind of spreadsheet; to know them takes the services, which no other command needs."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        from provisioner.spreadsheets import KINDS  # noqa: PLC0415  # as the class says

        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _sheet(cmd_name) if cmd_name in self.list_commands(ctx) else None


@click.group("import", cls=_Sheets)
def _import() -> None:
    """Import a spreadsheet, all rows or none."""


def _sheet(kind: str) -> click.Command:
    from provisioner.spreadsheets import KINDS, MEDIA_TYPES, MOST_BYTES  # noqa: PLC0415  # slow, and rarely needed

    def run(file: BinaryIO, dry_run: bool, tenant: str | None, as_json: bool) -> None:
        server, data = client(), file.read(MOST_BYTES + 1)
        media_type = MEDIA_TYPES["xlsx" if data.startswith(b"PK") else "csv"]
        path: Any = _PATHS.get(kind, kind)
        told = server.tenant(tenant or _only_tenant(server)).import_sheet(path, data, media_type, dry_run=dry_run)
        _tell(told, as_json=as_json)

    made = click.command(kind, help=f"{KINDS[kind].title} from a CSV or XLSX FILE; '-' reads standard input.")(run)
    for option in (
        click.argument("file", type=click.File("rb")),
        click.option("--dry-run", is_flag=True, help="Judge every row and change nothing."),
        click.option("--tenant", help="Whose they are; may be left out where there is one tenant."),
        as_json,
    ):
        made = option(made)
    return made


def _only_tenant(server: Client) -> str:
    found = [tenant["id"] for tenant in server.tenants.list(fields="id")]
    if len(found) != 1:
        raise Invalid([Problem(field="--tenant", message="name the tenant; there is not exactly one")])
    return str(found[0])


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    signs = {"added": "+", "changed": "~"}
    for row in told["rows"]:
        if row["kind"] in signs:
            fields = f": {', '.join(row['fields'])}" if row["fields"] else ""
            click.echo(f"{signs[row['kind']]} {row['subject']}{fields}")
        for problem in row["problems"]:
            click.echo(f"line {row['row']}: {problem['field']}: {problem['message']}", err=True)
    click.echo(", ".join(f"{told[kind]} {kind}" for kind in ("added", "changed", "unchanged", "refused")))
    if told["refused"]:
        click.get_current_context().exit(1)


COMMANDS = {
    made.name or "": made
    for made in (
        _apply,
        _export,
        _import,
        _render,
        _explain,
        _diff,
        _devices,
        _pair,
        _unpair,
        _block,
        _why,
        _recognise,
        _vendors,
    )
}
"""Every command that works on a remote server."""
