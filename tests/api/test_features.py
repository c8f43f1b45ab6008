"""User page control, and integrations."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from provisioner.services import user_page
from provisioner.store.tables import Audit, Tenant

CONTROL = "/tenants/acme/user-page-control"
ZENDESK = "/tenants/acme/integrations/zendesk"
GIVEN = {"configuration": {"domain": "acme", "user": "agent", "api_token": "a-helpdesk-secret"}}


@pytest.mark.parametrize("key", ["appexts", "appcalls", "appremotedial", "apphomescreen"])
def test_the_fields_of_the_page_itself_are_there(api, key):
    told = api.get(f"{CONTROL}/{key}").json
    assert ("Page-level", "default") == (told["section"], told["state"])


def test_a_feature_is_turned_off_and_back_to_its_default(api, provisioner):
    def is_on():
        with provisioner.database.reading() as session:
            return user_page.is_on(session, session.scalars(select(Tenant).where(Tenant.slug == "acme")).one(), "dnd")

    seen = [is_on()]
    for state in ("off", "on", "default"):
        assert state == api.put(f"{CONTROL}/dnd", {"state": state}).json["state"]
        seen.append(is_on())
    assert [True, False, True, True] == seen


def test_several_are_set_at_once_or_none(api):
    assert 422 == api.patch(CONTROL, {"dnd": "off", "nothing": "on"}).status_code
    assert "default" == api.get(f"{CONTROL}/dnd").json["state"]
    assert 200 == api.patch(CONTROL, {"dnd": "off", "cfall": "on"}).status_code
    assert {"dnd": "off", "cfall": "on"} == {
        one["key"]: one["state"]
        for one in api.get(f"{CONTROL}?per_page=100").json["items"]
        if one["state"] != "default"
    }


def test_features_are_each_tenants_own(api, root):
    api.put(f"{CONTROL}/dnd", {"state": "off"})
    assert "default" == root.get("/tenants/beta/user-page-control/dnd").json["state"]


def test_a_system_is_connected_and_forgotten_twice(api):
    for _ in range(2):
        assert "on_server" == api.get(ZENDESK).json["status"]
        told = api.put(ZENDESK, GIVEN).json
        assert ("connected", {"domain": "acme", "user": "agent"}) == (told["status"], told["configuration"])
        assert [204, 204] == [api.delete(ZENDESK).status_code, api.delete(ZENDESK).status_code]


def test_a_secret_that_is_left_out_stays_and_is_never_told(api, provisioner):
    api.put(ZENDESK, GIVEN)
    changed = api.put(ZENDESK, {"configuration": {"domain": "acme2", "user": "agent"}})
    assert (200, ["api_token", "domain", "user"]) == (changed.status_code, changed.json["configured"])
    with provisioner.database.reading() as session:
        told = str(session.scalars(select(Audit.changes)).all())
    assert "a-helpdesk-secret" not in changed.text + told


def test_a_lost_update_of_a_secret_is_refused(api):
    first = api.put(ZENDESK, GIVEN).headers["ETag"]
    other = {"configuration": {**GIVEN["configuration"], "api_token": "another-helpdesk-secret"}}
    assert 200 == api.put(ZENDESK, other, headers={"If-Match": first}).status_code
    assert 412 == api.put(ZENDESK, GIVEN, headers={"If-Match": first}).status_code


@pytest.mark.parametrize("identifier", ["salesforce", "dentrix"])
def test_what_cannot_be_connected_from_here_says_how(api, identifier):
    refused = api.put(f"/tenants/acme/integrations/{identifier}", {"configuration": {}})
    assert (422, "configuration") == (refused.status_code, refused.json["errors"][0]["field"])


def test_every_field_that_is_missing_or_none_of_its_own_is_named(api):
    refused = api.put(ZENDESK, {"configuration": {"domain": "acme", "colour": "blue"}})
    fields = {error["field"] for error in refused.json["errors"]}
    assert {"configuration.user", "configuration.api_token", "configuration.colour"} == fields
