"""Two who change a tenant at once on PostgreSQL: no phone goes on with bytes of before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text, update

from admin import sessions
from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.profile import Profile
from provisioner.services import extensions, locations, pairing, templates, tenants
from provisioner.services.change import Change
from provisioner.services.schemas import ExtensionIn, LocationIn, TemplateIn, TenantIn
from provisioner.settings import Installation
from provisioner.site.apply import Overtaken, apply
from provisioner.store.database import Database
from provisioner.store.tables import Handover, LoginLimit, Tenant, User, now
from provisioner.vault import Vault
from tests.databases import new_database
from tests.services.conftest import PHONE, SECOND, Desk, furnish

pytestmark = pytest.mark.postgres

Write = Callable[[Change, Tenant], object]
NEW = "80:5e:c0:00:00:0f"
PAIRS: dict[str, tuple[Write, Callable[[Desk], object], str]] = {
    "an extension is renamed, a new phone has it": (
        lambda change, tenant: extensions.put(change, tenant, ExtensionIn(number="100", name="Ann")),
        lambda desk: desk.device(mac=NEW, vendor="yealink", model="T48U", extensions=["100"]),
        NEW,
    ),
    "a template gets a button, a phone gets the template": (
        lambda change, tenant: templates.put(
            change, tenant, TemplateIn(name="Other", buttons=[{"slot": "line:9", "mode": "hold"}])
        ),
        lambda desk: desk.device(mac=SECOND, vendor="yealink", model="T48U", extensions=["101"], template="Other"),
        SECOND,
    ),
    "a location moves, an extension moves there": (
        lambda change, tenant: locations.put(change, tenant, LocationIn(name="HQ", timezone="Asia/Tokyo")),
        lambda desk: desk.extension(number="101", location="HQ"),
        SECOND,
    ),
    "a tenant is renamed, a phone is new": (
        lambda change, tenant: tenants.put(change, TenantIn(tenant="acme", sip={"server": "new.example"}), tenant),
        lambda desk: desk.device(mac=NEW, vendor="yealink", model="T48U", extensions=["100"]),
        NEW,
    ),
}


@pytest.fixture
def busy(postgres: str, postgres_template: str, vault: Vault) -> Iterator[Desk]:
    """A practice on PostgreSQL that really commits."""
    with new_database(postgres, f"TEMPLATE {postgres_template}") as url:
        made = Desk(Database(url), vault)
        furnish(made)
        yield made
        made.database.close()


@pytest.mark.parametrize("pair", PAIRS)
def test_a_phone_that_comes_to_show_what_another_changes_gets_it(busy: Desk, pair: str) -> None:
    write, link, mac = PAIRS[pair]

    def linked() -> tuple[int, Profile]:
        link(busy)
        return busy.row(mac).revision, busy.profile(mac)

    with ThreadPoolExecutor(1) as second:
        with busy.changing() as (change, tenant):
            write(change, tenant)
            change.flush()
            other = second.submit(linked)
            _wait_until_done_or_waiting(busy.database, other)
        served = other.result(60)
    assert served == (busy.row(mac).revision, busy.profile(mac)) or served[0] != busy.row(mac).revision


def test_an_apply_that_waited_for_a_writer_does_not_go_by_what_was_before(busy: Desk) -> None:
    server = Provisioner(Installation(), busy.database, busy.vault)

    def applied() -> None:
        with pytest.raises(Overtaken):
            apply(server, "tenant: acme", first=lambda _session: None)

    with ThreadPoolExecutor(1) as second:
        with busy.changing() as (change, tenant):
            extensions.put(change, tenant, ExtensionIn(number="100", name="Ann"))
            change.flush()
            other = second.submit(applied)
            _wait_until_done_or_waiting(busy.database, other)
        other.result(60)


def _wait_until_done_or_waiting(database: Database, other: Future[Any]) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 60
    with database.engine.connect() as connection:
        while not other.done() and not connection.scalar(waiting):
            connection.rollback()  # within a transaction it would be told the same again
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_phones_pair_while_a_tenant_is_changed(busy: Desk) -> None:
    with busy.changing() as (change, tenant):
        extensions.put(change, tenant, ExtensionIn(number="102", name="Ann"))
        change.flush()
        with busy.database.writing() as session:
            session.execute(text("SET LOCAL lock_timeout = '1ms'"))
            before = pairing.pair(session, busy.row(PHONE).id, "192.0.2.1", change.clock(), anew=True)
    assert before
    assert "paired" == busy.row(PHONE).state


def test_a_phone_pairs_while_what_it_asked_is_noted(busy: Desk) -> None:
    device_id = busy.row(PHONE).id
    with busy.database.writing() as notes:
        notes.add(Handover(device_id=device_id, at=now(), transport="http", address="", user_agent="", proof="token",
                           generation=1))  # fmt: skip
        notes.flush()
        with busy.database.writing() as session:
            session.execute(text("SET LOCAL lock_timeout = '1ms'"))
            assert pairing.pair(session, device_id, "192.0.2.1", now(), anew=True)
    assert "paired" == busy.row(PHONE).state


def test_failed_log_ins_at_once_are_all_counted(busy: Desk) -> None:
    with busy.database.writing() as session:
        accounts.add_user(session, "ann", "a right password", "server")

    def fail() -> None:
        assert sessions.log_in(busy.database, "ann", "a wrong password", "192.0.2.1", now()) is None

    with ThreadPoolExecutor(1) as second:
        with busy.database.writing() as session:
            session.execute(update(User).where(User.name == "ann").values(failures=1))
            session.add(LoginLimit(source="192.0.2.1", failures=1, since=now()))
            session.flush()
            other = second.submit(fail)
            _wait_until_done_or_waiting(busy.database, other)
        other.result(60)
    with busy.database.reading() as session:
        assert (2, 2) == (session.scalar(select(User.failures)), session.scalar(select(LoginLimit.failures)))
