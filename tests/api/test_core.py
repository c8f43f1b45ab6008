"""Who may come in, what a request must look like, and what is said where it does not."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from provisioner.store.tables import ApiToken, RepeatedRequest, now
from tests.api.conftest import Api

DEVICES = "/tenants/acme/devices"
NEW = {"mac": "80:5e:c0:77:00:02", "model": "T46U"}


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer " + "x" * 5000])
def test_without_a_good_token_nobody_comes_in(nobody, header):
    refused = nobody.get("/tenants", headers={"Authorization": header} if header is not None else {})
    assert (401, "application/problem+json") == (refused.status_code, refused.content_type)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_token_is_worth_nothing(api, provisioner):
    with provisioner.database.writing() as session:
        session.execute(update(ApiToken).values(expires_at=now() - timedelta(seconds=1)))
    assert 401 == api.get("/tenants").status_code


def test_the_last_use_is_noted_but_not_at_every_request(api, provisioner):
    def used():
        with provisioner.database.reading() as session:
            return session.scalars(select(ApiToken.last_used_at).where(ApiToken.name == "ann")).one()

    api.get("/tenants")
    first = used()
    api.get("/tenants")
    assert (True, first) == (first is not None, used())


def test_another_tenant_is_not_there(api):
    assert [404, 404] == [api.get(f"/tenants/{slug}").status_code for slug in ("beta", "nobodys")]
    assert ["acme"] == [one["id"] for one in api.get("/tenants").json["items"]]


def test_only_a_token_for_the_whole_server_makes_tenants_and_removes_them(api, root):
    assert [403, 403] == [
        api.post("/tenants", {"tenant": "gamma"}).status_code,
        api.delete("/tenants/acme").status_code,
    ]
    assert 201 == root.post("/tenants", {"tenant": "gamma"}).status_code
    assert [204, 204] == [root.delete("/tenants/gamma").status_code, root.delete("/tenants/gamma").status_code]


def test_a_tenants_life_can_be_lived_twice(root):
    for _ in range(2):
        made = root.post("/tenants", {"tenant": "gamma", "name": "Gamma"})
        assert (201, made.json) == (made.status_code, root.get("/tenants/gamma").json)
        changed = root.put("/tenants/gamma", {"tenant": "gamma", "name": "Other"}).json
        assert changed == root.get("/tenants/gamma").json
        assert [204, 204] == [root.delete("/tenants/gamma").status_code for _ in range(2)]


def test_a_tenant_can_be_read_put_back_and_patched(api):
    read = api.get("/tenants/acme")
    match = {"If-Match": read.headers["ETag"]}
    assert read.json == api.put("/tenants/acme", read.json, headers=match).json
    assert "Acme" == api.patch("/tenants/acme", {"name": "Acme"}, headers=match).json["name"]
    assert 412 == api.patch("/tenants/acme", {"name": "Other"}, headers=match).status_code


def test_a_tenants_password_is_written_kept_and_never_told(api):
    given = {"http_auth": "basic", "http_user": "phones", "http_password": "a-tenant-secret"}
    changed = api.patch("/tenants/acme", given)
    assert (200, False) == (changed.status_code, "http_password" in changed.text), changed.text
    kept = api.put("/tenants/acme", changed.json)
    assert changed.headers["ETag"] == kept.headers["ETag"]
    assert kept.headers["ETag"] != api.patch("/tenants/acme", {"http_password": "b-tenant-secret"}).headers["ETag"]
    assert 422 == api.get("/tenants?fields=http_password").status_code


def test_an_admin_does_not_rename_their_tenants_address(api):
    assert 403 == api.patch("/tenants/acme", {"tenant": "beta2"}).status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"mac": NaN}', 400),
        (b'{"mac": "a", "mac": "b"}', 400),
        (b"\xff\xfe", 400),
        (b'"\\ud800"', 400),
        (b'{"name": "\\u0000"}', 400),
        (b"[" * 40 + b"]" * 40, 400),
        (b"[" * 100_000, 400),
        (b"1" * 5000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"mac": 5, "name": [], "buttons": {}}', 422),
    ],
)
def test_a_body_that_is_wrong_says_so(api, body, status):
    refused = api.send("POST", DEVICES, data=body, content_type="application/json")
    assert (status, "application/problem+json") == (refused.status_code, refused.content_type)
    assert {"type", "title", "status", "detail"} <= set(refused.json)


def test_a_body_of_another_kind_or_size_is_refused(api):
    assert 415 == api.send("POST", DEVICES, data=b"mac: x", content_type="application/yaml").status_code
    assert 413 == api.send("POST", DEVICES, data=b" " * 2**21, content_type="application/json").status_code


def test_a_body_in_chunks_is_bounded_too(api):
    text = io.BytesIO(b" " * 2**21)
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    refused = api.send("POST", DEVICES, input_stream=text, content_type="application/json", environ_overrides=chunked)
    assert 413 == refused.status_code


def test_no_address_and_no_method_have_problem_documents_too(api):
    nowhere, never = api.get("/nowhere"), api.delete("/tenants")
    assert [(404, 404), (405, 405)] == [(one.status_code, one.json["status"]) for one in (nowhere, never)]
    assert {"GET", "POST", "HEAD"} == set(never.headers["Allow"].replace(",", " ").split())


@pytest.mark.parametrize("word", ["bulk", "validate"])
def test_what_stands_beside_devices_is_no_device(api, word):
    refused = api.get(f"{DEVICES}/{word}")
    assert (405, "POST") == (refused.status_code, refused.headers["Allow"])


@pytest.mark.parametrize("path", ["%00", "a%2Fb", "999999999999999999999999", "%F0%28", "handset-99999999999999"])
def test_a_strange_id_is_not_there(api, path):
    for noun in ("devices", "extensions", "locations", "button-templates", "webhooks"):
        assert 404 == api.get(f"/tenants/acme/{noun}/{path}").status_code


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=100000", "page=1&page=2", "q=%00", "sort=colour"])
def test_a_strange_argument_is_refused_by_its_name(api, query):
    refused = api.get(f"{DEVICES}?{query}")
    assert (422, query.partition("=")[0]) == (refused.status_code, refused.json["errors"][0]["field"])


# --- once more


def test_a_post_with_a_key_is_done_once(api):
    key = {"Idempotency-Key": "first-try"}
    first, again = (api.post(DEVICES, NEW, headers=key) for _ in range(2))
    assert (201, first.json, first.headers["Location"]) == (again.status_code, again.json, again.headers["Location"])
    assert "true" == again.headers["Idempotency-Replayed"]


def test_a_key_is_good_for_one_request_only(api):
    key = {"Idempotency-Key": "first-try"}
    api.post(DEVICES, NEW, headers=key)
    assert 422 == api.post(DEVICES, {**NEW, "name": "Other"}, headers=key).status_code


def test_what_was_refused_may_be_mended_under_the_same_key(api):
    key = {"Idempotency-Key": "first-try"}
    assert [422, 201] == [api.post(DEVICES, body, headers=key).status_code for body in ({"mac": "x"}, NEW)]


def test_an_answer_that_is_too_long_is_not_kept(api, monkeypatch):
    monkeypatch.setattr("admin.api.repeats.LARGEST_KEPT", 10)
    key = {"Idempotency-Key": "first-try"}
    assert [201, 409] == [api.post(DEVICES, NEW, headers=key).status_code for _ in range(2)]


def test_a_key_belongs_to_its_token(app, tokens):
    key = {"Idempotency-Key": "first-try"}
    Api(app, tokens["root"]).post(DEVICES, NEW, headers=key)
    assert 409 == Api(app, tokens["ann"]).post(DEVICES, NEW, headers=key).status_code


def test_a_request_under_way_is_not_begun_again(api, provisioner):
    with provisioner.database.writing() as session:
        token = session.scalars(select(ApiToken.id).where(ApiToken.name == "ann")).one()
        for key, age_s in (("now", 0), ("died", 600)):
            at = now() - timedelta(seconds=age_s)
            session.add(RepeatedRequest(token_id=token, key=key, digest="0" * 64, at=at))
    statuses = [api.post(DEVICES, NEW, headers={"Idempotency-Key": key}).status_code for key in ("now", "died")]
    assert [422, 201] == statuses


def test_kept_answers_are_bounded_in_number_and_age(api, provisioner, monkeypatch):
    monkeypatch.setattr("admin.api.repeats.MOST", 3)
    with provisioner.database.writing() as session:
        token = session.scalars(select(ApiToken.id).where(ApiToken.name == "ann")).one()
        session.add(RepeatedRequest(token_id=token, key="old", digest="0" * 64, at=now() - timedelta(days=2)))
    for number in range(6):
        api.post("/tenants/acme/locations", {"name": f"L{number}"}, headers={"Idempotency-Key": f"k{number}"})
    with provisioner.database.reading() as session:
        keys = set(session.scalars(select(RepeatedRequest.key)))
        assert (3, {"k3", "k4", "k5"}) == (session.scalar(select(func.count()).select_from(RepeatedRequest)), keys)
