"""The API of two tenants, and a client for each role that speaks to it in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from admin.app import create_app
from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.store.tables import Tenant
from tests.portal import world

TOKENS = (("root", "server", None), ("ann", "admin", "acme"), ("vic", "viewer", "acme"), ("bob", "admin", "beta"))


class Api:
    """A client with a token; ``last`` is the answer of the last request."""

    def __init__(self, app: Any, token: str | None = None) -> None:
        self._client, self._token = app.test_client(), token

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if self._token:
            headers.setdefault("Authorization", f"Bearer {self._token}")
        if body is not None:
            options["json"] = body
        return self._client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.send("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.send("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.send("DELETE", path, **options)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A data directory with two tenants in it, and the tokens of every role."""
    directory = tmp_path_factory.mktemp("api")
    provisioner = world.open_world(directory)
    world.add_tenant(provisioner, "acme", "Acme Dental")
    world.add_tenant(provisioner, "beta", "Beta School", 0x100)
    world.see(provisioner, "805ec0000001")
    world.add_unknown(provisioner, "805ec0ee0001")
    tokens = {}
    with provisioner.database.writing() as session:
        for name, role, slug in TOKENS:
            tenant = session.scalars(select(Tenant).where(Tenant.slug == slug)).one() if slug else None
            tokens[name] = accounts.add_token(session, name, role, tenant)
    provisioner.close()
    return directory, tokens


@pytest.fixture
def tokens(seeded: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return seeded[1]


@pytest.fixture
def provisioner(seeded: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Provisioner]:
    """A fresh copy of the world."""
    for file in seeded[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    opened = world.open_provisioner(world.installation(tmp_path))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def routed(seeded: tuple[Path, dict[str, str]]) -> Iterator[Any]:
    """An application, made once: its routes take longer than a test."""
    opened = world.open_provisioner(world.installation(seeded[0]))
    yield create_app(opened)
    opened.close()


@pytest.fixture
def app(routed: Any, provisioner: Provisioner) -> Any:
    """The application over the test's own world."""
    routed.extensions["provisioner"] = provisioner
    return routed


@pytest.fixture
def root(app: Any, tokens: dict[str, str]) -> Api:
    """A token for the whole server."""
    return Api(app, tokens["root"])


@pytest.fixture
def api(app: Any, tokens: dict[str, str]) -> Api:
    """The token of Acme's admin."""
    return Api(app, tokens["ann"])


@pytest.fixture
def viewer(app: Any, tokens: dict[str, str]) -> Api:
    """A token of Acme that reads."""
    return Api(app, tokens["vic"])


@pytest.fixture
def nobody(app: Any) -> Api:
    """Without a token."""
    return Api(app)
