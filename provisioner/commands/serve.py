"""``provisioner serve``: settings, log and counters, and then the server."""

from __future__ import annotations

import gc
import os

import click

from provisioner import logs
from provisioner.metrics_folder import FOLDER_VARIABLE, make_folder
from provisioner.settings import read_installation

PLANE_NAMES = ("phones", "tftp", "portal", "worker")


@click.command()
@click.argument("plane", type=click.Choice(PLANE_NAMES), required=False)
@click.option("--demo", is_flag=True, help="Fill an empty installation with a sample tenant.")
def serve(plane: str | None, demo: bool) -> None:
    """Run the server: all planes, or one of them."""
    gc.disable()  # until `settle`: what a start makes stays, and there is nothing to find in it
    installation = read_installation()
    logs.configure(installation.log_level, installation.log_format)
    os.environ[FOLDER_VARIABLE] = str(make_folder(installation.data_dir))
    from provisioner import serving  # noqa: PLC0415  # its metrics look for the folder when they are imported

    serving.run(installation, [plane] if plane else PLANE_NAMES, demo=demo)
