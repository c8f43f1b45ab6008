"""What the command line promises: file and field of a mistake, status codes, and JSON for every listing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from provisioner.cli import main
from provisioner.errors import Invalid
from provisioner.settings import read_installation
from provisioner.store.tables import Audit
from tests.commands.conftest import Run
from tests.portal import world

PHONE = "80:5e:c0:00:00:01"


def doctor(run: Run, **env: str) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """The doctor's status, the settings in force and what it found."""
    result = run("doctor", "--json", env={f"PROVISIONER_{name}": value for name, value in env.items()})
    told = json.loads(result.stdout)
    return result.exit_code, told["settings"], {one["what"]: one for one in told["findings"]}


def test_a_mistake_in_a_site_file_names_file_line_field_and_remedy(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text("tenant: acme\nlocations:\n  - {name: HQ, country: ZZ}\n", "utf-8")
    result = run("apply", str(file))
    told = f"{file}: line 3: locations.0.country: write the two letters of ISO 3166-1, such as US or DE\n"
    assert (1, told) == (result.exit_code, result.stderr)


@pytest.mark.parametrize("address", ["bogus", "10.0.0.256", ""])
def test_why_takes_only_addresses(run: Run, address: str) -> None:
    result = run("why", "--path", "/805ec0000001.cfg", "--address", address)
    assert (2, True) == (result.exit_code, "write one such as 10.20.0.7" in result.stderr)


def test_the_names_of_a_devices_files_are_a_listing_as_json_too(run: Run) -> None:
    assert {"files": ["805ec0000001.cfg"]} == json.loads(run("render", PHONE, "--json").stdout)
    assert 2 == run("render", PHONE, "805ec0000001.cfg", "--json").exit_code


def test_a_handsets_pairing_is_that_of_its_base(run: Run) -> None:
    rows = json.loads(run("devices", "--json").stdout)["items"]
    states = {row["pairing"] for row in rows if row["model"] == "W70B" or not row["model"]}
    assert {"open"} == states


def test_an_account_of_the_role_user_is_for_one_extension(run: Run) -> None:
    words = ("user", "add", "--role", "user", "--tenant", "acme", "--password", "a-long-password")
    assert (1, "extension: write the extension whose page it is") == refusal(run(*words, "una"))
    assert (1, "extension: there is no extension 999") == refusal(run(*words, "una", "--extension", "999"))
    assert 0 == run(*words, "una", "--extension", "100").exit_code
    listed = json.loads(run("user", "list", "--json").stdout)["items"]
    assert {"name": "una", "role": "user", "tenant": "acme", "extension": "100"} in listed


def test_other_roles_have_no_extension(run: Run) -> None:
    words = ("user", "add", "adam", "--tenant", "acme", "--password", "a-long-password", "--extension", "100")
    assert (1, "extension: the role admin has no extension; leave it out") == refusal(run(*words))


def refusal(result: Result) -> tuple[int, str]:
    """Status and reason of a command that was refused."""
    if isinstance(result.exception, Invalid):
        return 1, str(result.exception)
    return result.exit_code, result.stderr.strip()


def test_the_doctor_tells_the_settings_in_force(run: Run, directory: Path) -> None:
    _, settings, _ = doctor(run)
    assert (f"sqlite:///{directory}/provisioner.db", str(directory / "key"), None, 50) == tuple(
        settings[f"PROVISIONER_{name}"] for name in ("DATABASE_URL", "KEY_FILE", "TLS_CERT", "GATE_WALK")
    )


def test_the_doctor_looks_at_the_clock(run: Run) -> None:
    status, _, found = doctor(run)
    assert (0, True) == (status, found["clock"]["ok"])


@pytest.mark.parametrize("given", [{"TLS_CERT": "/nowhere"}, {"TLS_CERT": "/nowhere", "TLS_KEY": "/nowhere"}])
def test_the_doctor_finds_a_certificate_that_cannot_be_used(run: Run, given: dict[str, str]) -> None:
    status, _, found = doctor(run, **given)
    assert (1, False) == (status, found["TLS"]["ok"])


def test_the_doctor_finds_a_missing_folder_of_firmware(run: Run) -> None:
    status, _, found = doctor(run, FIRMWARE_DIR="/nowhere")
    assert (1, False) == (status, found["firmware"]["ok"])


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("DATABASE_URL", "mysql://x/y", "postgresql+psycopg://USER:PASSWORD@HOST/NAME"),
        ("DATABASE_URL", "nonsense", "sqlite:///PATH"),
        ("WORKERS", "many", "write a whole number"),
        ("PHONES_BIND", "8080", "write ADDRESS:PORT"),
        ("LOG_FORMAT", "xml", "'text' or 'json'"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str
) -> None:
    monkeypatch.setenv(f"PROVISIONER_{name}", value)
    with pytest.raises(Invalid) as refused:
        read_installation()
    assert f"PROVISIONER_{name}" == refused.value.problems[0].field
    assert remedy in refused.value.problems[0].message


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:////var/lib/x.db", "postgresql://host/x", "postgresql+psycopg://a:b@h/x"]
)
def test_the_databases_that_there_are_can_be_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PROVISIONER_DATABASE_URL", url)
    assert url == read_installation().database


