"""API tokens: who makes which, that they are shown once, and that a revoked one is worthless."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from provisioner.store.tables import ApiToken, Audit
from provisioner.vault import digest

TOKENS = "/portal/tokens"


@pytest.fixture
def make(client):
    client.get(TOKENS)

    def made(browser=client, **form):
        return browser.post(TOKENS, data={"name": "pbx", "role": "viewer", "days": "30", **form})

    return made


def _rows(provisioner):
    with provisioner.database.reading() as session:
        return session.scalars(select(ApiToken)).all()


def test_a_token_is_shown_once_and_kept_as_a_hash(client, make, provisioner):
    response = make()
    secret = re.search(r"prv_[\w-]{40,}", response.text)[0]
    assert (201, digest(secret)) == (response.status_code, _rows(provisioner)[0].digest)
    assert secret not in client.get(TOKENS).text


def test_an_admins_token_is_of_their_tenant(make, provisioner):
    make()
    row = _rows(provisioner)[0]
    assert (1, "viewer") == (row.tenant_id, row.role)
    assert timedelta(days=30) == pytest.approx(row.expires_at - row.created_at, abs=timedelta(seconds=5))


def test_without_days_it_does_not_expire(make, provisioner):
    make(days="")
    assert _rows(provisioner)[0].expires_at is None


@pytest.mark.parametrize("days", ["0", "-1", "3651", "soon", "9" * 30])
def test_days_that_are_none_are_refused_beside_their_field(make, provisioner, days):
    response = make(days=days)
    assert (422, []) == (response.status_code, _rows(provisioner))
    assert 'id="e-days"' in response.text


def test_an_admin_makes_no_server_wide_token(make, provisioner):
    assert (422, []) == (make(role="server").status_code, _rows(provisioner))


def test_a_server_wide_viewer_does(root, provisioner):
    root.get(TOKENS)
    root.post(TOKENS, data={"name": "ops", "role": "server", "days": ""})
    assert ("server", None) == (_rows(provisioner)[0].role, _rows(provisioner)[0].tenant_id)


def test_a_name_is_given_once(make):
    make()
    assert "already" in make().text


def test_a_revoked_token_is_gone(client, make, provisioner):
    make()
    client.post(f"{TOKENS}/{_rows(provisioner)[0].id}/revoke")
    assert [] == _rows(provisioner)


def test_the_audit_log_knows_both_and_never_the_secret(client, make, provisioner):
    secret = re.search(r"prv_[\w-]{40,}", make().text)[0]
    client.post(f"{TOKENS}/{_rows(provisioner)[0].id}/revoke")
    with provisioner.database.reading() as session:
        noted = session.execute(select(Audit.action, Audit.subject, Audit.changes).where(Audit.actor == "ann")).all()
    assert [("added", "token pbx"), ("removed", "token pbx")] == [(row.action, row.subject) for row in noted]
    assert secret not in str(noted)


def test_who_only_reads_sees_no_tokens(viewer):
    assert 403 == viewer.get(TOKENS).status_code
