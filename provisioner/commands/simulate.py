"""``provisioner simulate``: a fleet of virtual phones starts, and the report says how it went."""

from __future__ import annotations

import math
import resource
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.commands.common import tenant_of
from provisioner.commands.output import as_json, print_json
from provisioner.errors import Invalid, Problem
from provisioner.hosts import bracketed, socket_address
from provisioner.registry import vendors as known_vendors
from provisioner.settings import Installation, read_installation
from provisioner.simulate import report
from provisioner.simulate.fleet import Fleet, Patience, Tally
from provisioner.simulate.installation import fill, phones_of
from provisioner.simulate.phones import Phone
from provisioner.simulate.target import OWNED, Target, target
from provisioner.simulate.temporary import temporary
from provisioner.values import Transport


class _Seconds(click.FloatRange):
    """So many seconds; what is no number of them is refused, though Python takes it for a number."""

    def __init__(self, least: float) -> None:
        super().__init__(least, 86_400)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The seconds. Raises BadParameter."""
        seconds = super().convert(value, param, ctx)
        return self.fail(f"{value} is no number of seconds", param, ctx) if math.isnan(seconds) else seconds


@click.command()
@click.option("--phones", type=click.IntRange(1), help="At most so many of the devices, in turns over the vendors.")
@click.option("--tenant", help="Only devices of this tenant.")
@click.option("--vendors", default="", help="Only these vendors, with commas between them.")
@click.option("--url", help="The phones' plane; default: this installation's.")
@click.option("--tftp", "tftp_at", help="HOST:PORT of TFTP; default: this installation's.")
@click.option("--transport", type=click.Choice(["http", "tftp"]), help="For all phones, not each vendor's own.")
@click.option("--spread", type=_Seconds(0), default=0.0, show_default=True, help="Seconds to start over.")
@click.option("--timeout", type=_Seconds(0.1), default=10.0, show_default=True, help="Seconds for an answer.")
@click.option("--retries", type=click.IntRange(0), default=5, show_default=True, help="Then a phone gives up.")
@click.option("--pair", is_flag=True, help="Also devices whose pairing window is open: this pairs them.")
@click.option("--fill", "fill_with", type=click.IntRange(1), help="First fill an empty installation with N devices.")
@click.option("--new", is_flag=True, help="With --fill or --self: phones that must pair first.")
@click.option("--self", "own_server", is_flag=True, help="Against a temporary server with --phones devices.")
@click.option("--database", help="With --self: an empty database instead of a temporary SQLite one.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="With --self: processes.")
@click.option(OWNED, "owned", is_flag=True, help="Allow a target that is not this machine.")
@as_json
def simulate(as_json: bool, phones: int | None, vendors: str, own_server: bool, **given: Any) -> None:
    """Start a fleet of virtual phones as real ones start, and report what they met."""
    _check(own_server, given)
    only = _vendors(vendors)
    _allow_descriptors()
    tallies = _on_temporary(phones or 100, only, given) if own_server else _on_installation(phones, only, given)
    if as_json:
        print_json(report.data(tallies))
    else:
        click.echo("\n".join(report.table(tallies)))
    whole = report.total(tallies)
    if whole.gave_up or whole.without:
        click.echo(f"{whole.gave_up} phones gave up, {whole.without} got no file of their own", err=True)
        sys.exit(1)


def _check(own_server: bool, given: dict[str, Any]) -> None:
    """Refuse options that would mean nothing together, rather than pass one over."""
    if own_server:
        for option in ("url", "tftp_at", "tenant", "fill_with", "owned"):
            if given[option]:
                raise click.UsageError("--self has a server and devices of its own: leave out what names others")
    elif given["database"]:
        raise click.UsageError("--database belongs to --self")
    if given["fill_with"] and given["tenant"]:
        raise click.UsageError("--fill makes a tenant of its own: leave --tenant out")
    if given["new"] and not own_server and not given["fill_with"]:
        raise click.UsageError("--new belongs to --self or --fill")


def _vendors(text: str) -> frozenset[str]:
    names = frozenset(name.strip().lower() for name in text.split(",") if name.strip())
    unknown = sorted(names - set(known_vendors()))
    if unknown:
        message = f"unknown: {', '.join(unknown)}; known: {', '.join(known_vendors())}"
        raise Invalid([Problem(field="--vendors", message=message)])
    return names


def _on_installation(count: int | None, only: Collection[str], given: dict[str, Any]) -> dict[str, Tally]:
    installation = read_installation()
    aim = _aim(installation, given)
    server = open_provisioner(installation, create=True)
    if given["tenant"]:
        with server.database.reading() as session:
            tenant_of(session, given["tenant"])
    if given["fill_with"]:
        _fill(server, given["fill_with"], only, given["new"])
    fleet = phones_of(
        server, tenant=given["tenant"], only=only, pair=given["pair"] or bool(given["fill_with"]), limit=count
    )
    return _run(fleet, aim, given)


def _on_temporary(count: int, only: Collection[str], given: dict[str, Any]) -> dict[str, Tally]:
    with temporary(given["database"], given["workers"]) as own:
        server = open_provisioner(own.installation, create=True)
        _fill(server, count, only, given["new"])
        fleet = phones_of(server, tenant=None, only=only, pair=True, limit=count)
        with own.serving():
            return _run(fleet, _aim(own.installation, {"url": None, "tftp_at": None, "owned": False}), given)


def _fill(server: Provisioner, count: int, only: Collection[str], new: bool) -> None:
    with _progress(f"Filling with {count} devices", count) as advance:
        seen = 0

        def told(done: int, total: int) -> None:
            nonlocal seen
            advance(done * count // max(total, 1) - seen)
            seen = done * count // max(total, 1)

        fill(server, count, only, new=new, progress=told)


def _aim(installation: Installation, given: dict[str, Any]) -> Target:
    """The options' target, or this installation's doors on this machine."""
    url, tftp = given["url"], given["tftp_at"]
    if not url and not tftp:
        scheme = "https" if installation.tls_cert else "http"
        url = f"{scheme}://{_near(installation.phones_bind)}"
        tftp = _near(installation.tftp_bind)
    return target(url, tftp, owned=given["owned"])


def _near(bind: str) -> str:
    """Where a door is reached from this machine."""
    host, port = socket_address(bind)
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # every address includes loopback
    return f"{bracketed(near)}:{port}"


def _run(fleet: Sequence[Phone], aim: Target, given: dict[str, Any]) -> dict[str, Tally]:
    if not fleet:
        message = "no device may ask now: pair some, or add --pair (it uses up their windows), --fill or --self"
        raise Invalid([Problem(field="simulate", message=message)])
    patience = Patience(timeout_s=given["timeout"], retries=given["retries"])
    with _progress(f"{len(fleet)} phones", len(fleet)) as advance:
        driver = Fleet(aim, patience, transport=_transport(aim, given["transport"]), done=lambda: advance(1))
        return driver.run(fleet, spread_s=given["spread"])


def _transport(aim: Target, wanted: str | None) -> Transport | None:
    """The transport of all phones; None where each may use its own. Raises Invalid for one that has no target."""
    if wanted and not (aim.http if wanted == "http" else aim.tftp):
        option = "--url" if wanted == "http" else "--tftp"
        raise Invalid([Problem(field=option, message=f"say where --transport {wanted} is to go")])
    if not aim.http:
        return Transport.TFTP
    if not aim.tftp:
        return Transport.HTTP
    return Transport(wanted) if wanted else None


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on standard error, where somebody looks at it."""
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield bar.update


def _allow_descriptors() -> None:
    """A phone that waits holds a socket, and the usual soft limit would end a fleet at a thousand."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
