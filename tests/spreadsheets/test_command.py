"""``provisioner import`` with a spreadsheet, as people call it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from provisioner.cli import cli
from provisioner.services import tenants
from provisioner.services.change import Change
from provisioner.services.schemas import TenantIn
from provisioner.store.database import Database
from provisioner.store.tables import Device, UnknownDevice, now
from provisioner.vault import Vault

GOOD = "MAC;Name;Model\n80:5e:c0:00:00:01;Front;T46U\n80:5e:c0:00:00:02;Back;\n"
BAD = GOOD + "1,56511E+11;Lab;T46U\n"


@pytest.fixture
def host(database: Database, vault: Vault) -> Any:
    with database.writing() as session, Change(session, vault, "test") as change:
        tenants.put(change, TenantIn(tenant="acme"))
        session.add(
            UnknownDevice(
                mac="805ec0000002", at=now(), address="10.0.0.1", user_agent="x", vendor="yealink", model="T54W"
            )
        )
    return SimpleNamespace(database=database, vault=vault, clock=now)


def run(host: Any, text: str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["import", "devices", "-", *arguments], input=text.encode(), obj=host)


def models(host: Any) -> list[str]:
    with host.database.reading() as session:
        return list(session.scalars(select(Device.model).order_by(Device.mac)))


def test_rows_are_imported_and_told(host: Any) -> None:
    result = run(host, GOOD)
    assert (0, "2 added, 0 changed, 0 unchanged, 0 refused") == (result.exit_code, result.stdout.splitlines()[-1])
    assert ["T46U", "T54W"] == models(host)


def test_a_dry_run_changes_nothing_and_is_done(host: Any) -> None:
    assert (0, []) == (run(host, GOOD, "--dry-run").exit_code, models(host))


def test_one_bad_row_keeps_all_out_with_status_1(host: Any) -> None:
    result = run(host, BAD)
    assert (1, []) == (result.exit_code, models(host))
    assert result.stderr.startswith("line 4: mac: 1,56511E+11 is a number in scientific notation")


def test_json_tells_every_row(host: Any) -> None:
    told = json.loads(run(host, BAD, "--json").stdout)
    assert (False, 2, 1) == (told["written"], told["added"], told["refused"])
    assert ("refused", "mac") == (told["rows"][2]["kind"], told["rows"][2]["problems"][0]["field"])


def test_a_heading_can_be_named(host: Any) -> None:
    assert 0 == run(host, "X;Model\n805ec0000001;T46U\n", "--column", "mac=X").exit_code


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--tenant", "nobody"), 1, "there is no tenant 'nobody'"),
        (("--column", "mac"), 2, "FIELD=HEADING"),
        (("--column", "mac=Nothing"), 1, "the sheet has no column 'Nothing'"),
    ],
)
def test_wrong_arguments_are_refused(host: Any, arguments: tuple[str, ...], status: int, says: str) -> None:
    result = run(host, GOOD, *arguments)
    assert status == result.exit_code
    assert says in result.stderr


def test_a_file_that_is_no_sheet_is_refused(host: Any, tmp_path: Path) -> None:
    path = tmp_path / "phones.xlsx"
    path.write_bytes(b"PK\x03\x04")
    result = CliRunner().invoke(cli, ["import", "devices", str(path)], obj=host)
    assert (1, True) == (result.exit_code, "no XLSX file" in result.stderr)


def test_without_a_kind_it_says_what_there_is() -> None:
    result = CliRunner().invoke(cli, ["import"])
    assert (2, True) == (result.exit_code, "devices, extensions, locations or assignments" in result.stderr)
