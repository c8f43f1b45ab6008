"""``provisioner import --from-configs`` as people call it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from provisioner.cli import cli
from provisioner.errors import Invalid
from provisioner.site.document import document
from provisioner.site.read import read

PBX = Path(__file__).parent.parent.parent / "fixtures" / "import" / "pbx"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["import", "--from-configs", str(PBX), *arguments])


def test_the_site_file_goes_to_standard_output_and_the_report_beside_it() -> None:
    result = run("--tenant", "acme")
    assert 0 == result.exit_code
    assert [] == document(read(result.stdout)).problems
    assert result.stdout.startswith("tenant: acme\n")
    assert "4 files: 3 taken, 1 not; 3 devices, 2 extensions" in result.stderr
    assert "names no MAC" in result.stderr


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    output = tmp_path / "site.yaml"
    output.write_text("old")
    output.chmod(0o644)
    assert 0 == run("--output", str(output)).exit_code
    assert 0o600 == stat.S_IMODE(output.stat().st_mode)
    assert "workshop-secret" in output.read_text()
    assert [output] == list(tmp_path.iterdir())


def test_models_come_from_a_table(tmp_path: Path) -> None:
    table = tmp_path / "models.csv"
    table.write_text("MAC,Model\n00:15:65:A1:B2:C3,T48U\n")
    assert "yealink T48U  " in run("--models", str(table)).stderr


def test_every_wrong_row_of_the_table_is_named(tmp_path: Path) -> None:
    table = tmp_path / "models.csv"
    table.write_text("mac,model\nnonsense,T48U\n1,T48U\n")
    result = run("--models", str(table))
    assert isinstance(result.exception, Invalid)
    assert [2, 3] == [problem.line for problem in result.exception.problems]


@pytest.mark.parametrize("arguments", [("--tenant", "No Slug"), ("--models", str(PBX / "y000000000108.cfg"))])
def test_wrong_arguments_are_refused(arguments: tuple[str, str]) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, Invalid)
    assert arguments[0] in str(result.exception)
