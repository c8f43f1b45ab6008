"""While the database is away: paired phones get their last good files, and nobody else gets anything."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from provisioner.answer import Provisioner
from provisioner.errors import Broken, ProvisionerError, Refused, Unknown
from provisioner.last_good import LastGood
from provisioner.load import Facts, find
from provisioner.recognise import Ask
from provisioner.site.apply import apply
from provisioner.store import database as database_module
from provisioner.store.database import DOWN, Away, Database
from provisioner.store.tables import Device, now
from provisioner.values import Mac
from tests.test_ticker import NoThread
from tests.world import BACK, FRONT, SITE, opened

Lose = Callable[[], Provisioner]
FRONT_FILE, BACK_FILE = Ask(path=f"/{FRONT}.cfg", address="198.51.100.7"), Ask(path=f"/{BACK}.cfg")


@pytest.fixture
def provisioner(tmp_path: Path):
    with opened(tmp_path, public_url="https://prov.example") as made:
        yield made


@pytest.fixture
def lose(provisioner: Provisioner) -> Iterator[Lose]:
    """Gives the same installation, whose database is where nobody listens."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(without_database(provisioner)))


def without_database(provisioner: Provisioner) -> Provisioner:
    provisioner.last_good.flush()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://nobody@127.0.0.1:{probe.getsockname()[1]}/none"
    database = Database(url)
    away = Provisioner(provisioner.installation, database, provisioner.vault, clock=provisioner.clock)
    away.__dict__["last_good"] = LastGood(
        provisioner.installation.data_dir / "last-good.db", provisioner.vault, database
    )
    return away


def test_a_paired_phone_gets_the_same_bytes(provisioner: Provisioner, lose: Lose) -> None:
    expected = provisioner.answer(FRONT_FILE)
    answer = lose().answer(FRONT_FILE)
    assert (expected.body, expected.etag, expected.media_type) == (answer.body, answer.etag, answer.media_type)


def test_its_token_is_still_its_proof(provisioner: Provisioner, lose: Lose) -> None:
    provisioner.answer(FRONT_FILE)
    facts = facts_of(provisioner)
    away = lose()
    away.clock = lambda: provisioner.clock() + timedelta(days=1)
    token = provisioner.vault.token(facts.public_id, facts.generation)
    assert away.answer(Ask(path=f"/d/{token}/{FRONT}.cfg")).body
    with pytest.raises(Refused):
        away.answer(FRONT_FILE)


def test_a_phone_without_the_key_of_encrypted_files_never_gets_one_of_them(
    provisioner: Provisioner, lose: Lose
) -> None:
    apply(provisioner, SITE.replace("access: pairing", "access: pairing\nphone: {encrypt_files: true}"))
    plain = provisioner.answer(FRONT_FILE).body
    url = next(line for line in plain.decode().splitlines() if "server.url" in line).split("prov.example")[1]
    encrypted = provisioner.answer(Ask(path=f"{url}{FRONT}.cfg")).body
    away = lose()
    assert plain == away.answer(FRONT_FILE).body
    assert encrypted == away.answer(Ask(path=f"{url}{FRONT}.cfg")).body


def facts_of(provisioner: Provisioner) -> Facts:
    with provisioner.database.reading() as session:
        return find(session, Mac(FRONT))


def test_a_file_that_was_never_served_from_here_is_our_fault_and_not_a_404(
    provisioner: Provisioner, lose: Lose
) -> None:
    provisioner.answer(FRONT_FILE)
    provisioner.last_good.flush()
    with sqlite3.connect(provisioner.installation.data_dir / "last-good.db") as kept:
        kept.execute("DELETE FROM file")
    kept.close()
    with pytest.raises(Broken):
        lose().answer(FRONT_FILE)


def test_nothing_new_is_let_in(provisioner: Provisioner, lose: Lose) -> None:
    provisioner.answer(FRONT_FILE)
    with pytest.raises(Unknown):
        lose().answer(BACK_FILE)


def test_an_open_window_pairs_nobody_meanwhile(provisioner: Provisioner, lose: Lose) -> None:
    provisioner.answer(FRONT_FILE)
    facts = replace(facts_of(provisioner), state="open")
    away = lose()
    away.last_good.keep(Mac(FRONT), "other", "", facts, provisioner.answer(FRONT_FILE))
    away.last_good.flush()
    with pytest.raises(Refused):
        away.answer(FRONT_FILE)


def test_what_was_blocked_is_refreshed_and_refused(provisioner: Provisioner, lose: Lose) -> None:
    provisioner.answer(FRONT_FILE)
    provisioner.last_good.flush()
    with provisioner.database.writing() as session:
        session.execute(update(Device).where(Device.mac == FRONT).values(state="blocked"))
    _refresh_now(provisioner)
    with pytest.raises(Refused, match="blocked"):
        lose().answer(FRONT_FILE)


