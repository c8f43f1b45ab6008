"""How a request stood with the gate is remembered, and never for longer than it is true."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from provisioner.gatehouse import Gatehouse
from provisioner.load import Facts
from provisioner.site.apply import apply
from provisioner.store.tables import Device
from tests.gate.conftest import House
from tests.world import FRONT, SITE

FILE = f"/{FRONT}.cfg"
INSIDE = "10.20.0.7"


@pytest.fixture
def asked(house: House) -> House:
    """Everybody who asks below has asked before, twice."""
    apply(house.provisioner, SITE)
    house.set(FRONT, state="closed", open_until=None)
    for address in (INSIDE, "192.0.2.7"):
        assert house.ask(FILE, address) == house.ask(FILE, address)
    return house


def test_a_device_that_is_blocked_gets_nothing_from_then_on(asked: House) -> None:
    asked.set(FRONT, state="blocked")
    assert asked.ask(FILE, INSIDE) == "Refused: the device is blocked"


def test_a_window_that_opens_lets_in_who_was_refused(asked: House) -> None:
    asked.set(FRONT, state="open", open_until=asked.at + timedelta(minutes=5))
    assert asked.ask(FILE) == "window"


def test_a_window_shuts_by_the_clock_alone(asked: House) -> None:
    asked.set(FRONT, state="open", open_until=asked.at + timedelta(minutes=5))
    assert asked.ask(FILE) == asked.ask(FILE) == "window"
    asked.after(minutes=30)
    assert asked.ask(FILE).startswith("Refused: ")


def test_a_token_of_an_older_pairing_is_worth_nothing(asked: House) -> None:
    device = asked.device(FRONT)
    path = f"/d/{asked.provisioner.vault.token(device.public_id, device.generation)}{FILE}"
    assert asked.ask(path) == asked.ask(path) == "token"
    asked.set(FRONT, generation=device.generation + 1)
    assert asked.ask(path).startswith("Refused: ")


def test_a_device_that_is_deleted_is_unknown(asked: House) -> None:
    with asked.provisioner.database.writing() as session:
        session.execute(delete(Device).where(Device.mac == FRONT))
    assert asked.ask(FILE, INSIDE).startswith("Unknown: ")


def renamed(house: House, before: str, after: str) -> None:
    with house.provisioner.database.writing() as session:
        session.execute(update(Device).where(Device.mac == before).values(mac=after))


def test_a_stranger_that_becomes_a_device_is_one(asked: House) -> None:
    renamed(asked, FRONT, "805ec0aaaaaa")
    assert asked.ask(FILE).startswith("Unknown: ")
    assert asked.ask(FILE).startswith("Unknown: ")
    renamed(asked, "805ec0aaaaaa", FRONT)
    asked.set(FRONT, state="open", open_until=asked.at + timedelta(minutes=5))
    assert asked.ask(FILE) == "window"


def test_who_became_a_walker_is_judged_again(asked: House) -> None:
    asked.set(FRONT, state="open", open_until=asked.at + timedelta(minutes=5))
    assert asked.ask(FILE) == "window"
    for number in range(asked.provisioner.installation.gate_walk + 1):
        asked.ask(f"/805ec1{number:06x}.cfg")
    assert asked.ask(FILE).endswith(
        "the address asked for too many identities that got nothing; it waits; no pairing code"
    )


@pytest.mark.parametrize("path", [FILE, "/805ec1000001.cfg"])
def test_a_refusal_and_a_stranger_are_weighed_alike_at_first_and_remembered_alike(
    asked: House, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weighed: list[Facts] = []
    claim = Gatehouse.claim

    def counted(gatehouse: Gatehouse, *given: object) -> object:
        weighed.append(given[-1])  # type: ignore[arg-type]
        return claim(gatehouse, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Gatehouse, "claim", counted)
    for _ in range(3):
        asked.ask(path, "192.0.2.8")
    assert len(weighed) == 1


def test_requests_too_long_to_come_again_are_not_remembered(asked: House) -> None:
    before = len(asked.provisioner.standings)
    asked.ask(FILE, user_agent="Yealink SIP-T46U 108.86.0.45 " + "x" * 4000)
    asked.ask(FILE + "?" + "x" * 1000)
    assert len(asked.provisioner.standings) == before


def test_what_a_walker_was_told_is_forgotten_with_the_walk(asked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.set(FRONT, state="open", open_until=asked.at + timedelta(minutes=5))
    caught_meanwhile = iter([False, True, True])
    with monkeypatch.context() as patched:
        patched.setattr(asked.provisioner.gatehouse.walks, "is_walker", lambda _address: next(caught_meanwhile))
        assert asked.ask(FILE).startswith("Refused: ")
    assert asked.ask(FILE) == "window"


def test_a_clock_that_is_set_back_opens_the_window_again(house: House) -> None:
    house.after(days=400)
    assert house.ask(FILE) == house.ask(FILE)
    house.after(days=-400)
    assert house.ask(FILE) == "window"
