"""What a command imports before it begins: nobody waits for what it does not need."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from provisioner.cli import COMMANDS, cli

HEAVY = frozenset(("sqlalchemy", "pydantic", "jinja2", "lxml", "cryptography", "flask", "openpyxl", "gunicorn"))
SCRIPT = """
import atexit, sys
atexit.register(lambda: print("\\nMODULES", *sys.modules))
from provisioner.cli import main
main()
"""


def imported(*words: str) -> set[str]:
    """The heavy modules that a command line had imported at its end."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=False)
    modules = done.stdout.rpartition("MODULES ")[2].split()
    assert "provisioner.cli" in modules, done.stderr
    return HEAVY & set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("--server", "http://127.0.0.1:1", "--token", "x", "devices"),
        ("--server", "http://127.0.0.1:1", "--token", "x", "pair", "805ec0123456"),
    ],
    ids=" ".join,
)
def test_help_and_the_client_of_another_server_start_at_once(words: tuple[str, ...]) -> None:
    assert imported(*words) == set()


def test_recognise_needs_no_database() -> None:
    assert imported("recognise", "--path", "/805ec0123456.cfg").isdisjoint({"sqlalchemy", "flask", "gunicorn"})


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_each_command_what_it_says_itself(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command
    assert COMMANDS[name][1] == command.get_short_help_str(limit=500)
