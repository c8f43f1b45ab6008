"""``provisioner import devices|extensions|locations|assignments``: spreadsheets, judged row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner import spreadsheets
from provisioner.commands.common import actor
from provisioner.commands.output import REFUSED, as_json, print_json, refusals
from provisioner.commands.site import server
from provisioner.errors import Invalid, Problem
from provisioner.services.change import Change
from provisioner.spreadsheets import KINDS, MOST_BYTES, Imported, Kind
from provisioner.store.tables import Tenant, UnknownDevice


class Sheets(click.Group):
    """One command for each kind of sheet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every kind."""
        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a kind."""
        kind = KINDS.get(cmd_name)
        return _command(kind) if kind else None


def _command(kind: Kind) -> click.Command:
    def run(**options: Any) -> None:
        _import(kind, **options)

    text = (
        f"Import {kind.title.lower()} from a CSV or XLSX FILE, all rows or none; '-' reads standard input."
        f" The first row names the columns: {', '.join(column.name for column in kind.columns)}, in common spellings."
    )
    command = click.command(kind.name, help=text, short_help=f"{kind.title} from a spreadsheet.")(run)
    for option in (
        click.argument("file", type=click.File("rb")),
        click.option("--dry-run", is_flag=True, help="Judge every row and change nothing."),
        click.option("--tenant", help="Whose they are; may be left out where there is one tenant."),
        click.option("--column", "columns", multiple=True, metavar="FIELD=HEADING", help="Which heading is a field."),
        as_json,
    ):
        command = option(command)
    return command


def _import(
    kind: Kind, *, file: BinaryIO, dry_run: bool, tenant: str | None, columns: Sequence[str], as_json: bool
) -> None:
    host = server()
    with refusals():
        sheet = spreadsheets.read(file.read(MOST_BYTES + 1))
        places = spreadsheets.mapped(kind, sheet.headings, _wanted(columns))
        with (
            host.database.writing() as session,
            Change(session, host.vault, actor(), names_tenants=True, clock=host.clock) as change,
        ):
            row = _tenant(session, tenant)
            told = spreadsheets.run(change, row, kind.name, sheet, places, dry_run=dry_run, sighted=_sighted(session))
    _tell(told, dry_run, as_json=as_json)
    if told.problems:
        click.get_current_context().exit(REFUSED)


def _wanted(columns: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in columns]
    if not all(equals for _field, equals, _heading in pairs):
        raise click.UsageError("write --column FIELD=HEADING, such as --column mac='Hardware address'")
    return {name.strip(): heading for name, _equals, heading in pairs}


def _tenant(session: Session, slug: str | None) -> Tenant:
    """The tenant of this slug, or the only one. Raises Invalid."""
    query = select(Tenant).order_by(Tenant.slug).limit(2)
    found = session.scalars(query.where(Tenant.slug == slug) if slug else query).all()
    if len(found) == 1:
        return found[0]
    message = f"there is no tenant {slug[:63]!r}" if slug else "name the tenant; there is not exactly one"
    raise Invalid([Problem(field="--tenant", message=message)])


def _sighted(session: Session) -> dict[str, tuple[str, str]]:
    """What phones that asked and belong to nobody said they are."""
    query = select(UnknownDevice.mac, UnknownDevice.vendor, UnknownDevice.model)
    return {row.mac: (row.vendor, row.model) for row in session.execute(query) if row.vendor and row.model}


def _tell(told: Imported, dry_run: bool, *, as_json: bool) -> None:
    if as_json:
        counts = {kind: told.count(kind) for kind in ("added", "changed", "unchanged", "refused")}
        print_json(
            {"dry_run": dry_run, "written": told.written, **counts, "rows": [asdict(one) for one in told.verdicts]}
        )
        return
    for verdict in told.verdicts:
        if verdict.kind in ("added", "changed"):
            click.echo(str(verdict))
    for problem in told.problems:
        click.echo(str(problem), err=True)
    click.echo(
        f"{told.count('added')} added, {told.count('changed')} changed, {told.count('unchanged')} unchanged,"
        f" {told.count('refused')} refused"
    )
    if told.problems and not dry_run:
        click.echo("nothing was changed: mend these rows, or remove them, and import again", err=True)
