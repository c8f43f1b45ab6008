"""The command ``provisioner``: finds the command's module and turns our errors into exit statuses.

0 is done, 1 is refused with the reason on standard error, 2 is wrong usage.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

from provisioner import __version__, logs
from provisioner.errors import ProvisionerError

COMMANDS = {
    "serve": "serve",
    "apply": "site",
    "export": "site",
    "import": "importing",
    "render": "devices",
    "explain": "devices",
    "diff": "devices",
    "devices": "devices",
    "pair": "devices",
    "unpair": "devices",
    "block": "devices",
    "why": "requests",
    "recognise": "requests",
    "vendors": "requests",
    "user": "accounts",
    "token": "accounts",
    "backup": "backups",
    "restore": "backups",
    "keys": "keys",
    "db": "installation",
    "doctor": "installation",
    "simulate": "simulate",
}


class _Lazy(click.Group):
    """Imports only the module of the command that is called: ``recognise`` needs no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; with ``--server`` the one that asks that server."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        if ctx.params.get("server"):
            return _remote(cmd_name)
        command = getattr(import_module(f"provisioner.commands.{module}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


def _remote(name: str) -> click.Command:
    from provisioner.commands import remote  # noqa: PLC0415  # most commands ask no other server

    made = remote.command(name)
    if made is None:
        known = ", ".join(remote.COMMANDS)
        raise click.UsageError(f"`{name}` works on the installation itself: run it there. With --server: {known}")
    return made


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="provisioner")
@click.option("--server", metavar="URL", help="Work on the server at this address, over its REST API.")
@click.option(
    "--token", envvar="PROVISIONER_TOKEN", metavar="T", help="An API token for that server.", show_envvar=True
)
def cli(server: str | None, token: str | None) -> None:
    """The server that desk phones ask for their configuration when they boot."""
    if server and not token:
        raise click.UsageError("--server needs a token: --token T, or PROVISIONER_TOKEN")
    logs.configure("warning", "text")


def main() -> None:
    """The entry point."""
    # Starting makes a hundred thousand things that stay: to look through them for garbage takes a sixth of the time.
    gc.set_threshold(50_000)
    try:
        cli.main(prog_name="provisioner", standalone_mode=True)
    except ProvisionerError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
