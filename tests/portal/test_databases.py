"""Every page, every order and every search, on both databases: SQL that one of them cannot do is found here."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from admin.lists import devices, extensions
from admin.views import location_assignments
from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.store.tables import Device, Extension
from provisioner.vault import Vault
from tests.browser.test_pages import NOT_THERE, OF_THE_SERVER, addresses
from tests.databases import copied, database, kind, postgres, postgres_template, sqlite_template
from tests.portal import world
from tests.portal.conftest import portal_of

__all__ = ["copied", "database", "kind", "postgres", "postgres_template", "sqlite_template"]

SEARCHES = {
    "/portal/advanced/device-management": [
        *(f"{name}:x" for name in ("vendor", "model", "version", "name", "extension", "template", "location")),
        *(f"is:{word}" for word in ("late", "current", "refused", "new", "fetched", "nonsense")),
        *(f"pairing:{state}" for state in ("open", "closed", "paired", "blocked")),
        "silent:>7d", "silent:<2h", "silent:never", 'version:"=1"', "version:none", "80:5e:c0", "02956-0213", "10.20",
        "serial:x", "address:10", "%_\\'\"é",
    ],
    "/portal/advanced/extensions": ["location:hq", "template:desk", "devices:none", "%_\\'\"é"],
    "/portal/advanced/locations": ["is:active", "is:inactive", "is:leftover", "city:x", "state:x", "country:US", "é'"],
    "/portal/advanced/location-assignments": ["location:none", "location:hq", "%'"],
    "/portal/advanced/button-templates": ["yealink", "%'"],
    "/portal/audit": ["who:a", "action:added", "what:x", "since:2026-01-01", "until:2026-01-01", "%'"],
    "/portal/jobs": ["block", "%'"],
    "/portal/users": ["ann", "%'"],
    "/portal/tokens": ["pbx", "%'"],
}  # fmt: skip


LISTS = {
    "devices": (devices.TABLE, Device, "silent:>7d"),
    "extensions": (extensions.TABLE, Extension, "1"),
    "location assignments": (location_assignments.TABLE, Extension, "1"),
}


@pytest.fixture
def both(database, tmp_path):
    """A portal with everything in it, once on each database, and its admin."""
    provisioner = Provisioner(world.installation(tmp_path), database, Vault(bytes(32)))
    with database.writing() as session:
        accounts.add_user(session, "root", world.PASSWORD, "server")
    world.furnish(provisioner)
    browser = portal_of(provisioner).test_client()
    browser.log_in("ann")
    yield provisioner, browser
    provisioner.close()


def test_every_page_in_every_order_and_every_search_answers(both):
    provisioner, browser = both
    tried, wrong = set(), []

    def look(path, browser=browser, **query):
        tried.add((path, *query.values()))
        response = browser.get(path, query_string=query or None, follow_redirects=True)
        if response.status_code != (404 if path in NOT_THERE else 200):
            wrong.append((path, query, response.status_code))
        return response.text

    for path in addresses(provisioner):
        orders = {unescape(url) for url in re.findall(r'href="([^"]*[?&;]sort=[^"]*)"', look(path))}
        for url in sorted(orders):
            look(url)
    root = browser.application.test_client()
    root.log_in("root")
    for path in (*OF_THE_SERVER, "/portal/tenants?sort=-name", "/portal/tenants?q=%25'"):
        look(path, root)
    for path, words in SEARCHES.items():
        for word in words:
            look(path, q=word)
    assert ([], True) == (wrong, len(tried) > 120)


@pytest.mark.parametrize("name", LISTS)
def test_a_search_shows_and_counts_what_it_finds_in_every_order(both, name):
    provisioner, _browser = both
    table, row, words = LISTS[name]
    found = {}
    with provisioner.database.reading() as session:
        for sort in (f"{sign}{column.key}" for column in table.columns for sign in ("", "-")):
            asked = {"q": words, "sort": sort, "per_page": "250"}
            look, state = table.look(session, select(row), asked, path=""), table.state(asked)
            whole = table.ordered(select(table.key).where(*table.clauses(state)), state)
            found[sort] = list(session.scalars(whole)), (list(look.keys), look.total)
    assert found == {sort: (keys, (keys, len(keys))) for sort, (keys, _shown) in found.items()}
    assert all(len(keys) > 2 for keys, _shown in found.values())
