"""nginx and HAProxy with the shipped examples: what they pass on, what they take away, and whom they stop."""

from __future__ import annotations

import base64
import http.client
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.certificates import self_signed
from tests.conftest import missing
from tests.world import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
FORGED = {
    "X-Forwarded-For": "203.0.113.66",
    "Forwarded": "for=203.0.113.66",
    "X-SSL-Client-Cert": "forged",
    "X-SSL-Client-Verify": "SUCCESS",
    "X-SSL-Client-S-DN": "CN=805ec0123456",
    "X-SSL-Client-DN": "CN=805ec0123456",
    "X-Forwarded-Client-Cert": "Subject=CN=805ec0123456",
    "Client-Cert": ":Zm9yZ2Vk:",
    "Client-Cert-Chain": ":Zm9yZ2Vk:",
}


@dataclass
class Upstream:
    """Stands for a plane of ours: remembers the last request."""

    port: int
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Proxy:
    """A proxy that runs, and the planes behind it."""

    name: str
    plain: int
    tls: int
    portal: int
    phones: Upstream
    pages: Upstream
    directory: Path

    def ask(self, port: int, path: str, *, client: tuple[Path, Path] | None = None, **headers: str) -> int:
        """The status of one request, over TLS but on the plain port."""
        if port == self.plain:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        else:
            context = ssl._create_unverified_context()
            if client:
                context.load_cert_chain(*client)
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status


@pytest.fixture(scope="module")
def upstreams() -> Iterator[tuple[Upstream, Upstream]]:
    with ExitStack() as stack:
        yield stack.enter_context(Serving()), stack.enter_context(Serving())


