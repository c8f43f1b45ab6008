"""Secrets: sealed where `load` looks for them, kept when they are not given, and told nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from provisioner.keys import keys_of
from provisioner.registry import vendors
from provisioner.render import render
from provisioner.services import devices, extensions, templates, tenants, webhooks
from provisioner.services.sealed import without_secrets
from provisioner.store.tables import Device, Extension, Webhook
from tests.services.conftest import PHONE, Desk

T46U = {"mac": PHONE, "vendor": "yealink", "model": "T46U"}
SECRET = "hunter2-hunter2"


def sealed(desk: Desk) -> dict[str, bytes | None]:
    """Every sealed column as it is stored."""
    with desk.reading() as session:
        found: dict[str, bytes | None] = {}
        for table, column in (
            ("tenant", "sealed_settings"),
            ("device", "sealed_settings"),
            ("button_template", "sealed_settings"),
            ("extension", "sealed_password"),
            ("webhook", "sealed_password"),
        ):
            for row in session.execute(text(f"SELECT id, {column} FROM {table}")):
                found[f"{table}/{row[0]}"] = row[1] and bytes(row[1])
        return found


def test_what_is_sealed_here_is_opened_where_phones_are_served(desk: Desk) -> None:
    desk.make(phone={"admin_password": SECRET}, settings={"yealink": {"features.a": "1", "features.b": "t"}})
    desk.template(name="T", settings={"yealink": {"features.b": "template", "features.c": "x"}})
    desk.extension(number="100", password="pw-100")
    desk.device(
        **T46U, extensions=["100"], template="T", phone={"user_password": "user-pw"},
        settings={"yealink": {"features.c": None, "features.d": "4"}},
    )  # fmt: skip
    profile = desk.profile(PHONE)
    assert "pw-100" == profile.accounts[0].password
    assert (SECRET, "user-pw") == tuple(
        profile.settings[name].value for name in ("phone.admin_password", "phone.user_password")
    )
    layers = [{"a": "1", "b": "t"}, {"b": "template", "c": "x"}, {"c": None, "d": "4"}]
    expected = [{f"features.{key}": value for key, value in layer.items()} for layer in layers]
    assert expected == [dict(native.keys) for native in profile.native]
    assert b"features.d = 4" in render(profile, vendors()["yealink"].files[0]).body
    assert keys_of(profile)


def put_everything(desk: Desk, **password: Any) -> list[str]:
    """Put one of each with these passwords; what came of each."""
    native = {"yealink": {"a.password": SECRET, "a.user": "x"} if password else {"a.user": "x"}}
    phone = {"phone": {"admin_password": SECRET, "ntp": ["a.ntp"]} if password else {"ntp": ["a.ntp"]}}
    return [
        desk.make(**phone, settings=native).kind,
        desk.template(name="T", settings=native).kind,
        desk.extension(number="100", **password).kind,
        desk.device(**T46U, **phone, settings=native).kind,
        desk.webhook(event="a", url="https://x/", **password).kind,
    ]


@pytest.mark.parametrize("again", [{}, {"password": SECRET}])
def test_a_secret_that_is_omitted_or_the_same_is_not_sealed_anew(desk: Desk, again: dict[str, str]) -> None:
    put_everything(desk, password=SECRET)
    before, revisions, audits = sealed(desk), desk.revisions(), len(desk.audits())
    assert ["unchanged"] * 5 == put_everything(desk, **again)
    assert (before, revisions, audits) == (sealed(desk), desk.revisions(), len(desk.audits()))
    assert all(before.values())


def test_null_clears_a_password(desk: Desk) -> None:
    put_everything(desk, password=SECRET)
    assert ("password",) == desk.extension(number="100", password=None).fields
    assert ("password",) == desk.webhook(event="a", url="https://x/", password=None).fields
    with desk.reading() as session:
        assert [None, None] == [session.scalars(select(table.sealed_password)).one() for table in (Extension, Webhook)]


def test_another_secret_is_stored_and_told_as_changed(desk: Desk) -> None:
    desk.extension(number="100", password="old-secret")
    assert ("password",) == desk.extension(number="100", password=SECRET).fields
    assert {"password": "changed"} == desk.audits()[-1].changes


def test_secrets_are_neither_in_the_log_nor_readable_in_the_database(desk: Desk) -> None:
    put_everything(desk, password=SECRET)
    assert SECRET not in desk.everything()
    with desk.reading() as session:
        tables = [
            row
            for table in ("tenant", "button_template", "extension", "device", "webhook", "audit")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    assert SECRET not in "".join(map(str, tables))
    assert not any(SECRET.encode() in (value or b"") for value in sealed(desk).values())


def test_without_secrets_nothing_secret_is_left(desk: Desk) -> None:
    put_everything(desk, password=SECRET)
    with desk.changing() as (change, tenant):
        rows, vault = change.rows(tenant), change.vault
        shown = [
            without_secrets(tenants.dump(vault, tenant)),
            *(without_secrets(templates.dump(vault, row)) for row in rows.button_templates.all()),
            *(without_secrets(extensions.dump(vault, row)) for row in rows.extensions.all()),
            *(without_secrets(devices.dump(vault, row)) for row in rows.devices.all()),
            *(without_secrets(webhooks.dump(vault, row)) for row in rows.webhooks.all()),
        ]
    told = "".join(one.model_dump_json() for one in shown)
    assert SECRET not in told
    assert 3 == told.count('"a.user":"x"')


def test_a_secret_is_bound_to_its_row(desk: Desk) -> None:
    desk.device(**T46U, phone={"user_password": SECRET})
    desk.device(mac="80:5e:c0:00:00:02", model="T46U", phone={"user_password": "other"})
    with desk.reading() as session:
        one, other = session.scalars(select(Device).order_by(Device.mac))
    assert one.uid != other.uid
    assert one.sealed_settings != other.sealed_settings
