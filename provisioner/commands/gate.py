"""The options of the commands about the gate, alike on this installation and on a remote server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import Any

import click

from provisioner.values import MOST_MINUTES

_Command = Callable[..., None]


def _all(*given: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    def decorate(command: _Command) -> _Command:
        for one in reversed(given):
            command = one(command)
        return command

    return decorate


class Address(click.ParamType[str]):
    """An IPv4 or IPv6 address."""

    name = "ip"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address, as it is; refused where it is none."""
        try:
            return str(ip_address(value))
        except ValueError:
            self.fail(f"{value!r} is no IPv4 or IPv6 address; write one such as 10.20.0.7", param, ctx)


pairing_options = _all(
    click.argument("identity", required=False),
    click.option("--minutes", type=click.IntRange(1, MOST_MINUTES), help="How long; else as the tenant says."),
    click.option("--code", is_flag=True, help="Make a one-time code instead, to be typed as password on the phone."),
    click.option("--tenant", metavar="T", help="With --code: for whichever device of this tenant uses it first."),
)
block_options = _all(
    click.argument("identity"),
    click.option("--certificate", is_flag=True, help="Only its client certificate: it proves nothing any more."),
    click.option("--undo", is_flag=True, help="With --certificate: trust it again."),
)
address = click.option("--address", type=Address(), default="127.0.0.1", help="Where the request comes from.")


def pairing_target(identity: str | None, *, code: bool, tenant: str | None) -> str:
    """The device or the tenant that is meant. Raises UsageError."""
    if tenant and not code:
        raise click.UsageError("--tenant goes with --code; a window is opened for a device")
    if bool(identity) == bool(tenant):
        raise click.UsageError("name a device, or with --code --tenant a tenant")
    return identity or tenant or ""


def check_block(*, certificate: bool, undo: bool) -> None:
    """Refuse what means nothing together. Raises UsageError."""
    if undo and not certificate:
        raise click.UsageError("--undo goes with --certificate; `provisioner pair` or `unpair` ends a block")


def echo_code(whose: str, code: str, until: datetime) -> None:
    """Tell a pairing code, alone in its line, and what it is good for."""
    click.echo(f"{code}\n{whose}: password for any user name, once, until {until:%Y-%m-%d %H:%M} UTC")
