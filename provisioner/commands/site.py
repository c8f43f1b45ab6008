"""``provisioner apply`` and ``export``: the site file in and out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from provisioner.answer import Provisioner
from provisioner.commands.common import actor, provisioner
from provisioner.commands.output import refusals
from provisioner.site import apply as application
from provisioner.site.export import export as exported
from provisioner.site.read import LARGEST


def server() -> Provisioner:
    """The provisioner that the context brings along, else this installation's."""
    given = click.get_current_context().obj
    return given if given is not None else provisioner()


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@click.option("--prune", is_flag=True, help="Remove what the tenant has and the file does not mention.")
def apply(file: BinaryIO, dry_run: bool, prune: bool) -> None:
    """Make a tenant what FILE says, all or nothing; '-' reads standard input."""
    host = server()
    text = file.read(LARGEST + 1)
    with refusals(file.name), _progress() as progress:
        plan = application.apply(
            host, text, actor=actor(), prune=prune, dry_run=dry_run, names_tenants=True, progress=progress
        )
    for line in plan.lines():
        click.echo(line)


@click.command()
@click.argument("tenant")
@click.option("--secrets", is_flag=True, help="Write passwords too.")
def export(tenant: str, secrets: bool) -> None:
    """Print a tenant's site file."""
    host = server()
    with refusals(), host.database.reading() as session:
        text = exported(session, host.vault, tenant, secrets=secrets)
    click.echo(text, nl=False)


@contextmanager
def _progress() -> Iterator[application.Progress | None]:
    """A bar where somebody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=0, label="Applying", file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show