class Serving(ExitStack):
    """An upstream while the block lasts."""

    def __enter__(self) -> Upstream:
        seen = Upstream(0)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                seen.path, seen.headers = self.path, {name.lower(): value for name, value in self.headers.items()}
                self.send_response(200)
                self.send_header("Content-Length", "3")
                self.end_headers()
                self.wfile.write(b"ok\n")

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # a proxy that goes away
        seen.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.callback(lambda: (server.shutdown(), thread.join(), server.server_close()))
        return seen


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
    if found is None:
        missing(f"{name} is not installed")
    return found


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(
    request: pytest.FixtureRequest, upstreams: tuple[Upstream, Upstream], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    with started(request.param, tmp_path_factory.mktemp(request.param), *upstreams) as made:
        yield made


@contextmanager
def started(name: str, directory: Path, phones: Upstream, pages: Upstream) -> Iterator[Proxy]:
    """A proxy with the shipped example, before these upstreams."""
    binary = program(name)
    made = Proxy(name, free_port(), free_port(), free_port(), phones, pages, directory)
    for stem in ("rsa", "ec"):
        cert, key = self_signed(directory, stem, is_rsa=stem == "rsa")
        (directory / f"prov-{stem}.pem").write_bytes(cert.read_bytes() + key.read_bytes())
        (directory / "manufacturers.pem").write_bytes(cert.read_bytes())
    command = _nginx(binary, made) if name == "nginx" else _haproxy(binary, made)
    with open(directory / "output", "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(made, process)
            yield made
        finally:
            process.terminate()
            process.wait(15)


def _nginx(binary: str, proxy: Proxy) -> list[str]:
    (proxy.directory / "phones.inc").write_text((DEPLOY / "nginx" / "provisioner-phones.inc").read_text())
    (proxy.directory / "site.conf").write_text(
        _moved((DEPLOY / "nginx" / "provisioner.conf").read_text(), proxy)
        .replace("listen 80;", f"listen 127.0.0.1:{proxy.plain};")
        .replace("listen 443 ssl;", f"listen 127.0.0.1:{proxy.tls} ssl;")
        .replace("listen 8443 ssl;", f"listen 127.0.0.1:{proxy.portal} ssl;")
        .replace("/etc/nginx/provisioner-phones.inc", str(proxy.directory / "phones.inc"))
        .replace("/var/log/nginx/", f"{proxy.directory}/")
    )
    temporary = "".join(
        f"{kind}_temp_path {proxy.directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (proxy.directory / "nginx.conf").write_text(
        f"{'user root;' if _is_root() else ''} daemon off; pid {proxy.directory}/pid; error_log stderr;"
        f" events {{}} http {{ access_log off; {temporary} include {proxy.directory}/site.conf; }}"
    )
    return [binary, "-p", str(proxy.directory), "-c", str(proxy.directory / "nginx.conf")]


def _haproxy(binary: str, proxy: Proxy) -> list[str]:
    text = _moved((DEPLOY / "haproxy" / "provisioner.cfg").read_text(), proxy)
    text = text.replace("bind :80\n", f"bind 127.0.0.1:{proxy.plain}\n")
    text = text.replace("bind :443 ", f"bind 127.0.0.1:{proxy.tls} ").replace(
        "bind :8443 ", f"bind 127.0.0.1:{proxy.portal} "
    )
    (proxy.directory / "provisioner.cfg").write_text(text)
    (proxy.directory / "haproxy.cfg").write_text("global\n    log stdout format raw local0\n    maxconn 2000\n")
    return [binary, "-db", "-f", str(proxy.directory / "haproxy.cfg"), "-f", str(proxy.directory / "provisioner.cfg")]


def _moved(text: str, proxy: Proxy) -> str:
    return (
        text.replace("/etc/provisioner/tls/", f"{proxy.directory}/")
        .replace("127.0.0.1:8080", f"127.0.0.1:{proxy.phones.port}")
        .replace("127.0.0.1:8081", f"127.0.0.1:{proxy.pages.port}")
    )


def _is_root() -> bool:
    import os

    return os.geteuid() == 0


def _wait(proxy: Proxy, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            for port in (proxy.plain, proxy.tls, proxy.portal):
                socket.create_connection(("127.0.0.1", port), 2).close()
            return
        except OSError:
            told = (proxy.directory / "output").read_text()
            assert process.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.05)


def test_a_phone_reaches_its_plane_in_clear_and_over_tls(proxy: Proxy) -> None:
    for port, scheme in ((proxy.plain, "http"), (proxy.tls, "https")):
        assert 200 == proxy.ask(port, "/d/abc/805ec0123456.cfg?x=%2F", User_Agent="Yealink SIP-T46U")
        assert "/d/abc/805ec0123456.cfg?x=%2F" == proxy.phones.path
        assert "Yealink SIP-T46U" == proxy.phones.headers["user-agent"]
        assert scheme == proxy.phones.headers["x-forwarded-proto"]


def test_the_path_goes_on_as_the_phone_wrote_it(proxy: Proxy) -> None:
    path = "/a%2Fb/%2e%2e/805ec0123456.cfg"
    proxy.ask(proxy.tls, path)
    assert path == proxy.phones.path


def test_nothing_that_a_client_claims_of_itself_is_passed_on(proxy: Proxy) -> None:
    for port in (proxy.plain, proxy.tls):
        assert 200 == proxy.ask(port, "/x", **FORGED)
        passed = proxy.phones.headers
        assert "127.0.0.1" == passed["x-forwarded-for"]
        assert not [name for name in FORGED if name != "X-Forwarded-For" and passed.get(name.lower())]


def test_a_phones_certificate_is_passed_on_whole_whoever_signed_it(proxy: Proxy, tmp_path: Path) -> None:
    client = self_signed(tmp_path, "phone")
    assert 200 == proxy.ask(proxy.tls, "/x", client=client, **FORGED)
    told = proxy.phones.headers["x-ssl-client-cert"]
    der = ssl.PEM_cert_to_DER_cert(unquote(told)) if "%" in told else base64.b64decode(told)
    assert ssl.PEM_cert_to_DER_cert(client[0].read_text()) == der


@pytest.mark.parametrize(("protocol", "is_taken"), [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_old_protocols_are_refused(proxy: Proxy, protocol: str, is_taken: bool) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.tls}", protocol, "-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    assert is_taken == (b"BEGIN CERTIFICATE" in done.stdout)


def test_a_phone_that_knows_no_elliptic_curves_is_served_where_an_rsa_certificate_is(proxy: Proxy) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.tls}", "-tls1_2", "-cipher", "AES128-SHA"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    assert b"AES128-SHA" in done.stdout


def test_the_portal_knows_that_it_is_behind_tls_and_keeps_its_figures_to_itself(proxy: Proxy) -> None:
    assert 200 == proxy.ask(proxy.portal, "/portal/", X_Forwarded_Proto="http", Host="portal.example.com")
    assert "https" == proxy.pages.headers["x-forwarded-proto"]
    assert "portal.example.com" == proxy.pages.headers["x-forwarded-host"]
    assert 403 == proxy.ask(proxy.portal, "/metrics")


def test_no_token_is_in_the_proxys_log(proxy: Proxy) -> None:
    token = "0123456789abcdef" * 3
    proxy.ask(proxy.tls, f"/d/{token}/805ec0123456.cfg")
    deadline = time.monotonic() + 30
    logs = [path for path in proxy.directory.iterdir() if path.name in ("output", "provisioner.log")]
    while not any(path.stat().st_size for path in logs) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert any(path.stat().st_size for path in logs)
    assert not any(token in path.read_text() for path in logs)


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_no_token_is_in_the_proxys_log_while_the_plane_is_down(name: str, tmp_path: Path) -> None:
    token = "0123456789abcdef" * 3
    with started(name, tmp_path, Upstream(free_port()), Upstream(free_port())) as proxy:
        assert proxy.ask(proxy.tls, f"/d/{token}/805ec0123456.cfg") in (502, 503)
        assert proxy.ask(proxy.plain, f"/d/{token}/805ec0123456.cfg") in (502, 503)
    logs = [path for path in tmp_path.iterdir() if path.name == "output" or path.suffix == ".log"]
    assert any(path.stat().st_size for path in logs)
    assert not any(token in path.read_text() for path in logs)


def test_slow_clients_hold_nobody_up(proxy: Proxy) -> None:
    with ExitStack() as stack:
        for _ in range(300):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", proxy.plain), 20))
            slow.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\nX-A: b")
        assert 200 == proxy.ask(proxy.plain, "/x")
