"""The commands about the gate on this installation, as people call them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.store.tables import Audit, Device, PairingCode
from tests.commands.conftest import Run
from tests.portal import world

PHONE = "80:5e:c0:00:00:01"


def test_a_code_of_a_device_and_one_of_the_tenant_are_told_and_noted(run: Run, directory: Path) -> None:
    for whose in ((PHONE,), ("--tenant", "acme")):
        code, says = run("pair", "--code", "--minutes", "5", *whose).stdout.splitlines()
        assert (8, True, True) == (len(code), code.isdecimal(), says.startswith(f"{whose[-1]}: password for any user"))
    opened = world.open_provisioner(world.installation(directory))
    with opened.database.reading() as session:
        device = session.scalars(select(Device.id).where(Device.mac == "805ec0000001")).one()
        owners = session.scalars(select(PairingCode.device_id).order_by(PairingCode.id)).all()
        noted = session.scalars(select(Audit.subject).where(Audit.action == "changed").order_by(Audit.id)).all()
    opened.close()
    assert ([device, None], [f"device {PHONE}", "tenant acme"]) == (owners, noted)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pair",), "name a device"),
        (("pair", "--tenant", "acme"), "--tenant goes with --code"),
        (("pair", "--code"), "name a device, or with --code --tenant a tenant"),
        (("pair", PHONE, "--code", "--tenant", "acme"), "name a device"),
        (("block", PHONE, "--undo"), "--undo goes with --certificate"),
    ],
)
def test_what_means_nothing_together_is_refused(run: Run, words: tuple[str, ...], says: str) -> None:
    refused = run(*words)
    assert (2, True) == (refused.exit_code, says in refused.stderr)


def test_a_tenant_that_there_is_not_is_named(run: Run) -> None:
    refused = run("pair", "--code", "--tenant", "nobody")
    assert (1, True) == (refused.exit_code, "there is no tenant 'nobody'" in f"{refused.exception}{refused.stderr}")
