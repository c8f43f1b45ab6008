"""The command ``provisioner``: finds the command's module and turns our errors into exit statuses.

0 is done, 1 is refused with the reason on standard error, 2 is wrong usage.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from provisioner import __version__, logs
from provisioner.errors import ProvisionerError

COMMANDS = {
    "serve": ("serve", "Run the server: all planes, or one of them."),
    "apply": ("site", "Make a tenant what FILE says, all or nothing; '-' reads standard input."),
    "export": ("site", "Print a tenant's site file."),
    "import": ("importing", "Import a spreadsheet, or make a site file of another server's configuration files."),
    "render": ("devices", "Print what a device would get; without FILE the names of its files."),
    "explain": ("devices", "For each key of a file, where its value came from."),
    "diff": ("devices", "What would be served now against what was last served, by native key; secrets are masked."),
    "devices": ("devices", "The table of devices."),
    "pair": ("devices", "Open a device's pairing window; its next private answer without a token pairs it anew."),
    "unpair": ("devices", "Close a device's window and make its token worthless."),
    "block": ("devices", "Refuse a device whatever it proves."),
    "why": ("requests", "Replay a request and show each decision, without noting it."),
    "recognise": ("requests", "What a request would be taken for, without the database."),
    "vendors": ("requests", "Every vendor and model that is known."),
    "user": ("accounts", "Accounts of the portal."),
    "token": ("accounts", "Tokens of the API."),
    "backup": ("backups", "Write a backup of the whole installation, while it serves."),
    "restore": ("backups", "Put a backup in the place of this installation's database, all of it or nothing."),
    "keys": ("keys", "The key file."),
    "db": ("installation", "The database's migrations."),
    "doctor": ("installation", "Check the installation, and say what to mend."),
    "simulate": ("simulate", "Start a fleet of virtual phones as real ones start, and report what they met."),
}
"""The module of each command, and what the command does: the list of commands imports none of them."""


class _Lazy(click.Group):
    """Imports only the module of the command that is called: ``recognise`` needs no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; with ``--server`` the one that asks that server."""
        if cmd_name not in COMMANDS:
            return None
        if ctx.params.get("server"):
            return _remote(cmd_name)
        command = getattr(import_module(f"provisioner.commands.{COMMANDS[cmd_name][0]}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What each command does, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


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


def _refuse_bytes(words: Sequence[str]) -> None:
    """End with a word about an argument that is no text. The name of a file may be any bytes."""
    for number, word in enumerate(words, 1):
        if any("\ud800" <= letter <= "\udfff" for letter in word) and not Path(word).exists():
            click.echo(f"Error: argument {number}, {os.fsencode(word)!r}, is not UTF-8 text", err=True)
            sys.exit(2)


def main() -> None:
    """The entry point."""
    # Starting makes a hundred thousand things that stay: to look through them for garbage takes a sixth of the time.
    gc.set_threshold(50_000)
    _refuse_bytes(sys.argv[1:])
    try:
        cli.main(prog_name="provisioner", standalone_mode=True)
    except ProvisionerError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo(f"it cannot be written: {error.strerror}", err=True)
        sys.exit(1)
    except Exception as error:
        from provisioner.store.database import DOWN, fault  # noqa: PLC0415  # most commands end well

        if not isinstance(error, DOWN):
            raise
        click.echo(f"{fault(error)}. Nothing was changed; `provisioner doctor` tells more", err=True)
        sys.exit(1)
