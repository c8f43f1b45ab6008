"""Compare the phones' plane with nginx that serves the same files from disk, side by side in one run.

    python benchmarks/phones.py [--seconds 2] [--rounds 5] [--devices 2000] [--rows close keep-alive …]

Needs ``nginx`` and ``wrk`` (Debian: nginx-light, wrk). A site of Yealink T46U with a shared template of buttons is
made in a temporary directory; each device's file is served once, so that it is at hand, and written to
nginx's folder. The server of the moment has the first core, wrk the second; servers take turns within each
round, and the figures are medians over the rounds. CPU per request is utime + stime of all processes of a
server over the requests that were answered. What ours does and nginx does not (gate, revision check,
sightings, metrics, log) is included.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AGENT = "Yealink SIP-T46U 108.86.0.45"
TICK = os.sysconf("SC_CLK_TCK")
SCRIPT = """
local requests, at = {}, 0
init = function(args)
  for line in io.lines(args[1]) do
    local path, header = line:match("^(%S+) ?(.*)$")
    local headers = {["User-Agent"] = "AGENT"}
    if args[2] == "close" then headers["Connection"] = "close" end
    if header ~= "" then headers[header:match("^[^:]+")] = header:match(": (.*)$") end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end
request = function() at = (at + 7) % #requests return requests[at + 1] end
""".replace("AGENT", AGENT)
NGINX = """
daemon off; master_process off; pid {dir}/nginx.pid; error_log /dev/null crit;
events {{ worker_connections 4096; multi_accept on; }}
http {{
  access_log off; log_not_found off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5; if_modified_since before;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {dir}/files; }}
  server {{ listen 127.0.0.1:{tls} ssl backlog=4096; root {dir}/files;
           ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem; ssl_session_cache off;
           ssl_protocols TLSv1.2 TLSv1.3; }}
}}
"""


@dataclass
class Server:
    """A running server: its ports without and with TLS, and the process whose family does the work."""

    name: str
    port: int
    tls: int
    processes: Sequence[subprocess.Popen[bytes]]

    def cpu_s(self, *, tls: bool = False) -> float:
        """Processor time so far."""
        process = self.processes[-1 if tls else 0]
        return sum(_ticks(pid) for pid in _family(process.pid)) / TICK


@dataclass
class Row:
    """One thing to measure: what is asked of each server, and by how many clients."""

    name: str
    ours: list[str]
    nginx: list[str]
    mode: str = "close"
    tls: bool = False
    clients: int = 64
    never_closing: int = 0
    results: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def median(self, server: str) -> tuple[float, float]:
        """Requests a second, and µs of processor time a request."""
        rates, costs = zip(*self.results[server], strict=True)
        return statistics.median(rates), statistics.median(costs)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---------------------------------------------------------------- the installation


def site(count: int) -> str:
    """A tenant of phones that are served by their address, and one of phones whose windows are closed."""
    buttons = "\n".join(
        f'      - {{slot: "line:{n}", mode: blf, value: "{2000 + n}", label: "Person {n}"}}' for n in range(2, 28)
    )
    return f"""
