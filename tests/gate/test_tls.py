"""Certificates over real TLS, as a phone shows them: asked for, never required, judged by the gate."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from shutil import which

import pytest
from sqlalchemy import select

from provisioner.store.database import Database
from provisioner.store.tables import Device
from provisioner.vault import Vault
from tests.conftest import missing
from tests.gate.authorities import Issued, issue
from tests.world import BACK, FRONT, World, make_world

SERVER = issue(CN="localhost", names=("localhost",), ca=True)
ROOT = issue(ca=True, CN="Yealink Root")
CA = ROOT.issue(ca=True, CN="Yealink Equipment Issuing CA")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two closed devices behind TLS with the root of their manufacturer."""
    if which("curl") is None:
        missing("curl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = SERVER.write(folder, "server")
    (folder / "cas").mkdir()
    (folder / "cas" / "yealink.pem").write_text(ROOT.pem)
    world = make_world(folder)
    world.environment_extra = {
        "PROVISIONER_TLS_CERT": str(cert),
        "PROVISIONER_TLS_KEY": str(key),
        "PROVISIONER_CLIENT_CA_DIR": str(folder / "cas"),
    }
    world.run("unpair", FRONT)
    world.run("unpair", BACK)
    with world.serving("phones"):
        yield world


def fetch(world: World, phone: Issued | None, path: str = f"/{FRONT}.cfg") -> int:
    """The status that curl gets, with the phone's certificate; 0 where there was no answer at all."""
    folder, shown = world.directory, []
    if phone:
        cert, key = phone.write(folder, "phone")
        shown = ["--cert", str(cert), "--key", str(key)]
    done = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", str(folder / "server.pem"), *shown,
         f"https://localhost:{world.phones}{path}"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return int(done.stdout or 0)


def test_the_phone_s_own_certificate_is_proof(world: World) -> None:
    assert fetch(world, CA.issue(CN=FRONT.upper())) == 200


def test_no_certificate_is_no_hindrance_and_no_proof(world: World) -> None:
    assert fetch(world, None) == 404
    assert fetch(world, None, token_path(world, FRONT)) == 200


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        (CA.issue(CN="Yealink IP Phone"), "a generic one is no proof"),
        (CA.issue(CN=FRONT, days=(-30, -1)), "expired on"),
        (issue(ca=True, CN="Other").issue(CN=FRONT), "chains to no manufacturer"),
        (issue(CN=FRONT), "chains to no manufacturer"),
        (CA.issue(CN=FRONT).issue(CN=FRONT), "chains to no manufacturer"),
    ],
    ids=["generic", "expired", "another CA", "self-signed", "issued by a phone"],
)
def test_a_certificate_that_is_no_proof_ends_no_handshake(world: World, phone: Issued, why: str) -> None:
    assert fetch(world, phone) == 404
    world.wait_for_log(why, 20)
    assert fetch(world, phone, token_path(world, FRONT)) == 200


def test_a_certificate_of_another_phone_is_refused_even_with_the_token(world: World) -> None:
    assert fetch(world, CA.issue(CN=BACK), token_path(world, FRONT)) == 404


def test_a_distrusted_certificate_is_no_proof(world: World) -> None:
    world.run("block", BACK, "--certificate")
    assert fetch(world, CA.issue(CN=BACK), f"/{BACK}.cfg") == 404
    world.run("block", BACK, "--certificate", "--undo")
    assert fetch(world, CA.issue(CN=BACK), f"/{BACK}.cfg") == 200


def token_path(world: World, mac: str) -> str:
    database = Database(f"sqlite:///{world.directory / 'provisioner.db'}")
    with database.reading() as session:
        device = session.scalars(select(Device).where(Device.mac == mac)).one()
    database.close()
    return f"/d/{Vault.open(world.directory / 'key').token(device.public_id, device.generation)}/{mac}.cfg"
