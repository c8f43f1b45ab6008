"""Commands about requests: what they are taken for, and why they get what they get."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

from provisioner.certificates import Presented, presented
from provisioner.commands.gate import address
from provisioner.commands.output import lines_sent, print_json
from provisioner.recognise import Ask, Identity
from provisioner.recognise import recognise as take
from provisioner.registry import vendors as known_vendors
from provisioner.values import Transport
from provisioner.vendor_api import Model, Vendor

_path = click.option("--path", required=False, help="The path, as the phone sends it.")
_agent = click.option("--user-agent", default="", help="The User-Agent header.")
_transport = click.option("--transport", type=click.Choice(["http", "tftp"]), default="http")


_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_path
@_agent
@_transport
@_json
@click.option("--batch", is_flag=True, help="Read one JSON object a line from standard input, write one a line.")
def recognise(path: str | None, user_agent: str, transport: str, as_json: bool, batch: bool) -> None:
    """What a request would be taken for, without the database."""
    if batch:
        _batch()
        return
    if path is None:
        raise click.UsageError("--path is missing (or --batch)")
    found = described(take(Ask(path=path, user_agent=user_agent, transport=Transport(transport))))
    if as_json:
        click.echo(json.dumps(found))
    else:
        for name, value in found.items():
            click.echo(f"{name:<8} {'-' if value is None else value}")


def _batch() -> None:
    for number, line in enumerate(lines_sent(), 1):
        if line.strip():
            click.echo(json.dumps(described(take(_ask(line, number)))))


def _ask(line: str, number: int) -> Ask:
    try:
        row = json.loads(line)
        transport = Transport(row.get("transport") or "http")
        path, user_agent = (str(row.get(name) or "") for name in ("path", "user_agent"))
        (path + user_agent).encode()  # half of a pair of escapes is no character
        return Ask(path=path, user_agent=user_agent, transport=transport)
    except (ValueError, AttributeError):
        raise click.UsageError(
            f'line {number} is no JSON object such as {{"path": "/x", "user_agent": "", "transport": "http"}}'
        ) from None


def described(identity: Identity) -> dict[str, Any]:
    """What a request was taken for, as JSON has it."""
    return {
        "vendor": identity.vendor,
        "model": identity.model,
        "version": identity.version,
        "mac": identity.mac.hex if identity.mac else None,
        "file": identity.file,
        "private": identity.private,
    }


@click.command()
@_json
def vendors(as_json: bool) -> None:
    """Every vendor and model that is known."""
    if as_json:
        listed = [vendor_table(vendor) for vendor in known_vendors().values()]
        click.echo(json.dumps({"vendors": listed}, ensure_ascii=False, indent=1))
        return
    for vendor in known_vendors().values():
        click.echo(f"{vendor.title} ({len(vendor.models)} models)")
        for model in vendor.models.values():
            click.echo(f"  {model.name:<14} {model.accounts:>4} accounts {model.line_keys:>4} line keys")


def vendor_table(vendor: Vendor) -> dict[str, Any]:
    """A vendor with its models, as JSON has it."""
    return {
        "name": vendor.name,
        "title": vendor.title,
        "models": [_model(vendor, model) for model in vendor.models.values()],
    }


def _model(vendor: Vendor, model: Model) -> dict[str, Any]:
    expansion = model.expansion
    return {
        "name": model.name,
        "accounts": model.accounts,
        "line_keys": model.line_keys,
        "keys": model.keys,
        "soft_keys": model.soft_keys,
        "expansion": {"name": expansion.name, "modules": expansion.modules, "keys": expansion.keys}
        if expansion
        else None,
        "handsets": model.handsets,
        "files": [file.pattern for file in vendor.files if file.fits(model)],
        "source": model.source,
    }


@click.command()
@click.option("--path", required=True, help="The path, as the phone sends it.")
@_agent
@_transport
@address
@click.option("--login", help="USER:PASSWORD that it carries as HTTP Basic.")
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file with the client certificate, and its issuers behind it.",
)
@_json
def why(path: str, login: str | None, certificate: Path | None, as_json: bool, **asked: str) -> None:
    """Replay a request and show each decision, without noting it."""
    from provisioner.commands.common import provisioner  # noqa: PLC0415  # recognise needs no database
    from provisioner.replay import replay  # noqa: PLC0415

    ask = Ask(
        path=path,
        user_agent=asked["user_agent"],
        transport=Transport(asked["transport"]),
        address=asked["address"],
        authorization=f"Basic {b64encode(login.encode()).decode()}" if login else "",
        certificate=_presented(certificate) if certificate else None,
    )
    steps = replay(provisioner(), ask)
    if as_json:
        print_json({"steps": [{"step": step.name, "ok": step.ok, "says": step.says} for step in steps]})
        return
    for step in steps:
        click.echo(f"{'+' if step.ok else '-'} {step.name:<10} {step.says}")


def _presented(path: Path) -> Presented | None:
    try:
        return presented([one.public_bytes(Encoding.DER) for one in load_pem_x509_certificates(path.read_bytes())])
    except ValueError as error:
        raise click.UsageError(f"{path} holds no certificate in PEM: {error}") from None
