"""The first answer through the window pairs the device: the file and the pairing, or neither."""

from __future__ import annotations

import pytest

from provisioner import answer
from provisioner.errors import Broken
from provisioner.gate import Claim
from tests.gate.conftest import House
from tests.world import BACK, FRONT

STATE = ("state", "generation", "paired_at", "paired_address", "open_until")


def gate_of(house: House) -> list[object]:
    device = house.device(FRONT)
    return [getattr(device, name) for name in STATE]


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files cannot be made."""

    def broken(*_words: object, **_more: object) -> None:
        raise Broken("a template is at fault")

    monkeypatch.setattr(answer, "render", broken)


def test_a_file_that_cannot_be_made_pairs_nobody(house: House, breaks: None) -> None:
    before = gate_of(house)
    assert house.ask(f"/{FRONT}.cfg").startswith("Broken")
    assert before == gate_of(house)


def test_a_device_that_was_paired_before_keeps_its_token_when_its_file_cannot_be_made(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.ask(f"/{FRONT}.cfg")
    token = house.token_path(FRONT)
    house.set(FRONT, state="open", open_until=house.at.replace(year=house.at.year + 1))
    with monkeypatch.context() as patch:
        patch.setattr(answer, "render", lambda *_words, **_more: 1 / 0)
        assert house.ask(f"/{FRONT}.cfg").startswith("Broken")
    assert house.ask(token) == "token"


def test_a_pairing_that_an_admin_ended_meanwhile_is_not_taken_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def block_and_break(*_words: object, **_more: object) -> None:
        house.set(FRONT, state="blocked", open_until=None)
        raise Broken("a template is at fault")

    monkeypatch.setattr(answer, "render", block_and_break)
    assert house.ask(f"/{FRONT}.cfg").startswith("Broken")
    assert house.device(FRONT).state == "blocked"


@pytest.mark.parametrize("state", ["blocked", "closed"])
def test_a_window_that_an_admin_closed_since_the_gate_looked_lets_nobody_in(
    house: House, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    real = answer.admit

    def admitted(claim: Claim) -> str:
        proof = real(claim)
        house.set(FRONT, state=state, open_until=None)
        return proof

    monkeypatch.setattr(answer, "admit", admitted)
    assert house.ask(f"/{FRONT}.cfg").startswith("Refused")
    assert house.device(FRONT).state == state


def test_other_phones_pair_while_a_file_is_being_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real, others = answer.render, []

    def meanwhile(*words: object, **more: object) -> object:
        if not others:
            others.append("asked")
            others.append(house.ask(f"/{BACK}.cfg", node=house.node()))
        return real(*words, **more)

    monkeypatch.setattr(answer, "render", meanwhile)
    house.ask(f"/{FRONT}.cfg")
    assert others == ["asked", "window"]