def test_a_device_that_was_removed_is_forgotten(provisioner: Provisioner, lose: Lose) -> None:
    provisioner.answer(FRONT_FILE)
    provisioner.last_good.flush()
    with provisioner.database.writing() as session:
        session.execute(delete(Device).where(Device.mac == FRONT))
    _refresh_now(provisioner)
    with pytest.raises(Unknown):
        lose().answer(FRONT_FILE)


def test_a_device_that_was_paired_anew_elsewhere_gets_no_file_whose_token_is_worth_nothing(
    provisioner: Provisioner, lose: Lose
) -> None:
    """The phone would take it, and be locked out when the outage is over; of an error it keeps what it has."""
    provisioner.answer(FRONT_FILE)
    provisioner.last_good.flush()
    before = facts_of(provisioner)
    _pair_anew(provisioner)
    _refresh_now(provisioner)
    token = provisioner.vault.token(before.public_id, before.generation + 1)
    with pytest.raises(Broken):
        lose().answer(Ask(path=f"/d/{token}/{FRONT}.cfg"))


def _pair_anew(provisioner: Provisioner) -> None:
    with provisioner.database.writing() as session:
        device = session.scalars(select(Device).where(Device.mac == FRONT)).one()
        device.generation += 1


def test_a_process_that_renders_before_a_new_pairing_and_writes_after_it_takes_no_file_away(
    provisioner: Provisioner, lose: Lose
) -> None:
    before, old = provisioner.answer(FRONT_FILE), facts_of(provisioner)
    _pair_anew(provisioner)
    token = provisioner.vault.token(old.public_id, old.generation + 1)
    anew = provisioner.answer(Ask(path=f"/d/{token}/{FRONT}.cfg", address="198.51.100.7")).body
    provisioner.last_good.flush()
    provisioner.last_good.keep(Mac(FRONT), "other", "", old, before)
    provisioner.last_good.learn(Mac(FRONT), old)
    assert anew == lose().answer(Ask(path=f"/d/{token}/{FRONT}.cfg")).body


def test_another_device_with_the_mac_gets_nothing_that_was_of_the_one_before(
    provisioner: Provisioner, lose: Lose
) -> None:
    """A phone that moves to another customer within half a minute."""
    provisioner.answer(FRONT_FILE)
    provisioner.last_good.flush()
    with provisioner.database.writing() as session:
        session.execute(delete(Device).where(Device.mac == FRONT))
    apply(provisioner, f"tenant: other\ndevices: [{{mac: {FRONT}, vendor: yealink, model: T46U}}]")
    _refresh_now(provisioner)
    facts = facts_of(provisioner)
    token = provisioner.vault.token(facts.public_id, facts.generation)
    with pytest.raises(Broken):
        lose().answer(Ask(path=f"/d/{token}/{FRONT}.cfg"))


def _refresh_now(provisioner: Provisioner) -> None:
    with sqlite3.connect(provisioner.installation.data_dir / "last-good.db") as kept:
        kept.execute("DELETE FROM turn")
    kept.close()
    provisioner.last_good.flush()


def test_what_is_kept_is_sealed(provisioner: Provisioner, lose: Lose) -> None:
    provisioner.answer(FRONT_FILE)
    provisioner.last_good.flush()
    with sqlite3.connect(provisioner.installation.data_dir / "last-good.db") as kept:
        kept.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.close()
    stored = (provisioner.installation.data_dir / "last-good.db").read_bytes()
    assert [word for word in (b"s3cret-100", b"pbx.acme", b"account.1") if word in stored] == []


def test_what_is_kept_stays_within_its_budget(provisioner: Provisioner, lose: Lose, tmp_path: Path) -> None:
    answer = provisioner.answer(FRONT_FILE)
    facts = facts_of(provisioner)
    small = LastGood(tmp_path / "small.db", provisioner.vault, provisioner.database, budget_bytes=len(answer.body) * 5)
    for number in range(20):
        small.keep(Mac(FRONT), f"file-{number}", "", facts, answer)
    small.flush()
    with sqlite3.connect(tmp_path / "small.db") as kept:
        held = kept.execute("SELECT total(size), count(*) FROM file").fetchone()
    kept.close()
    small.close()
    assert 0 < held[0] <= len(answer.body) * 5
    assert held[1] < 6


def test_a_file_gives_way_to_none_that_was_rendered_before_it(provisioner: Provisioner, lose: Lose) -> None:
    before, facts = provisioner.answer(FRONT_FILE), facts_of(provisioner)
    provisioner.last_good.flush()
    path = provisioner.installation.data_dir / "last-good.db"
    first, second = (LastGood(path, provisioner.vault, provisioner.database) for _ in range(2))  # of two processes
    with sqlite3.connect(path) as kept:
        place = kept.execute("SELECT pattern, line FROM file").fetchone()
    kept.close()
    first.keep(Mac(FRONT), *place, facts, replace(before, body=b"before the change"))
    second.keep(Mac(FRONT), *place, facts, replace(before, body=b"after the change"))
    second.close()
    first.close()
    assert b"after the change" == lose().answer(FRONT_FILE).body


