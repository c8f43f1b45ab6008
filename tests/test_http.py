"""The phones' door gives one reply, at once or as an application, and what takes time only as an application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from structlog.testing import capture_logs

from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.firmware import Shelf
from provisioner.http import PhonesDoor
from provisioner.phone_worker import plain_request
from provisioner.recognise import Ask
from provisioner.settings import Installation
from provisioner.site.apply import apply
from provisioner.store.tables import Device, Tenant
from provisioner.values import Mac
from tests.world import BACK, FRONT, SITE

AGENT = "Yealink SIP-T46U 108.86.0.45 80:5e:c0:12:34:56"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provisioner]:
    directory: Path = tmp_path_factory.mktemp("door")
    provisioner = open_provisioner(Installation(data_dir=directory, public_url="http://prov.example"), create=True)
    apply(provisioner, SITE)
    with provisioner.database.writing() as session:
        session.execute(update(Device).values(firmware="108.86.0.45"))
        session.execute(update(Device).where(Device.mac == FRONT).values(state="paired", open_until=None))
        session.execute(update(Device).where(Device.mac == BACK).values(state="closed", open_until=None))
        session.execute(update(Tenant).values(access="network", networks=["10.20.0.0/16"]))
    yield provisioner
    provisioner.close()


def paths(server: Provisioner) -> list[str]:
    facts = server.finder.find(Mac(FRONT))
    token = server.vault.token(facts.public_id, facts.generation)
    return [
        f"/{FRONT}.cfg", f"/d/{token}/{FRONT}.cfg", f"/d/{token}/{BACK}.cfg", f"/t/acme/{FRONT}.cfg", f"/{BACK}.cfg",
        "/805ec0999999.cfg", f"/{FRONT}.boot", "/y000000000108.cfg", "/", "/favicon.ico", f"/{FRONT}.cfg?x=1",
        f"/{FRONT.upper()}.cfg", f"/%38{FRONT[1:]}.cfg", f"/t/other/{FRONT}.cfg", "/a" * 200,
    ]  # fmt: skip


def replied(door: PhonesDoor, environ: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    told: list[Any] = []
    body = b"".join(door(dict(environ), lambda *given: told.extend(given)))
    return told[0], tuple(told[1]), body


def environment(message: bytes, address: str) -> dict[str, Any]:
    request = plain_request(message)
    assert request is not None
    return {**request, "REMOTE_ADDR": address}


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_at_once_and_as_an_application_the_reply_is_the_same(server: Provisioner, data: st.DataObject) -> None:
    door = PhonesDoor(server)
    tag = server.answer(Ask(path=f"/{FRONT}.cfg", address="10.20.0.7", user_agent=AGENT)).etag
    tags = [f"{tag}", f'W/{tag}, "x"', "*", '"x"']
    extra = data.draw(st.lists(st.sampled_from(tags), max_size=1))
    lines = [
        f"{data.draw(st.sampled_from(['GET', 'HEAD']))} {data.draw(st.sampled_from(paths(server)))} HTTP/1.1",
        "Host: prov.example",
        *(f"User-Agent: {one}" for one in data.draw(st.lists(st.sampled_from([AGENT, "curl/8", "zgrab"]), max_size=1))),
        *(f"If-None-Match: {one}" for one in extra),
    ]
    message = "\r\n".join([*lines, "", ""]).encode()
    environ = environment(message, data.draw(st.sampled_from(["10.20.0.7", "192.0.2.7", "::ffff:10.20.0.7"])))
    at_once = door.at_once(dict(environ))
    whole = replied(door, environ)
    assert at_once is None or whole == tuple(at_once)
    assert tuple(door.at_once(dict(environ)) or ()) == whole, "what was made once lies ready"


def test_a_file_that_must_be_made_is_not_given_at_once_and_nothing_is_noted(server: Provisioner) -> None:
    with server.database.writing() as session:
        session.execute(update(Device).values(revision=Device.revision + 1))
    server.sightings.flush()
    message = f"GET /{FRONT}.cfg HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    assert PhonesDoor(server).at_once(environment(message, "10.20.0.7")) is None
    assert not server.sightings._pending


def test_a_request_that_pairs_is_not_answered_at_once(server: Provisioner) -> None:
    with server.database.writing() as session:
        far = server.clock().replace(year=2199)
        session.execute(update(Device).where(Device.mac == BACK).values(state="open", open_until=far))
    door, message = PhonesDoor(server), f"GET /{BACK}.cfg HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    environ = environment(message, "192.0.2.9")
    assert door.at_once(dict(environ)) is None
    assert server.finder.find(Mac(BACK)).state == "open"
    assert replied(door, environ)[0] == "200 OK"
    assert server.finder.find(Mac(BACK)).state == "paired"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_may_wait_for_the_database_and_is_not_given_at_once(server: Provisioner, path: str) -> None:
    environ = environment(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), "192.0.2.9")
    assert PhonesDoor(server).at_once(dict(environ)) is None
    status, headers, body = replied(PhonesDoor(server), environ)
    assert (status, body) == ("200 OK", b"ok\n")
    assert replied(PhonesDoor(server), {**environ, "REQUEST_METHOD": "HEAD"}) == (status, headers, b"")


def test_a_target_with_scheme_and_host_means_what_its_path_means(server: Provisioner) -> None:
    door = PhonesDoor(server)
    environ = environment(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "10.20.0.7")
    for path in paths(server):
        absolute = replied(door, {**environ, "RAW_URI": f"http://prov.example:8080{path}"})
        assert absolute == replied(door, {**environ, "RAW_URI": path}), path


def test_an_image_that_cannot_be_opened_is_our_fault_and_told_so(
    server: Provisioner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "a.rom"
    image.write_bytes(b"image")
    shelf = Shelf(tmp_path)
    assert shelf.find("/a.rom") == image
    monkeypatch.setattr(server, "shelf", shelf)
    image.unlink()
    with capture_logs() as told:
        status, _, _ = replied(PhonesDoor(server), environment(b"GET /a.rom HTTP/1.1\r\nHost: a\r\n\r\n", "192.0.2.9"))
    assert (status, [entry["event"] for entry in told]) == ("500 Internal Server Error", ["firmware.unreadable"])


@pytest.mark.parametrize("clothes", ["", "::ffff:"])
def test_an_ipv4_proxy_is_trusted_also_where_the_socket_hears_ipv6(
    server: Provisioner, monkeypatch: pytest.MonkeyPatch, clothes: str
) -> None:
    trusting = server.installation.model_copy(update={"trusted_proxies": "10.20.0.7, 192.0.2.0/24"})
    monkeypatch.setattr(server, "installation", trusting)
    door = PhonesDoor(server)
    message = f"GET /{FRONT}.cfg HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {{}}\r\n\r\n"
    for told, status in [
        ("10.20.0.9", "200 OK"), ("203.0.113.9", "404 Not Found"), ("10.20.0.9, 203.0.113.9", "404 Not Found"),
        (f"10.20.0.9, {clothes}192.0.2.8", "200 OK"), ("nobody", "404 Not Found"),
    ]:  # fmt: skip
        environ = environment(message.format(told).encode(), f"{clothes}10.20.0.7")
        assert replied(door, environ)[0] == status, told


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("203.0.113.9:49152", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[2001:db8::9]:49152", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        ("203.0.113.9, 10.20.0.8:49152", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9:1, [::ffff:10.20.0.8]:49152", "203.0.113.9"),
    ],
)
def test_a_proxy_may_write_ports_to_addresses(
    server: Provisioner, monkeypatch: pytest.MonkeyPatch, told: str, address: str
) -> None:
    trusting = server.installation.model_copy(update={"trusted_proxies": "10.20.0.0/24"})
    monkeypatch.setattr(server, "installation", trusting)
    message = f"GET /{FRONT}.cfg HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {told}\r\n\r\n".encode()
    assert PhonesDoor(server)._ask(environment(message, "10.20.0.7")).address == address


def test_the_address_of_a_phone_is_noted_alike_by_whichever_socket_it_came(server: Provisioner) -> None:
    door = PhonesDoor(server)
    message = f"GET /{FRONT}.cfg HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    asks = [door._ask(environment(message, address)) for address in ("10.20.0.8", "::ffff:10.20.0.8")]
    assert asks[0] == asks[1]
