"""Certificates that real proxies pass on: believed from a trusted proxy, ignored from anybody else."""

from __future__ import annotations

import http.client
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from urllib.parse import quote

import pytest

from tests.conftest import missing
from tests.gate.authorities import Issued, issue
from tests.world import BACK, FRONT, World, free_port, make_world

SERVER = issue(CN="localhost", names=("localhost",), ca=True)
CA = issue(ca=True, CN="Yealink Root")
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
        ssl_verify_client optional_no_ca;
        error_page 495 = @phones;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
        proxy_set_header X-SSL-Client-Verify "";
        proxy_set_header Client-Cert "";
        proxy_set_header X-Forwarded-Client-Cert "";
        location / {{ proxy_pass http://127.0.0.1:{phones}; }}
        location @phones {{ proxy_pass http://127.0.0.1:{phones}; }}
    }}
}}
"""
HAPROXY = """
defaults
    mode http
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend phones
    bind 127.0.0.1:{port} ssl crt {folder}/both.pem verify optional ca-file {folder}/cas/yealink.pem {lenient}
    http-request del-header Client-Cert
    http-request del-header X-Forwarded-Client-Cert
    http-request del-header X-SSL-Client-Verify
    http-request set-header X-SSL-Client-Cert %[ssl_c_der,base64]
    http-request set-header X-Forwarded-For %[src]
    default_backend provisioner
backend provisioner
    server one 127.0.0.1:{phones}
"""
LENIENT = "crt-ignore-err all ca-ignore-err all"
PROXIES = {"nginx": (NGINX, ["nginx", "-c"]), "haproxy": (HAPROXY, ["haproxy", "-f"])}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Closed devices behind proxies on loopback, which are trusted; the address 127.0.0.2 is not."""
    folder = tmp_path_factory.mktemp("proxied")
    cert, key = SERVER.write(folder, "server")
    (folder / "both.pem").write_text(cert.read_text() + key.read_text())
    (folder / "cas").mkdir()
    (folder / "cas" / "yealink.pem").write_text(CA.pem)
    world = make_world(folder)
    world.environment_extra = {
        "PROVISIONER_CLIENT_CA_DIR": str(folder / "cas"),
        "PROVISIONER_TRUSTED_PROXIES": "127.0.0.1",
    }
    for mac in (FRONT, BACK):
        world.run("unpair", mac)
    with world.serving("phones"):
        yield world


@contextmanager
def proxy(world: World, name: str) -> Iterator[int]:
    """A real proxy in front of the phones' plane; its port."""
    text, command = PROXIES[name]
    if which(command[0]) is None:
        missing(f"{name} is not installed")
    port, configuration = free_port(), world.directory / f"{name}.conf"
    configuration.write_text(text.format(folder=world.directory, port=port, phones=world.phones, lenient=LENIENT))
    process = subprocess.Popen([*command, str(configuration)], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


def fetch(folder: Path, port: int, phone: Issued | None, mac: str = FRONT, *more: str) -> int:
    shown = []
    if phone:
        cert, key = phone.write(folder, "phone")
        shown = ["--cert", str(cert), "--key", str(key)]
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", str(folder / "server.pem")]
    deadline = time.monotonic() + 30
    while True:
        url = f"https://localhost:{port}/{mac}.cfg"
        done = subprocess.run([*command, *shown, *more, url], capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 7 or time.monotonic() > deadline:  # 7: it does not listen yet
            return int(done.stdout)
        time.sleep(0.05)


@pytest.mark.parametrize("name", list(PROXIES))
def test_a_proxy_passes_the_certificate_on(world: World, name: str) -> None:
    folder, phone = world.directory, CA.issue(CN=FRONT)
    with proxy(world, name) as port:
        assert fetch(folder, port, phone) == 200
        assert fetch(folder, port, phone, BACK) == 404
        assert fetch(folder, port, CA.issue(CN=FRONT, days=(-9, -1))) == 404
        assert fetch(folder, port, issue(ca=True, CN="Other").issue(CN=FRONT)) == 404
        forged = f"X-SSL-Client-Cert: {quote(phone.pem)}"
        assert fetch(folder, port, None, FRONT, "-H", forged, "-H", "X-SSL-Client-Verify: SUCCESS") == 404


@pytest.mark.parametrize(("source", "status"), [("127.0.0.1", 200), ("127.0.0.2", 404)])
def test_only_a_trusted_proxy_s_header_is_believed(world: World, source: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", world.phones, timeout=20, source_address=(source, 0))
    connection.request("GET", f"/{FRONT}.cfg", headers={"X-SSL-Client-Cert": quote(CA.issue(CN=FRONT).pem)})
    assert connection.getresponse().status == status
    connection.close()
