"""``provisioner keys``: new keys for an installation that goes on serving."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

from provisioner import rotation
from provisioner.commands.common import provisioner
from provisioner.commands.output import as_json, print_json


@click.group()
def keys() -> None:
    """The key file."""


@keys.command()
@click.option("--prepare", is_flag=True, help="Only put the next key into the file, to be copied to every machine.")
@click.option("--keep-old", is_flag=True, help="Leave the old key in the file, until a last run takes it out.")
@click.option("--new-identity", is_flag=True, help="Also make every device token and cookie worthless.")
@as_json
def rotate(prepare: bool, keep_old: bool, new_identity: bool, as_json: bool) -> None:
    """Seal every stored secret with a new key, while the server serves.

    Run it again after an interruption: it goes on. Device tokens and generated passwords stay as they are,
    unless --new-identity is given: then every phone has to pair anew.
    """
    server = provisioner()
    path = server.installation.key
    if prepare:
        made = rotation.prepare(path)
        _say(as_json, {"prepared": made}, "the next key is in the key file; copy the file to every machine")
        return
    resumed = rotation.begin(path, new_identity=new_identity)
    total = rotation.count(server.database)
    with click.progressbar(length=total, label="sealing anew", file=sys.stderr) as bar:
        values, resealed = rotation.rotate(
            server.database, server.vault, path, server.last_good, keep_old=keep_old, progress=bar.update
        )
    told = {"values": values, "resealed": resealed, "resumed": resumed, "old_key_kept": keep_old}
    after = "the old key stays in the file until the next run" if keep_old else "the old key is gone"
    _say(as_json, told, f"{resealed} of {values} secrets were sealed anew; {after}")


def _say(as_json: bool, told: Mapping[str, object], words: str) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo(words)
