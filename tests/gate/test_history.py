"""The pairing history: every answer with secrets is in it, a visit a row, and its length is bounded."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select

from provisioner import worker
from provisioner.store.tables import Handover
from provisioner.worker import Worker
from tests.gate.conftest import House
from tests.world import FRONT

AGENT = "Yealink SIP-T46U 108.86.0.45"


def history(house: House) -> list[Handover]:
    house.provisioner.sightings.flush()
    with house.provisioner.database.reading() as session:
        return list(session.scalars(select(Handover).order_by(Handover.id)))


def test_a_row_tells_when_from_where_by_what_and_which_files(house: House) -> None:
    house.ask(f"/{FRONT}.cfg", user_agent=AGENT)
    row = history(house)[0]
    told = (row.device_id, row.address, row.user_agent, row.proof, row.files, row.transport, row.generation)
    assert told == (house.device(FRONT).id, "192.0.2.7", AGENT, "window", [f"{FRONT}.cfg"], "http", 1)


def test_another_proof_is_another_row_and_the_same_visit_is_one(house: House) -> None:
    for path in (f"/{FRONT}.cfg", house.token_path(FRONT), house.token_path(FRONT)):
        house.provisioner.answer(_ask(path))
    assert [row.proof for row in history(house)] == ["window", "token"]


def test_what_was_refused_or_holds_no_secrets_is_not_in_it(house: House) -> None:
    house.set(FRONT, state="closed", open_until=None)
    house.ask(f"/{FRONT}.cfg")
    house.ask("/805ec1000001.cfg")
    assert history(house) == []


def test_the_newest_of_each_device_are_kept(house: House, monkeypatch) -> None:
    monkeypatch.setattr(worker, "HANDOVERS_KEPT", 3)
    device = house.device(FRONT)
    row = {"device_id": device.id, "transport": "http", "address": "", "user_agent": "", "proof": "token"}
    rows = [{**row, "generation": n, "files": [], "at": house.at + timedelta(minutes=n)} for n in range(7)]
    with house.provisioner.database.writing() as session:
        session.execute(insert(Handover), rows)
    Worker(house.provisioner).clean_up()
    assert [row.generation for row in history(house)] == [4, 5, 6]


def _ask(path: str):
    from provisioner.recognise import Ask

    return Ask(path=path, address="192.0.2.7", user_agent=AGENT)
