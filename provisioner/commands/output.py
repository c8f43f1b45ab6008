"""How commands tell what they found, and what they refuse; nothing here knows an installation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from provisioner.errors import Problem, ProvisionerError

REFUSED = 1
"""The exit status of what is refused."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
names_as_json = click.option("--json", "as_json", is_flag=True, help="Print the names as JSON.")


def lines_sent() -> Iterator[str]:
    """Standard input line by line; logs hold what strangers sent, and bytes that are no text are replaced."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", errors="replace")


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def check_names(file: str | None, *, as_json: bool) -> None:
    """Names are told as JSON, a file as it is. Raises UsageError."""
    if as_json and file is not None:
        raise click.UsageError("--json is for the names of the files; leave FILE or --json out")


def echo_names(names: Sequence[str], *, as_json: bool) -> None:
    """The names of a device's files, one a line or as JSON."""
    if as_json:
        print_json({"files": list(names)})
    else:
        click.echo("\n".join(names))


@contextmanager
def refusals(file: str = "") -> Iterator[None]:
    """Every problem on standard error, behind the name of the file that it is in, and status 1."""
    try:
        yield
    except ProvisionerError as error:
        problems: Sequence[Problem] = getattr(error, "problems", ())
        if not problems:
            raise
        place = f"{click.format_filename(file)}: " if file else ""
        for problem in problems:
            click.echo(f"{place}{problem}", err=True)
        click.get_current_context().exit(REFUSED)
