"""What changes between the gate's look and the file: nobody gets, and nothing keeps, what never was."""

from __future__ import annotations

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from provisioner import answer as answering
from provisioner.gate import Claim
from provisioner.recognise import Ask
from provisioner.services import pairing
from provisioner.site.apply import apply
from tests.gate.conftest import House
from tests.gate.test_credentials import basic_header
from tests.world import FRONT

FILE = f"/{FRONT}.cfg"


def test_whoever_proves_with_a_token_that_is_just_made_worthless_gets_no_newer_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.ask(FILE)
    token, generation = house.token_path(FRONT), house.device(FRONT).generation
    house.provisioner.cache.clear()
    real = answering.admit

    def admitted(claim: Claim) -> str:
        proof = real(claim)
        house.set(FRONT, state="closed", open_until=None, generation=generation + 1)
        return proof

    monkeypatch.setattr(answering, "admit", admitted)
    assert house.ask(token).startswith("Refused")


def test_a_code_whose_pairing_could_not_be_committed_leaves_no_file_of_it(house: House) -> None:
    server = house.provisioner
    house.ask(FILE)
    house.after(minutes=11)
    apply(server, "tenant: acme\nhttp_auth: basic")
    with server.database.writing() as session:
        code = pairing.make_code(session, server.vault, "a test", session.merge(house.device(FRONT)), at=house.at).code

    def fails(_session: object) -> None:
        raise OperationalError("COMMIT", None, OSError("no space left on the device"))

    event.listen(server.database._writers, "before_commit", fails)
    house.ask(FILE, authorization=basic_header("x", code))
    event.remove(server.database._writers, "before_commit", fails)
    house.set(FRONT, name="Changed")
    assert house.token_path(FRONT).rpartition("/")[0].encode() in server.answer(Ask(path=house.token_path(FRONT))).body