tenant: busy
name: Busy
access: network
networks: [127.0.0.0/8]
sip: {{server: pbx.example, port: 5061, transport: tls}}
locale: {{timezone: America/Chicago, country: US, language: en}}
default_templates: {{"yealink/*": Desk}}
button_templates:
  - name: Desk
    models: ["yealink/*"]
    buttons:
{buttons}
extensions:
{_lines(count, lambda n: f'  - {{number: "{10000 + n}", name: Person {n}, password: secret-{n}}}')}
devices:
{_lines(count, lambda n: f'  - {{mac: "{mac(n)}", vendor: yealink, model: T46U, extensions: ["{10000 + n}"]}}')}
"""


def _lines(count: int, line: Callable[[int], str]) -> str:
    return "\n".join(line(n) for n in range(count))


def mac(number: int) -> str:
    return f"805ec0{number:06x}"


@dataclass
class Installation:
    """A data directory with a site in it, and what its devices ask for."""

    directory: Path
    devices: int
    database: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)

    def environment(self, port: int) -> dict[str, str]:
        """The settings of a server on this port."""
        return {
            **os.environ,
            "PROVISIONER_DATA_DIR": str(self.directory / "data"),
            "PROVISIONER_PHONES_BIND": f"127.0.0.1:{port}",
            "PROVISIONER_PUBLIC_URL": "http://127.0.0.1:8080",
            "PROVISIONER_WORKERS": "1",
            "PROVISIONER_LOG_LEVEL": os.environ.get("PROVISIONER_LOG_LEVEL", "info"),
            **({"PROVISIONER_DATABASE_URL": self.database} if self.database else {}),
        }

    def fill(self) -> None:
        """Apply the site, and write every device's file to nginx's folder."""
        os.environ.update(self.environment(8080))
        from provisioner import logs  # noqa: PLC0415
        from provisioner.app import open_provisioner  # noqa: PLC0415  # it reads its settings here
        from provisioner.recognise import Ask  # noqa: PLC0415
        from provisioner.site.apply import apply  # noqa: PLC0415
        from provisioner.store.tables import Tenant  # noqa: PLC0415
        from provisioner.values import Mac  # noqa: PLC0415

        logs.configure("error", "text")
        provisioner = open_provisioner(create=True)
        apply(provisioner, site(self.devices))
        closed = (
            site(1).replace("tenant: busy", "tenant: shut\npairing_minutes: 0").replace("network\n", "pairing\n", 1)
        )
        apply(provisioner, closed.replace(mac(0), "805ec0ffffff"))
        with provisioner.database.reading() as session:
            assert session.query(Tenant).count() == 2
        files = self.directory / "files"
        files.mkdir(mode=0o755)
        for number in range(self.devices):
            address = mac(number)
            answer = provisioner.answer(Ask(path=f"/{address}.cfg", user_agent=AGENT, address="127.0.0.1"))
            (files / f"{address}.cfg").write_bytes(answer.body)
            facts = provisioner.finder.find(Mac(address))
            self.tokens[address] = provisioner.vault.token(facts.public_id, facts.generation)
            self.etags[address] = answer.etag
        provisioner.close()
        print(f"{self.devices} devices, {len(answer.body)} bytes a file")

    def rows(self) -> list[Row]:
        """Everything that is measured."""
        macs = [mac(n) for n in range(self.devices)]
        plain = [f"/{one}.cfg" for one in macs]
        tokens = [f"/d/{self.tokens[one]}/{one}.cfg" for one in macs]
        later = (datetime.now(UTC) + timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        dated = [f"{path} If-Modified-Since: {later}" for path in plain]
        tagged = [f"/{one}.cfg If-None-Match: {self.etags[one]}" for one in macs]
        strangers = [f"/805ec1{n:06x}.cfg" for n in range(self.devices)]
        return [
            Row("close", plain, plain),
            Row("keep-alive", plain, plain, mode="keep"),
            Row("token", tokens, plain),
            Row("304", tagged, dated),
            Row("unknown", strangers, strangers),
            Row("misses", [f"/{one}.boot2" for one in macs], strangers),
            Row("refused", ["/805ec0ffffff.cfg"], strangers),
            Row("tls", plain, plain, tls=True),
            Row("16 alone", plain, plain, clients=16),
            Row("16 beside 8", plain, plain, clients=16, never_closing=8),
        ]


# ---------------------------------------------------------------- servers


def certificate(directory: Path) -> None:
    """A P-256 certificate of our own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@contextmanager
def started(command: list[str], environment: dict[str, str], ports: Sequence[int]) -> Iterator[subprocess.Popen[bytes]]:
    """A server on the first core, once it answers."""
    with open(environment["LOG"], "wb") as log:
        process = subprocess.Popen(["taskset", "-c", "0", *command], env=environment, stdout=log, stderr=log)
    try:
        for port in ports:
            for _ in range(400):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
        time.sleep(0.5)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextmanager
