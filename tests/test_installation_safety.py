"""Keys and backups of an installation that serves meanwhile: by the commands, with real processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import keyring
from provisioner.errors import Invalid
from tests.world import BACK, FRONT, World, make_world

PASSPHRASE = "a passphrase of some words"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A server that paired a phone; with the phone's URL."""
    world = make_world(tmp_path_factory.mktemp("serving"))
    with world.serving("phones"):
        status, body = world.get(f"/{FRONT}.cfg")
        assert status == 200
        url = next(line for line in body.decode().splitlines() if "server.url" in line)
        yield world, f"/d/{url.split('/d/')[1]}{FRONT}.cfg"


def test_nobody_else_on_the_machine_looks_into_the_data_directory(tmp_path: Path) -> None:
    world = make_world(tmp_path / "data", site=None)
    world.run("devices")
    assert 0o700 == world.directory.stat().st_mode & 0o777
    assert 0o600 == (world.directory / "key").stat().st_mode & 0o777


def test_a_key_file_that_may_not_be_read_is_not_called_a_missing_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)  # root, who may run this, reads every file
    with pytest.raises(Invalid, match=r"key may not be read by the user of this process \(id \d+\)"):
        keyring.read(tmp_path / "key")


def killed_rotation(world: World) -> None:
    """A rotation that is killed once the key file has the new key."""
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioner", "keys", "rotate"],
        env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while b"old " not in (world.directory / "key").read_bytes() and time.monotonic() < deadline:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def test_a_paired_phone_is_served_before_during_and_after_a_rotation_that_was_killed(
    serving: tuple[World, str],
) -> None:
    world, path = serving
    expected = world.get(path)
    key = (world.directory / "key").read_bytes()
    killed_rotation(world)
    assert expected == world.get(path)
    done = json.loads(world.run("keys", "rotate", "--json"))
    assert done["values"] >= 2
    assert key.strip() not in (world.directory / "key").read_bytes().split(b"seal ")[1]
    assert expected == world.get(path)
    assert 200 == world.get(f"/{BACK}.cfg")[0]


def test_a_backup_of_a_serving_installation_makes_another_one_that_serves_the_same(
    serving: tuple[World, str], tmp_path: Path
) -> None:
    world, path = serving
    world.environment_extra = {"PROVISIONER_BACKUP_PASSPHRASE": PASSPHRASE}
    file = str(tmp_path / "backup")
    assert "passphrase" == json.loads(world.run("backup", file, "--passphrase", "--json"))["key"]
    other = make_world(tmp_path / "other", site=None)
    other.environment_extra = world.environment_extra | {"PROVISIONER_PUBLIC_URL": f"http://127.0.0.1:{world.phones}"}
    other.run("restore", file)
    assert "--force" in other.run("restore", file, expect=1)
    with other.serving("phones"):
        assert world.get(path) == other.get(path)


def test_a_backup_without_its_key_is_not_restored_beside_another_key(
    serving: tuple[World, str], tmp_path: Path
) -> None:
    world, _ = serving
    world.run("backup", str(tmp_path / "backup"))
    other = make_world(tmp_path / "other")
    said = other.run("restore", str(tmp_path / "backup"), "--force", expect=1)
    assert "was made with" in said
    assert FRONT in json.dumps(json.loads(other.run("devices", "--json"))).replace(":", "")
