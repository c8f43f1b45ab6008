"""A file that nobody asked for before: few statements, and one state of the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import event, select, update

from provisioner.answer import Provisioner
from provisioner.recognise import Ask
from provisioner.store.quick import QuickRows
from provisioner.store.tables import ButtonTemplate, Device
from provisioner.values import Mac
from tests.databases import Copied, copied, kind, postgres, postgres_template, sqlite_template
from tests.world import FRONT, SITE, opened

__all__ = ["copied", "kind", "postgres", "postgres_template", "sqlite_template"]

BUTTONS = "\n".join(f'      - {{slot: "line:{n}", mode: blf, value: "{n}", label: "L{n}"}}' for n in range(2, 28))
FULL = f"""{SITE}
locations:
  - {{name: HQ, city: Chicago, country: US, timezone: America/Chicago}}
default_templates: {{"yealink/*": Desk}}
button_templates:
  - {{name: Empty, models: ["yealink/*"]}}
  - name: Desk
    models: ["yealink/*"]
    buttons:
{BUTTONS}
"""


@pytest.fixture
def server(copied: Copied, tmp_path: Path) -> Iterator[Provisioner]:
    with copied() as url, opened(tmp_path, FULL, database_url=SecretStr(url)) as provisioner:
        yield provisioner


def test_a_file_of_twenty_seven_buttons_is_made_with_three_statements(
    server: Provisioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_id = server.finder.find(Mac(FRONT)).device_id
    told: list[object] = []
    event.listen(server.database.engine, "before_cursor_execute", lambda *given: told.append(given[2]))
    compiled = QuickRows._compiled
    monkeypatch.setattr(QuickRows, "_compiled", lambda self, engine: told.append(self) or compiled(self, engine))
    with server.database.reading() as session:
        record = server.loader.load(session, device_id)
    assert record.template is not None
    assert len(record.template.buttons) == 26
    assert len([one for one in told if one != "BEGIN"]) == 3


def test_a_template_without_buttons_is_a_template(server: Provisioner) -> None:
    with server.database.writing() as session:
        empty = session.scalars(select(ButtonTemplate.id).where(ButtonTemplate.name == "Empty")).one()
        session.execute(update(Device).where(Device.mac == FRONT).values(template_id=empty))
    with server.database.reading() as session:
        record = server.loader.load(session, server.finder.find(Mac(FRONT)).device_id)
    assert record.template is not None
    assert ("Empty", ()) == (record.template.name, record.template.buttons)


def test_what_a_session_has_still_to_write_is_seen(server: Provisioner) -> None:
    with server.database.writing() as session:
        device = session.scalars(select(Device).where(Device.mac == FRONT)).one()
        device.name = "Reception"
        assert server.loader.load(session, device.id).name == "Reception"


def test_statements_of_one_file_see_one_state(server: Provisioner) -> None:
    device_id = server.finder.find(Mac(FRONT)).device_id
    with server.database.reading() as session:
        before = server.loader.load(session, device_id)
        with server.database.writing() as other:
            other.execute(update(Device).values(name="Changed"))
        assert server.loader.load(session, device_id) == before


def test_an_edit_is_in_the_next_answer(server: Provisioner) -> None:
    ask = Ask(path=f"/{FRONT}.cfg", address="192.0.2.7")
    before = server.answer(ask).body
    with server.database.writing() as session:
        template = session.scalars(select(ButtonTemplate).where(ButtonTemplate.name == "Desk")).one()
        template.buttons[0].label = "Elsewhere"
    assert b"Elsewhere" not in before
    assert b"Elsewhere" in server.answer(ask).body
