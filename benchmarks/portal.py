"""The portal's time for each list page with very many devices in one tenant, on SQLite and PostgreSQL.

    python benchmarks/portal.py [--devices 100000] [--rounds 3] [--postgres URL] [--only WORDS] [--database KIND]

Fills a database of its own with devices, extensions, lines and sightings, and asks for each page as an
admin's browser would, in one process: what is measured is the server's work from request to whole answer, the
best of the rounds, since other work on the machine only adds, and the SQL statements that it took. PostgreSQL
is a private server where its programs are installed, else the one of ``--postgres``: an account that may
create databases.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event, insert, make_url, text

sys.path.insert(0, str(Path(__file__).parent.parent))

from admin.app import create_app
from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.store.tables import (
    Audit,
    ButtonTemplate,
    Device,
    DeviceLine,
    Extension,
    Location,
    LocationAssignment,
    Seen,
    Tenant,
    now,
)
from tests.databases import BINARIES, private_postgres
from tests.portal.conftest import Browser
from tests.portal.world import PASSWORD, open_world

GOAL_MS = 150.0
DEVICES = "/portal/advanced/device-management"
MODELS = (("yealink", "T46U"), ("yealink", "T54W"), ("snom", "D785"), ("poly", "VVX450"), ("grandstream", "GRP2614"))
NAMES = ("Reception", "Workshop", "Zoë", "מוקד תמיכה", "Meeting room", "Müller", "O’Brien", "Lab", "Store")


def pages(devices: int) -> Iterator[tuple[str, str]]:
    """What is measured: a name and an address."""
    yield "devices, first page", DEVICES
    yield "devices, handsets", f"{DEVICES}?tab=ipei"
    yield "devices, 250 rows", f"{DEVICES}?per_page=250"
    yield "devices, middle page", f"{DEVICES}?page={devices // 50}"
    yield "devices, last page", f"{DEVICES}?page=999999"
    for key in ("mac", "pairing", "name", "vendor", "model", "version", "address", "rps", "extension", "template"):
        for sign in ("", "-"):
            yield f"devices by {sign}{key}", f"{DEVICES}?sort={sign}{key}"
    for key in ("contact", "location", "serial", "added"):
        yield f"devices by -{key}", f"{DEVICES}?sort=-{key}"
    yield "devices by name, last page", f"{DEVICES}?sort=name&page=999999"
    yield "devices by address, last page", f"{DEVICES}?sort=address&page=999999"
    yield "devices by template, last page", f"{DEVICES}?sort=template&page=999999"
    for words in (
        "805ec0001234", "80:5e:c0:00:12", "1234", "workshop", "nobody", "1000", "10.1.2.", "vendor:yealink",
        "model:T46", "version:108.86", "extension:1000", "template:Desk", "location:HQ", "pairing:open", "silent:>7d",
        "silent:never", "is:late", "is:new", "workshop vendor:yealink silent:>1d",
    ):  # fmt: skip
        yield f"search {words}", f"{DEVICES}?q={words.replace('>', '%3E').replace(' ', '+')}"
    yield "search 1234, second page", f"{DEVICES}?q=1234&page=2"
    yield "search 1 by -template", f"{DEVICES}?q=1&sort=-template"
    yield "seen, not added", f"{DEVICES}/seen"
    for key in ("name", "devices", "location", "template"):
        yield f"extensions by -{key}", f"/portal/advanced/extensions?sort=-{key}"
    for name in ("extensions", "locations", "location-assignments", "button-templates"):
        yield name, f"/portal/advanced/{name}"
    for name in ("jobs", "audit", "users"):
        yield name, f"/portal/{name}"
    yield "home", "/portal/home"


# ---------------------------------------------------------------- the filling


def fill(provisioner: Provisioner, devices: int) -> None:
    """A tenant with so many devices, made in large pieces and past the services, which would take minutes."""
    with provisioner.database.writing() as session:
        tenant_id = session.scalar(insert(Tenant).values(uid="0" * 32, slug="big", name="Big").returning(Tenant.id))
        places = [{"tenant_id": tenant_id, "name": f"HQ {number}", "city": "Chicago"} for number in range(50)]
        session.execute(insert(Location), places)
        templates = [
            {"uid": uuid.uuid4().hex, "tenant_id": tenant_id, "name": f"Desk {number}"} for number in range(20)
        ]
        session.execute(insert(ButtonTemplate), templates)
        accounts.add_user(session, "big", PASSWORD, "admin", session.get_one(Tenant, tenant_id))
        ids = {name: list(session.scalars(text(f"SELECT id FROM {name} ORDER BY id"))) for name in _REFERRED}
        for start in range(0, devices, 5000):
            _piece(session, tenant_id, ids, range(start, min(start + 5000, devices)))
    # What PostgreSQL does by itself in the minutes after such a load, and its private server here does not.
    statement = "ANALYZE" if provisioner.database.is_sqlite else "VACUUM ANALYZE"
    with provisioner.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))


_REFERRED = ("location", "button_template")


def _piece(session: Any, tenant_id: int, ids: dict[str, list[int]], numbers: range) -> None:
    at = now()
    extensions = [
        {"uid": uuid.uuid4().hex, "tenant_id": tenant_id, "number": str(1_000_000 + one), "name": NAMES[one % 9]}
        for one in numbers
    ]
    extension_ids = list(session.scalars(insert(Extension).returning(Extension.id), extensions))
    rows = [_device(tenant_id, ids, one, at) for one in numbers]
    device_ids = list(session.scalars(insert(Device).returning(Device.id, sort_by_parameter_order=True), rows))
    for place, one in enumerate(numbers):  # every tenth is a handset of the device before it
        if one % 10 == 9:
            session.execute(
                text("UPDATE device SET mac = NULL, ipei = :ipei, base_id = :base WHERE id = :id"),
                {"ipei": f"{one:010x}", "base": device_ids[place - 1], "id": device_ids[place]},
            )
    lines = zip(device_ids, extension_ids, strict=True)
    session.execute(
        insert(DeviceLine), [{"device_id": one, "position": 1, "extension_id": other} for one, other in lines]
    )
    session.execute(
        insert(LocationAssignment),
        [{"extension_id": one, "location_id": ids["location"][one % 50]} for one in extension_ids[::2]],
    )
    session.execute(
        insert(Seen), [_seen(one, key, at) for one, key in zip(numbers, device_ids, strict=True) if one % 5]
    )
    session.execute(
        insert(Audit),
        [{"actor": "big", "tenant_id": tenant_id, "action": "added", "subject": f"device {one}"} for one in device_ids],
    )


def _device(tenant_id: int, ids: dict[str, list[int]], one: int, at: Any) -> dict[str, Any]:
    vendor, model = MODELS[one % 5]
    states = ("paired", "open", "closed", "paired")
    return {
        "uid": uuid.uuid4().hex,
        "tenant_id": tenant_id,
        "mac": f"805ec0{one * 7919 % 0x1000000:06x}",
        "vendor": vendor,
        "model": model,
        "name": f"{NAMES[one % 9]} {one}",
        "serial": str(one * 31),
        "firmware": f"108.{86 + one % 3}.0.{one % 90}" if one % 4 else None,
        "template_id": ids["button_template"][one % 20] if one % 3 == 0 else None,
        "location_id": ids["location"][one % 50] if one % 2 else None,
        "state": states[one % 4],
        "open_until": at + timedelta(minutes=one % 3000) if one % 4 == 1 else None,
        "paired_at": at - timedelta(minutes=one % 90000) if one % 4 in (0, 3) else None,
        "created_at": at - timedelta(seconds=one),
    }


def _seen(one: int, device_id: int, at: Any) -> dict[str, Any]:
    then = at - timedelta(minutes=one * 13 % 20000)
    return {
        "device_id": device_id, "at": then, "address": f"10.{one % 7}.{one % 200}.{one % 250}", "file": "x.cfg",
        "user_agent": "Yealink SIP-T46U 108.86.0.90", "outcome": "refused" if one % 50 == 0 else "served",
        "served_at": then, "served_revision": one % 12 > 0,
    }  # fmt: skip


# ---------------------------------------------------------------- the measuring


@contextmanager
def counting(provisioner: Provisioner) -> Iterator[list[str]]:
    """The statements that are sent to the database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(provisioner.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(provisioner.database.engine, "before_cursor_execute", note)


def measure(provisioner: Provisioner, devices: int, rounds: int, only: str) -> dict[str, tuple[float, int]]:
    """Milliseconds and statements of each page."""
    app = create_app(provisioner)
    app.test_client_class = Browser
    client = app.test_client()
    client.log_in("big")
    found = {}
    for name, address in pages(devices):
        if only in name:
            found[name] = _measured(provisioner, rounds, lambda address=address: client.get(address))
    if not only:
        client.get(DEVICES)
        found["select all"] = _measured(
            provisioner, 1, lambda: client.post(f"{DEVICES}/select", data={"do": "all", "at_tenant": "big"})
        )
        found["devices, all selected"] = _measured(provisioner, rounds, lambda: client.get(DEVICES))
        found["export of all as CSV"] = _measured(provisioner, 1, lambda: client.get(f"{DEVICES}/export.csv"))
    return found


def _measured(provisioner: Provisioner, rounds: int, ask: Any) -> tuple[float, int]:
    took = []
    for _ in range(rounds):
        with counting(provisioner) as sent:
            start = time.perf_counter()
            answer = ask()
            took.append((time.perf_counter() - start) * 1000)
        assert answer.status_code < 400, (answer.status_code, answer.request.path)
    return min(took), len(sent)


@contextmanager
def databases(postgres: str | None) -> Iterator[dict[str, str]]:
    """The URLs to measure, by kind."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="provisioner-bench-"))
        found = {"SQLite": f"sqlite:///{directory}/provisioner.db"}
        if postgres is None and (BINARIES / "initdb").exists():
            postgres = stack.enter_context(private_postgres()).url
        if postgres:
            name = f"bench_{time.time_ns()}"
            plain = make_url(postgres).set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            url = make_url(postgres).set(database=name, drivername="postgresql+psycopg")
            found["PostgreSQL"] = url.render_as_string(hide_password=False)
        yield found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", help="URL of a server, instead of a private one")
    parser.add_argument("--only", default="", help="only pages whose name holds this")
    parser.add_argument("--database", default="", help="only this kind: SQLite or PostgreSQL")
    given = parser.parse_args()
    results = {}
    with databases(given.postgres) as urls, tempfile.TemporaryDirectory(prefix="provisioner-bench-") as directory:
        for kind, url in urls.items():
            if given.database in ("", kind):
                data = Path(directory) / kind
                data.mkdir()
                provisioner = open_world(data, database_url=url)
                fill(provisioner, given.devices)
                results[kind] = measure(provisioner, given.devices, given.rounds, given.only)
                provisioner.close()
    report(results, given.devices)


def report(results: dict[str, dict[str, tuple[float, int]]], devices: int) -> None:
    """A table; what takes longer than the goal is marked."""
    print(f"{devices:,} devices in one tenant; milliseconds of server time (statements); ! is over {GOAL_MS:g} ms\n")
    print(f"{'page':38}" + "".join(f"{kind:>20}" for kind in results))
    for name in next(iter(results.values())):
        cells = (found[name] for found in results.values())
        print(
            f"{name:38}"
            + "".join(f"{took:>12.1f}{'!' if took > GOAL_MS else ' '} ({sent:>2})".rjust(20) for took, sent in cells)
        )


if __name__ == "__main__":
    main()
