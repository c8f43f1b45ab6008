"""``provisioner backup`` and ``provisioner restore``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from provisioner import backup as backups
from provisioner import keyring
from provisioner.commands.output import as_json, print_json
from provisioner.errors import Invalid, Problem
from provisioner.settings import PREFIX, read_installation
from provisioner.store.database import Database
from provisioner.vault import Vault

PASSPHRASE = f"{PREFIX}BACKUP_PASSPHRASE"
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--with-key", is_flag=True, help="Put the key in as it is: whoever has the file then has every secret.")
@click.option("--passphrase", is_flag=True, help=f"Put the key in, encrypted under {PASSPHRASE} or what is typed.")
@as_json
def backup(file: Path, with_key: bool, passphrase: bool, as_json: bool) -> None:
    """Write a backup of the whole installation, while it serves."""
    installation = read_installation()
    vault, key = Vault.open(installation.key), None
    if with_key or passphrase:
        key = backups.Key(
            content=installation.key.read_bytes(), passphrase=_passphrase(confirm=True) if passphrase else ""
        )
    _say(as_json, backups.backup(Database(installation.database), vault, file, key), f"backed up to {file}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an installation that holds tenants. Stop its server first.")
@as_json
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Put a backup in the place of this installation's database, all of it or nothing."""
    installation = read_installation()
    kept = backups.read(file)
    key = backups.key_of(file, _passphrase(confirm=False) if kept.key == "passphrase" else "")
    vault = Vault.open(installation.key) if key is None else Vault(keyring.parse(key))
    kept.check(vault)
    database = Database(installation.database)
    installation.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = backups.restore(database, file, force=force)
    if key is not None:
        keyring.replace_file(installation.key, key)
    database.bind_key(vault)
    _say(as_json, contents, f"restored what was backed up at {contents.made_at}")


def _passphrase(*, confirm: bool) -> str:
    given = os.environ.get(PASSPHRASE)
    word = given or click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    if len(word) < 12:
        raise Invalid([Problem(field=PASSPHRASE, message="write at least 12 characters")])
    return str(word)


def _say(as_json: bool, contents: backups.Contents, words: str) -> None:
    if as_json:
        print_json({"made_at": contents.made_at, "key": contents.key, "rows": dict(contents.rows)})
    else:
        click.echo(f"{words}: {sum(contents.rows.values())} rows in {len(contents.rows)} tables, key: {contents.key}")
