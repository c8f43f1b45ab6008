"""A portal with two tenants and an account of each role, and clients that are logged in to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from admin.app import create_app
from provisioner import accounts
from provisioner.answer import Provisioner
from tests.portal import world


class Browser(FlaskClient):
    """A client that sends forms as a page would: with the token that the last page held."""

    csrf = ""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        data = kwargs.get("data")
        if (
            kwargs.get("method") == "POST"
            and (data is None or isinstance(data, dict))
            and not kwargs.pop("bare", False)
        ):
            kwargs["data"] = {"csrf_token": self.csrf, **(data or {})}
        response = super().open(*args, **kwargs)
        found = re.search(rb'name="csrf_token" value="([^"]+)"', response.data)
        if found:
            self.csrf = found[1].decode()
        return response

    def log_in(self, name: str, password: str = world.PASSWORD) -> Any:
        self.get("/portal/login")
        return self.post("/portal/login", data={"name": name, "password": password})


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Any:
    """A hash that takes 64 MiB guards passwords, not tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the world in it, made once."""
    directory = tmp_path_factory.mktemp("seed")
    provisioner = world.open_world(directory)
    world.add_tenant(provisioner, "acme", "Acme Dental")
    world.add_tenant(provisioner, "beta", "Beta School", 0x100)
    for name, role in (("ann", "admin"), ("vic", "viewer"), ("uma", "user")):
        world.add_account(provisioner, name, role, "acme")
    world.add_account(provisioner, "bob", "admin", "beta")
    provisioner.close()
    return directory


@pytest.fixture(scope="session")
def opened(seed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provisioner]:
    """A world that nobody changes."""
    yield from _copied(seed, tmp_path_factory.mktemp("unchanged"))


@pytest.fixture
def provisioner(seed: Path, tmp_path: Path) -> Iterator[Provisioner]:
    """A fresh copy of the world."""
    yield from _copied(seed, tmp_path)


def _copied(seed: Path, directory: Path) -> Iterator[Provisioner]:
    for file in seed.iterdir():
        (directory / file.name).write_bytes(file.read_bytes())
    opened = world.open_provisioner(world.installation(directory))
    yield opened
    opened.close()


def portal_of(provisioner: Provisioner) -> Flask:
    made = create_app(provisioner)
    made.test_client_class = Browser
    return made


@pytest.fixture
def app(provisioner: Provisioner) -> Flask:
    return portal_of(provisioner)


@pytest.fixture(scope="session")
def cookies(opened: Provisioner) -> dict[str, str]:
    """What the log-in gave each account: good in every copy of the world, which all have one key."""
    found = {}
    for name in ("root", "ann", "vic", "uma", "bob"):
        browser = portal_of(opened).test_client()
        browser.log_in(name)
        cookie = browser.get_cookie("provisioner")
        assert cookie
        found[name] = cookie.value
    return found


def logged_in(app: Flask, cookie: str) -> Browser:
    browser = app.test_client()
    browser.set_cookie("provisioner", cookie)
    return browser


@pytest.fixture
def nobody(app: Flask) -> Browser:
    """A client without an account."""
    return app.test_client()


@pytest.fixture
def client(app: Flask, cookies: dict[str, str]) -> Browser:
    """The admin of Acme."""
    return logged_in(app, cookies["ann"])


@pytest.fixture
def viewer(app: Flask, cookies: dict[str, str]) -> Browser:
    return logged_in(app, cookies["vic"])


@pytest.fixture
def user(app: Flask, cookies: dict[str, str]) -> Browser:
    return logged_in(app, cookies["uma"])


@pytest.fixture
def root(app: Flask, cookies: dict[str, str]) -> Browser:
    return logged_in(app, cookies["root"])


@pytest.fixture(scope="session")
def reader(opened: Provisioner, cookies: dict[str, str]) -> Browser:
    """The admin of Acme in a world that nobody changes: for tests that only look."""
    return logged_in(portal_of(opened), cookies["ann"])
