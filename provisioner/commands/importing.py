"""``provisioner import``: spreadsheets of what people have, and what other servers have as a site file."""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import yaml

from provisioner.commands.spreadsheets import Sheets
from provisioner.errors import Invalid, Problem
from provisioner.importing.folder import Progress, read_folder
from provisioner.importing.report import lines
from provisioner.services.fields import slug
from provisioner.site.document import document
from provisioner.site.read import read
from provisioner.values import Mac

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_CSV = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("import", cls=Sheets, invoke_without_command=True)
@click.option("--from-configs", "folder", type=_FOLDER, help="A folder of another server's files.")
@click.option("--tenant", default="imported", show_default=True, help="The tenant that the site file is for.")
@click.option("--models", type=_CSV, help="A CSV file with the columns mac and model.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, else standard output.")
@click.pass_context
def importing(
    context: click.Context, folder: Path | None, tenant: str, models: Path | None, output: Path | None
) -> None:
    """Import a spreadsheet, or make a site file of another server's configuration files.

    With --from-configs what was taken and what not is reported on standard error.
    """
    if context.invoked_subcommand is None:
        if folder is None:
            raise click.UsageError(
                "name what to import: devices, extensions, locations or assignments, or --from-configs"
            )
        _from_configs(folder, tenant, models, output)


def _from_configs(folder: Path, tenant: str, models: Path | None, output: Path | None) -> None:
    known = _models(models) if models else {}
    _check_slug(tenant)
    with _progress() as progress:
        imported = read_folder(folder, tenant, known, progress)
    text = yaml.dump(imported.site, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=10_000)
    for line in lines(imported):
        click.echo(line, err=True)
    _write(text, output)
    problems = document(read(text)).problems
    if problems:
        raise Invalid(problems)


# The command's name is a keyword of Python.
vars()["import"] = importing


def _check_slug(tenant: str) -> None:
    try:
        slug(tenant)
    except ValueError as error:
        raise Invalid([Problem(field="--tenant", message=str(error))]) from None


def _models(path: Path) -> dict[Mac, str]:
    """The model of each MAC. Raises Invalid with every row that is wrong."""
    problems: list[Problem] = []
    found: dict[Mac, str] = {}
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
        table = csv.DictReader(stream)
        if not {"mac", "model"} <= {(name or "").strip().lower() for name in table.fieldnames or ()}:
            raise Invalid([Problem(field="--models", message="must begin with the columns mac,model", line=1)])
        for row in table:
            _add(row, table.line_num, found, problems)
    if problems:
        raise Invalid(problems)
    return found


def _add(row: dict[Any, Any], line: int, found: dict[Mac, str], problems: list[Problem]) -> None:
    given = {str(name).strip().lower(): value or "" for name, value in row.items() if not isinstance(value, list)}
    try:
        found[Mac.parse(given["mac"])] = given["model"].strip()
    except ValueError as error:
        problems.append(Problem(field="mac", message=str(error), line=line))


def _write(text: str, output: Path | None) -> None:
    """The whole file or none of it, readable by its owner alone: it holds passwords."""
    if output is None:
        click.echo(text, nl=False)
        return
    descriptor, made = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(made).replace(output)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar where somebody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=0, label="Reading", file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show
