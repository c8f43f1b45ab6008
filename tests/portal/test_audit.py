"""The audit log: who, when, what, from what to what, and how one finds it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from provisioner.store.tables import Audit

AUDIT = "/portal/audit"


@pytest.fixture
def noted(provisioner):
    """One change a day, by three people, of which one was done to no tenant."""
    lines = (
        (2, "ann", 1, "changed", "device 80:5e:c0:00:00:01",
         {"name": ["Front desk", "Reception"], "password": "changed"}),
        (3, "Bea Miller", 1, "removed", "location HQ", {}),
        (4, "root", None, "added", "user ops", {"role": [None, "server"]}),
    )  # fmt: skip
    with provisioner.database.writing() as session:
        for day, actor, tenant_id, action, subject, changes in lines:
            at = datetime(2026, 1, day, 23, 59, tzinfo=UTC)
            session.add(Audit(at=at, actor=actor, tenant_id=tenant_id, action=action, subject=subject, changes=changes))


def _found(browser, q):
    page = browser.get(AUDIT, query_string={"q": q}).text
    return [name for name in ("Reception", "location HQ", "user ops") if name in page]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("reception", ["Reception"]),
        ('who:"Bea Miller"', ["location HQ"]),
        ("action:removed", ["location HQ"]),
        ("what:device", ["Reception"]),
        ("since:2026-01-03", ["location HQ"]),
        ("until:2026-01-02", ["Reception"]),
        ("since:2026-01-02 until:2026-01-03 who:ann", ["Reception"]),
        ("since:yesterday", []),
    ],
)
def test_a_search_finds_what_it_says(client, noted, q, found):
    assert found == _found(client, f"{q} until:2026-12-31" if "until" not in q else q)


def test_a_name_leads_to_all_that_this_person_did(client, noted):
    assert "q=who%3A%22Bea+Miller%22" in client.get(AUDIT).text


def test_what_was_done_to_no_tenant_is_for_server_wide_viewers(client, root, noted):
    assert ([], ["user ops"]) == (_found(client, "what:ops"), _found(root, "what:ops"))


def test_the_export_is_what_the_search_finds_with_one_line_a_field(client, noted):
    response = client.get(f"{AUDIT}/audit.csv", query_string={"q": "who:ann until:2026-01-31"})
    lines = list(csv.reader(io.StringIO(response.text)))
    assert [
        ["when", "who", "action", "what", "field", "from", "to"],
        ["2026-01-02T23:59:00+00:00", "ann", "changed", "device 80:5e:c0:00:00:01", "name", "Front desk", "Reception"],
        ["2026-01-02T23:59:00+00:00", "ann", "changed", "device 80:5e:c0:00:00:01", "password", "", "changed"],
    ] == lines