def test_a_file_of_a_time_to_come_gives_way(provisioner: Provisioner, lose: Lose) -> None:
    provisioner.answer(FRONT_FILE)
    provisioner.last_good.flush()
    with sqlite3.connect(provisioner.installation.data_dir / "last-good.db") as kept:
        kept.execute("UPDATE file SET kept_at = kept_at + 86400, etag = ''")
        pattern, line = kept.execute("SELECT pattern, line FROM file").fetchone()
    kept.close()
    fresh = replace(provisioner.answer(FRONT_FILE), body=b"after the clock was set back")
    provisioner.last_good.keep(Mac(FRONT), pattern, line, facts_of(provisioner), fresh)
    assert b"after the clock was set back" == lose().answer(FRONT_FILE).body


def test_a_disk_that_is_full_costs_the_copies_and_no_answer(
    provisioner: Provisioner, lose: Lose, tmp_path: Path
) -> None:
    broken = LastGood(tmp_path / "no" / "such" / "folder.db", provisioner.vault, provisioner.database)
    provisioner.__dict__["last_good"] = broken
    assert provisioner.answer(FRONT_FILE).body
    broken.flush()
    broken.close()


@pytest.fixture
def gone(tmp_path: Path) -> Iterator[Database]:
    """A database in the folder ``a``, which is ``b`` now."""
    database = Database(f"sqlite:///{tmp_path / 'a' / 'provisioner.db'}")
    database.upgrade()
    database.engine.dispose()
    (tmp_path / "a").rename(tmp_path / "b")
    yield database
    database.close()


def test_an_outage_is_waited_for_once_and_its_end_is_found(gone: Database, tmp_path: Path) -> None:
    with pytest.raises(DOWN), gone.reading() as session:
        session.execute(text("SELECT 1"))
    with pytest.raises(Away), gone.reading():
        pass
    (tmp_path / "b").rename(tmp_path / "a")
    deadline = time.monotonic() + 30
    while gone.is_away:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with gone.reading() as session:
        assert session.execute(text("SELECT 1")).scalar() == 1


def lost(database: Database) -> None:
    with pytest.raises(DOWN), database.reading() as session:
        session.execute(text("SELECT 1 FROM device"))


def found(database: Database) -> bool:
    with suppress(*DOWN), database.reading() as session:
        return session.execute(text("SELECT count(*) FROM device")).scalar() == 0
    return False


def wait_until_found(database: Database) -> None:
    deadline = time.monotonic() + 30
    while not found(database):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_volume_that_is_mounted_again_is_found_though_the_empty_folder_below_it_was_opened(
    gone: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    looks, answers = [], gone.answers
    monkeypatch.setattr(gone, "answers", lambda: looks.append(answers()) or looks[-1])
    lost(gone)
    deadline = time.monotonic() + 30
    while len(looks) < 3:  # by who lost it, and twice by the search
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (tmp_path / "a").rename(tmp_path / "below")
    (tmp_path / "b").rename(tmp_path / "a")
    wait_until_found(gone)


def test_an_outage_ends_though_there_was_no_room_for_a_thread_that_looks_for_it(
    gone: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(database_module, "Thread", NoThread)
        lost(gone)
    (tmp_path / "b").rename(tmp_path / "a")
    wait_until_found(gone)


def test_a_database_that_was_closed_is_searched_no_longer(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'provisioner.db'}")
    tmp_path.rename(tmp_path.with_name("elsewhere"))
    threads = set(threading.enumerate())
    with pytest.raises(DOWN), database.reading() as session:
        session.execute(text("SELECT 1"))
    (search,) = set(threading.enumerate()) - threads
    database.close()
    search.join(20)
    assert (False, True) == (search.is_alive(), database.is_away)


@pytest.mark.parametrize("path", ["/805ec0999999.cfg", f"/t/other/{FRONT}.cfg", "/nothing"])
def test_others_are_still_nobody(provisioner: Provisioner, lose: Lose, path: str) -> None:
    provisioner.answer(FRONT_FILE)
    with pytest.raises(ProvisionerError) as caught:
        lose().answer(Ask(path=path))
    assert not isinstance(caught.value, Broken)


@pytest.mark.parametrize("days", [400, -400, 0])
def test_a_clock_that_jumps_costs_no_phone_that_proves_itself(provisioner: Provisioner, days: int) -> None:
    expected = provisioner.answer(FRONT_FILE).body
    facts = facts_of(provisioner)
    provisioner.clock = lambda: now() + timedelta(days=days)
    token = provisioner.vault.token(facts.public_id, facts.generation)
    assert provisioner.answer(Ask(path=f"/d/{token}/{FRONT}.cfg")).body == expected


def test_a_clock_that_jumps_ahead_closes_windows_and_one_that_is_back_opens_them_again(
    provisioner: Provisioner,
) -> None:
    provisioner.clock = lambda: now() + timedelta(days=400)
    with pytest.raises(Refused):
        provisioner.answer(BACK_FILE)
    provisioner.clock = now
    assert provisioner.answer(BACK_FILE).body