def test_accounts_and_tokens_of_the_command_line_are_in_the_audit_log_without_their_secrets(
    run: Run, directory: Path
) -> None:
    at_acme = ("--role", "viewer", "--tenant", "acme")
    for words in (
        ("user", "add", "aud", *at_acme, "--password", "a-long-password"),
        ("user", "passwd", "aud", "--password", "another-long-one"),
        ("token", "add", "aud", *at_acme, "--days", "7"),
        ("token", "revoke", "aud"),
    ):
        assert 0 == run(*words).exit_code
    opened = world.open_provisioner(world.installation(directory))
    with opened.database.reading() as session:
        query = select(Audit).where(Audit.subject.in_(("user aud", "token aud"))).order_by(Audit.id)
        told = [(row.action, row.subject, row.tenant_id is not None, row.changes) for row in session.scalars(query)]
    opened.close()
    assert told == [
        ("added", "user aud", True, {"role": [None, "viewer"]}),
        ("changed", "user aud", True, {"password": "changed"}),
        ("added", "token aud", True, {"role": [None, "viewer"], "days": [None, 7]}),
        ("removed", "token aud", True, {}),
    ]


def ended(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    """The status with which the command ends, errors that nobody expected raised."""
    monkeypatch.setattr("sys.argv", ["provisioner", *words])
    with pytest.raises(SystemExit) as ending:
        main()
    return ending.value.code


@pytest.mark.parametrize("words", [("recognise", "--path", "/\udcff"), ("export", "\udcff")], ids=["path", "tenant"])
def test_an_argument_that_is_no_text_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert 2 == ended(monkeypatch, *words)
    assert "is not UTF-8 text" in capsys.readouterr().err


def test_a_file_may_have_a_name_of_any_bytes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "B\udcfcro.yaml"
    file.write_text("tenant: [", "utf-8")
    monkeypatch.setenv("PROVISIONER_DATA_DIR", str(tmp_path))
    assert 1 == ended(monkeypatch, "apply", str(file))
    assert "is no YAML" in capsys.readouterr().err


def test_a_full_disk_is_told_without_a_traceback() -> None:
    with open("/dev/full", "wb") as full:
        words = [sys.executable, "-m", "provisioner", "vendors"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (1, b"it cannot be written: No space left on device\n") == (done.returncode, done.stderr)


def test_a_log_with_bytes_that_are_no_text_is_recognised_line_by_line(run: Run) -> None:
    lines = b'{"path": "/\xff/805ec0000001.cfg"}\n{"path": "/805ec0000002.cfg", "user_agent": "\xfe"}\n'
    told = [json.loads(line) for line in run("recognise", "--batch", input=lines).stdout.splitlines()]
    assert ["805ec0000001", "805ec0000002"] == [one["mac"] for one in told]


def test_half_a_character_in_json_is_wrong_usage(run: Run) -> None:
    result = run("recognise", "--batch", input='{"path": "/\\udcff"}\n')
    assert (2, True) == (result.exit_code, "line 1 is no JSON object" in result.stderr)
