"""What devices asked is written in batches, off the path, and unknown identities cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
import structlog
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from structlog.testing import capture_logs

from provisioner import sightings
from provisioner.answer import Provisioner
from provisioner.errors import Broken, ProvisionerError
from provisioner.recognise import Ask
from provisioner.store.bulk import insert_rows
from provisioner.store.tables import Device, Handover, RequestCount, Seen, Sighting, UnknownDevice, now
from tests.databases import Copied, copied, kind, postgres, postgres_template, sqlite_template
from tests.world import FRONT, opened

__all__ = ["copied", "kind", "postgres", "postgres_template", "sqlite_template"]

AGENT = "Yealink SIP-T46U 108.86.0.45 80:5e:c0:12:34:56"


@pytest.fixture
def server(copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provisioner]:
    # The tests flush by hand.
    monkeypatch.setattr(sightings, "INTERVAL_S", 3600.0)
    with copied() as url, opened(tmp_path, database_url=SecretStr(url)) as provisioner:
        yield provisioner


def ask(server: Provisioner, path: str, user_agent: str = "") -> None:
    with suppress(ProvisionerError):
        server.answer(Ask(path=path, user_agent=user_agent, address="192.0.2.7"))


def _boom(*_: object, **__: object) -> None:
    raise RuntimeError("boom")


def count(server: Provisioner, table: type) -> int:
    with server.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_served_request_is_seen_with_its_firmware(server: Provisioner) -> None:
    ask(server, f"/{FRONT}.cfg", AGENT)
    server.sightings.flush()
    with server.database.reading() as session:
        device = session.scalars(select(Device).where(Device.mac == FRONT)).one()
        seen = session.get(Seen, device.id)
        assert seen
        assert ("108.86.0.45", "served", "192.0.2.7") == (device.firmware, seen.outcome, seen.address)


def test_the_rows_of_a_request_say_what_was_asked_and_what_came_of_it(server: Provisioner) -> None:
    began = now()
    ask(server, f"/{FRONT}.cfg", AGENT)
    server.sightings.flush()
    with server.database.reading() as session:
        row, visit = session.scalars(select(Sighting)).one(), session.scalars(select(Handover)).one()
        assert began <= row.at == visit.at <= now()
        assert row.size
        assert ("http", "192.0.2.7", AGENT, "108.86.0.45", f"{FRONT}.cfg", "served", "window", 1) == (
            row.transport, row.address, row.user_agent, row.version, row.file, row.outcome, row.proof, row.revision
        )  # fmt: skip
        assert (row.device_id, "http", "192.0.2.7", AGENT, "window", [f"{FRONT}.cfg"]) == (
            visit.device_id, visit.transport, visit.address, visit.user_agent, visit.proof, visit.files
        )  # fmt: skip


def test_rows_that_the_database_does_not_take_are_an_error_of_its_kind(server: Provisioner) -> None:
    names = ("device_id", "at", "transport", "address", "user_agent", "file", "outcome")
    with pytest.raises(IntegrityError), server.database.writing() as session:
        insert_rows(session, Sighting, names, [(987654, now(), "http", "192.0.2.7", "", "", "served")])
    assert count(server, Sighting) == 0


def test_a_level_that_leaves_requests_out_still_tells_our_own_faults(
    server: Provisioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger("error"))
    monkeypatch.setattr(sightings, "log", quiet)
    with monkeypatch.context() as broken:
        broken.setattr("provisioner.answer.render", _boom)
        ask(server, f"/{FRONT}.cfg")
    ask(server, f"/{FRONT}.cfg")
    with capture_logs() as events:
        server.sightings.flush()
    assert ["config.broken"] == [event["event"] for event in events]


def test_a_hundred_requests_are_one_transaction(server: Provisioner) -> None:
    commits: list[int] = []

    def committed(connection: Connection) -> None:
        if connection.get_execution_options().get("immediate"):  # it wrote
            commits.append(1)

    ask(server, f"/{FRONT}.cfg")
    event.listen(server.database.engine, "commit", committed)
    for number in range(100):
        ask(server, f"/{FRONT}.cfg", f"{AGENT} {number}")
    assert not commits
    server.sightings.flush()
    assert len(commits) == 1
    assert count(server, Sighting) == 101


def test_the_same_request_again_in_a_batch_is_counted_and_not_listed(server: Provisioner) -> None:
    for _ in range(50):
        ask(server, f"/{FRONT}.cfg")
    server.sightings.flush()
    assert count(server, Sighting) == 1
    with server.database.reading() as session:
        assert session.scalars(select(RequestCount.requests)).one() == 50


def test_what_a_request_does_not_tell_stays_as_it_was(server: Provisioner) -> None:
    ask(server, f"/{FRONT}.cfg")
    server.sightings.flush()
    ask(server, f"/{FRONT}.xml")
    server.sightings.flush()
    with server.database.reading() as session:
        seen = session.scalars(select(Seen)).one()
        assert (seen.outcome, seen.served_revision) == ("unassigned", 1)


def test_the_table_is_bounded_and_says_so(server: Provisioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "PENDING", 10)
    for number in range(30):
        ask(server, f"/{FRONT}.cfg", f"{AGENT} {number}")
    with capture_logs() as events:
        server.sightings.flush()
    assert count(server, Sighting) == 10
    assert {"event": "sightings.dropped", "requests": 20, "log_level": "warning"} in events


def test_the_table_is_bounded_however_long_nothing_can_be_written(
    server: Provisioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "PENDING", 10)

    def away() -> NoReturn:
        # Phones go on asking while a flush waits for the database.
        for number in range(8):
            ask(server, f"/{FRONT}.cfg", f"{AGENT} {len(tries)} {number}")
        tries.append(1)
        raise OperationalError("INSERT", None, Exception("away"))

    tries: list[int] = []
    ask(server, f"/{FRONT}.cfg", AGENT)
    with capture_logs() as events, monkeypatch.context() as patched:
        patched.setattr(server.database, "writing", away)
        for _ in range(4):
            server.sightings.flush()
        patched.undo()
        server.sightings.flush()
    dropped = sum(event["requests"] for event in events if event["event"] == "sightings.dropped")
    assert (10, 23) == (count(server, Sighting), dropped)


def test_a_refusal_tells_no_firmware(server: Provisioner) -> None:
    with server.database.writing() as session:
        device = session.scalars(select(Device).where(Device.mac == FRONT)).one()
        device.state, device.open_until = "closed", None
    ask(server, f"/{FRONT}.cfg", AGENT)
    server.sightings.flush()
    with server.database.reading() as session:
        assert session.scalars(select(Device.firmware).where(Device.mac == FRONT)).one() is None


def test_another_firmware_line_raises_the_revision_once(server: Provisioner) -> None:
    def revision() -> int:
        with server.database.reading() as session:
            return session.scalars(select(Device.revision).where(Device.mac == FRONT)).one()

    ask(server, f"/{FRONT}.cfg", AGENT)
    server.sightings.flush()
    known = revision()
    ask(server, f"/{FRONT}.cfg", AGENT)
    server.sightings.flush()
    assert known == revision()


@pytest.mark.parametrize("other", ["/y000000000108.cfg", "/46xxsettings.txt"])
def test_a_stranger_is_seen_whatever_it_asks_for_beside_its_own_file(server: Provisioner, other: str) -> None:
    for path in ("/805ec0000001.cfg", f"{other}?mac=805ec0000001"):
        ask(server, path)
    server.sightings.flush()
    assert count(server, UnknownDevice) == 1


def test_unknown_macs_are_counted_and_bounded(server: Provisioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "UNKNOWN_AT_ONCE", 50)
    monkeypatch.setattr(sightings, "UNKNOWN_KEPT", 20)
    for number in range(200):
        ask(server, f"/805ec0{number:06x}.cfg")
    ask(server, "/805ec00000c7.cfg")
    server.sightings.flush()
    assert count(server, UnknownDevice) == 20
    with server.database.reading() as session:
        assert session.scalars(select(UnknownDevice.requests).where(UnknownDevice.mac == "805ec00000c7")).one() == 2


def test_the_age_of_what_waits_to_be_written_is_told(server: Provisioner) -> None:
    def told() -> float:
        server.sightings.tally.flush()
        return REGISTRY.get_sample_value("provisioner_oldest_sighting_seconds") or 0.0

    ask(server, f"/{FRONT}.cfg")
    first = told()
    ask(server, f"/{FRONT}.boot")
    assert 0 < first < told()
    server.sightings.flush()
    assert told() == 0


def test_what_could_not_be_written_is_kept(server: Provisioner, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(server, f"/{FRONT}.cfg")
    with monkeypatch.context() as broken:
        broken.setattr(
            sightings, "_write_known", lambda *_: (_ for _ in ()).throw(OperationalError("", {}, Exception()))
        )
        server.sightings.flush()
    assert count(server, Sighting) == 0
    server.sightings.flush()
    assert count(server, Sighting) == 1


def test_our_own_fault_is_broken_and_not_a_404(server: Provisioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.answer.render", _boom)
    with pytest.raises(Broken):
        server.answer(Ask(path=f"/{FRONT}.cfg", address="192.0.2.7"))
