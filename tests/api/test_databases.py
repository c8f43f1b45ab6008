"""What the two databases could see differently: sorting, filters, locks, keys that are there twice."""

from __future__ import annotations

import threading

import pytest

from admin.api.catalogue import catalogue
from admin.api.nouns import NOUNS
from admin.app import create_app
from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.vault import Vault
from tests.api.conftest import Api
from tests.databases import copied, database, kind, postgres, postgres_template, sqlite_template
from tests.portal import world

__all__ = ["copied", "database", "kind", "postgres", "postgres_template", "sqlite_template"]

HERE = "/tenants/acme"


@pytest.fixture
def both(database, tmp_path):
    """The API of a small world, once on each database."""
    provisioner = Provisioner(world.installation(tmp_path), database, Vault(bytes(32)))
    world.add_tenant(provisioner, "acme", "Acme Dental")
    with provisioner.database.writing() as session:
        token = accounts.add_token(session, "root", "server", None)
    yield Api(create_app(provisioner), token)
    provisioner.close()


def test_every_noun_lives_on_both_databases(both):
    for noun in NOUNS:
        made = both.post(f"{HERE}/{noun.path}", noun.example)
        assert 201 == made.status_code, made.text
        path = f"{HERE}/{noun.path}/{made.json['id']}"
        match = {"If-Match": made.headers["ETag"]}
        changed = both.patch(path, noun.patch, headers=match)
        assert 200 == changed.status_code, changed.text
        assert 412 == both.patch(path, noun.patch, headers=match).status_code
        assert [204, 404] == [both.delete(path).status_code, both.get(path).status_code]


def test_every_list_can_be_sorted_searched_and_filtered_on_both_databases(both):
    tried = 0
    for operation in catalogue():
        known = {one.name: one for one in operation.query}
        if operation.method == "GET" and "sort" in known and set(operation.names) <= {"tenant", "device"}:
            path = operation.path.replace("{tenant}", "acme").replace("{device}", "805ec0000001")
            queries = [{"sort": one} for one in known["sort"].kind["enum"]]
            texts = [name for name, one in known.items() if one.kind["type"] == "string" and name != "sort"]
            queries += [{name: "x%_\\'\"é"} for name in texts]
            queries += [{name: "1"} for name, one in known.items() if one.kind["type"] == "boolean"]
            for query in queries:
                told = both.get(path, query_string=query)
                assert 200 == told.status_code, (path, query, told.text)
                tried += 1
    assert tried > 100


def test_of_two_updates_at_once_one_is_lost_with_412(both):
    path = f"{HERE}/extensions/100"
    match = {"If-Match": both.get(path).headers["ETag"]}
    statuses = []

    def change(name):
        statuses.append(both.patch(path, {"name": name}, headers=match).status_code)

    _at_once(change, ("A", "B", "C"))
    assert [200, 412, 412] == sorted(statuses)


def test_of_two_posts_of_one_key_at_once_one_thing_is_made(both):
    answers = []

    def add(_number):
        given = {"mac": "80:5e:c0:77:00:09", "model": "T46U"}
        answers.append(both.post(f"{HERE}/devices", given, headers={"Idempotency-Key": "same"}).status_code)

    _at_once(add, (1, 2, 3))
    assert set(answers) <= {201, 409}
    assert 1 == both.get(f"{HERE}/devices?mac=805ec0770009").json["total"]
    assert 201 in answers


def _at_once(run, arguments):
    threads = [threading.Thread(target=run, args=(one,)) for one in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
