"""While the database is away the portal says so, whoever asks and whatever for, and changes nothing."""

from __future__ import annotations

import pytest

from provisioner.store.database import Database

PATHS = ("/portal/login", "/portal/advanced/device-management", "/portal/account", "/portal/nothing")


@pytest.fixture
def away(provisioner, client, monkeypatch, tmp_path):
    client.get("/portal/advanced/locations")
    nowhere = Database(f"sqlite:///{tmp_path / 'gone' / 'provisioner.db'}")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(provisioner, "database", nowhere)


@pytest.mark.parametrize("path", PATHS[1:3])
def test_a_page_is_an_answer_that_helps(client, away, path):
    page = client.get(path)
    assert (503, "5") == (page.status_code, page.headers["Retry-After"])
    assert "The database cannot be reached" in page.text


def test_a_change_is_refused_with_the_same_words(client, away):
    page = client.post("/portal/advanced/locations", data={"name": "New"})
    assert 503 == page.status_code
    assert "Nothing was changed" in page.text


def test_a_log_in_is_refused_with_the_same_words(nobody, away):
    nobody.get("/portal/login")
    assert 503 == nobody.post("/portal/login", data={"name": "ann", "password": "correct horse"}).status_code


def test_it_is_alive_and_not_ready(nobody, away):
    assert [200, 503] == [nobody.get(path).status_code for path in ("/healthz", "/readyz")]