def servers(installation: Installation) -> Iterator[list[Server]]:
    """nginx and ours, the latter once without and once with TLS."""
    directory = installation.directory
    certificate(directory)
    ports = [free_port() for _ in range(4)]
    (directory / "nginx.conf").write_text(NGINX.format(dir=directory, port=ports[0], tls=ports[1]))
    quiet = {**os.environ, "LOG": str(directory / "nginx.log")}
    ours = [sys.executable, "-m", "provisioner", "serve", "phones"]
    secure = {"PROVISIONER_TLS_CERT": str(directory / "cert.pem"), "PROVISIONER_TLS_KEY": str(directory / "key.pem")}
    with ExitStack() as stack:
        nginx = started(["nginx", "-c", str(directory / "nginx.conf")], quiet, ports[:2])
        first = {**installation.environment(ports[2]), "LOG": str(directory / "ours.log")}
        second = {**installation.environment(ports[3]), **secure, "LOG": str(directory / "tls.log")}
        yield [
            Server("nginx", ports[0], ports[1], [stack.enter_context(nginx)]),
            Server(
                "ours",
                ports[2],
                ports[3],
                [
                    stack.enter_context(started(ours, first, ports[2:3])),
                    stack.enter_context(started(ours, second, ports[3:])),
                ],
            ),
        ]


# ---------------------------------------------------------------- load


@contextmanager
def never_closing(server: Server, count: int) -> Iterator[None]:
    """Clients that got their answer and keep the connection."""
    request = b"GET /805ec0000000.cfg HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    for client in clients:
        client.sendall(request)
    yield
    for client in clients:
        client.close()


def measure(server: Server, row: Row, seconds: int, directory: Path) -> None:
    """One run of wrk."""
    paths = directory / "paths"
    paths.write_text("\n".join(row.ours if server.name == "ours" else row.nginx) + "\n")
    (directory / "load.lua").write_text(SCRIPT)
    url = f"https://127.0.0.1:{server.tls}" if row.tls else f"http://127.0.0.1:{server.port}"
    command = [
        "taskset",
        "-c",
        "1",
        "wrk",
        "-t1",
        f"-c{row.clients}",
        f"-d{seconds}",
        "-s",
        str(directory / "load.lua"),
    ]
    with never_closing(server, row.never_closing):
        before = server.cpu_s(tls=row.tls)
        told = subprocess.run([*command, url, "--", str(paths), row.mode], capture_output=True, text=True, check=False)
        used = server.cpu_s(tls=row.tls) - before
    done = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", told.stdout)
    assert done, told.stdout + told.stderr
    requests, took = int(done[1]), float(done[2])
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told.stdout)
    bad = int(wrong[1]) if wrong else 0
    expected = requests if row.name in ("unknown", "misses", "refused") else 0
    if bad != expected or "Socket errors" in told.stdout:
        print(f"{server.name} {row.name}: {bad} of {requests} were no success\n{told.stdout}", file=sys.stderr)
    row.results.setdefault(server.name, []).append((requests / took, used / max(requests, 1) * 1e6))


def warm(server: Server, row: Row) -> None:
    """Ask for everything once, over both ports."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    for kind, port in ((http.client.HTTPConnection, server.port), (_secure(trusting), server.tls)):
        connection = kind("127.0.0.1", port)
        for line in row.ours:
            connection.request("GET", line, headers={"User-Agent": AGENT})
            connection.getresponse().read()
        connection.close()


def _secure(context: ssl.SSLContext) -> Callable[[str, int], http.client.HTTPConnection]:
    return lambda host, port: http.client.HTTPSConnection(host, port, context=context)


def table(rows: Sequence[Row]) -> str:
    """Figures and ratios."""
    lines = [
        "| row | nginx req/s | ours req/s | ratio | nginx µs CPU | ours µs CPU | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        (theirs, their_cost), (rate, cost) = row.median("nginx"), row.median("ours")
        lines.append(
            f"| {row.name} | {theirs:,.0f} | {rate:,.0f} | {rate / theirs:.2f} |"
            f" {their_cost:.1f} | {cost:.1f} | {cost / their_cost:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=int, default=2)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--devices", type=int, default=2000)
    options.add_argument("--rows", nargs="*")
    options.add_argument("--database", help="an empty PostgreSQL instead of SQLite; it is filled and not emptied again")
    given = options.parse_args()
    missing = [program for program in ("nginx", "wrk", "taskset") if not shutil.which(program)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="provisioner-phones-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        installation = Installation(directory, given.devices, given.database)
        installation.fill()
        rows = [row for row in installation.rows() if not given.rows or row.name in given.rows]
        with servers(installation) as both:
            warm(both[1], installation.rows()[0])
            for _ in range(given.rounds):
                for row in rows:
                    for server in both:
                        measure(server, row, given.seconds, directory)
        print(table(rows))


if __name__ == "__main__":
    main()
