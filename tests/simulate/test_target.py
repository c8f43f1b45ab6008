"""A simulated fleet goes nowhere but to this machine, unless its owner says that the target is theirs."""

from __future__ import annotations

import socket
import ssl

import pytest

from provisioner.errors import Invalid
from provisioner.simulate import target as module
from provisioner.simulate.target import target


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://127.8.9.1", "http://[::1]:8080/prov/", "http://localhost"]
)
def test_this_machine_needs_no_permission(url: str) -> None:
    found = target(url, None, owned=False)
    assert found.http
    assert found.http.is_loopback


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "8.8.8.8", "0.0.0.0"])
@pytest.mark.parametrize("option", ["--url", "--tftp"])
def test_another_machine_needs_permission(option: str, address: str) -> None:
    url, tftp = (f"http://{address}:8080", None) if option == "--url" else (None, f"{address}:69")
    with pytest.raises(Invalid, match=rf"{option}.*{address}.*--yes-i-own-it"):
        target(url, tftp, owned=False)
    assert target(url, tftp, owned=True)


def test_a_name_with_two_faces_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, 1, 6, "", (address, 80)) for address in ("127.0.0.1", "192.0.2.7")]

    monkeypatch.setattr(module.socket, "getaddrinfo", resolve)
    with pytest.raises(Invalid, match=r"192\.0\.2\.7"):
        target("http://two.example", None, owned=False)


@pytest.mark.parametrize(
    ("url", "tftp"),
    [
        ("ftp://127.0.0.1", None),
        ("127.0.0.1:8080", None),
        ("http://user:secret@127.0.0.1", None),
        ("http://127.0.0.1/?a=b", None),
        ("http://127.0.0.1:99999", None),
        ("http://127.0.0.1/#a", None),
        ("http://127.0.0.1/a b", None),
        ("http://127.0.0.1/\u20ac", None),
        ("http://[::1", None),
        (f"http://{'a' * 64}.example", None),
        (None, ":69"),
        (None, "127.0.0.1:x"),
        (None, "[::1"),
        (None, "127.0.0.1:69/t"),
        (None, "ann@127.0.0.1:69"),
    ],
)
def test_what_is_no_target_is_refused_with_its_option(url: str | None, tftp: str | None) -> None:
    with pytest.raises(Invalid, match="--url" if url else "--tftp"):
        target(url, tftp, owned=True)


def test_a_path_is_kept_as_the_directory_of_all_files() -> None:
    assert target("http://127.0.0.1/t/acme", None, owned=False).path == "/t/acme/"


def test_a_name_is_asked_for_as_it_is_written_in_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", ("127.0.0.1", 80))])
    found = target("http://bücher.example", None, owned=False).http
    assert found
    assert found.name == "xn--bcher-kva.example"


def test_a_certificate_is_verified_but_on_this_machine() -> None:
    near, far = (target(f"https://{host}", None, owned=True).tls for host in ("127.0.0.1", "192.0.2.1"))
    assert near
    assert far
    assert (near.verify_mode, far.verify_mode) == (ssl.CERT_NONE, ssl.CERT_REQUIRED)
    assert far.check_hostname
