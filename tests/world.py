"""A whole installation for tests: a data directory, a database, and a site applied to it."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import randbelow
from typing import Any

from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.settings import Installation
from provisioner.site.apply import apply

SITE = """
tenant: acme
name: Acme Dental
access: pairing
networks: [10.20.0.0/16]
sip: {server: pbx.acme.example, port: 5061, transport: tls}
locale: {timezone: America/Chicago, country: US, language: en}
extensions:
  - {number: "100", name: Front office, password: s3cret-100}
  - {number: "101", name: Back office, password: s3cret-101}
devices:
  - {mac: "80:5e:c0:12:34:56", name: Front desk, vendor: yealink, model: T46U, extensions: ["100"]}
  - {mac: "80:5e:c0:12:34:57", name: Back desk, vendor: yealink, model: T48S, extensions: ["101"]}
"""
FRONT, BACK = "805ec0123456", "805ec0123457"
SERVED: set[Path] = set()
"""The data directories of all servers that were started."""


@contextmanager
def opened(directory: Path, site: str = SITE, **settings: Any) -> Iterator[Provisioner]:
    """The provisioner of a new installation in this process, with the site applied."""
    installation = Installation(**{"data_dir": directory, "public_url": "http://prov.example", **settings})
    provisioner = open_provisioner(installation, create=True)
    apply(provisioner, site)
    yield provisioner
    provisioner.close()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that is free now, below those that the system gives to the other sockets of a run."""
    while True:
        port = 10_000 + randbelow(22_000)
        with suppress(OSError), socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_until_open(port: int, timeout_s: float = 60) -> None:
    """Until somebody takes connections there."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)


@dataclass
class World:
    """An installation and how to talk to it."""

    directory: Path
    phones: int
    portal: int
    tftp: int
    database_url: str | None = None
    environment_extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the installation, over the test's environment."""
        mine = {
            "PROVISIONER_DATA_DIR": str(self.directory),
            "PROVISIONER_PHONES_BIND": f"127.0.0.1:{self.phones}",
            "PROVISIONER_PORTAL_BIND": f"127.0.0.1:{self.portal}",
            "PROVISIONER_TFTP_BIND": f"127.0.0.1:{self.tftp}",
            "PROVISIONER_PUBLIC_URL": f"http://127.0.0.1:{self.phones}",
            "PROVISIONER_WORKERS": "1",
            "PROVISIONER_ADMIN_PASSWORD": "correct-horse-battery",
        }
        if self.database_url:
            mine["PROVISIONER_DATABASE_URL"] = self.database_url
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PROVISIONER_")}
        return {**kept, **mine, **self.environment_extra}

    def run(self, *words: str, stdin: str = "", expect: int = 0) -> str:
        """Run one command; its output, when it ends with the expected status."""
        done = subprocess.run(
            [sys.executable, "-m", "provisioner", *words],
            env=self.environment, input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == expect, f"{words}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if expect == 0 else done.stdout + done.stderr

    def url(self, path: str) -> str:
        """A URL of the phones' plane."""
        return f"http://127.0.0.1:{self.phones}{path}"

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body of a GET on the phones' plane."""
        request = urllib.request.Request(self.url(path), headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    @contextmanager
    def serving(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Run the server until the block ends, from when it is ready."""
        with self.starting(*words) as process:
            self.wait(tuple(word for word in words if not word.startswith("-")), process)
            yield process

    @contextmanager
    def starting(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Run the server until the block ends, ready or not."""
        SERVED.add(self.directory)
        with open(self.directory / "serve.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "provisioner", "serve", *words],
                env=self.environment, stdout=log, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait(60)

    def wait_for_log(self, text: str, timeout_s: float = 60) -> None:
        """Until the server has written this to its log."""
        deadline = time.monotonic() + timeout_s
        while text not in (log := (self.directory / "serve.log").read_text(encoding="utf-8", errors="replace")):
            assert time.monotonic() < deadline, log[-2000:]
            time.sleep(0.05)

    def _ready(self, port: int) -> None:
        has_tls = port == self.phones and "PROVISIONER_TLS_CERT" in self.environment_extra
        context = ssl._create_unverified_context() if has_tls else None
        scheme = "https" if has_tls else "http"
        urllib.request.urlopen(f"{scheme}://127.0.0.1:{port}/readyz", timeout=5, context=context).close()

    def _ready_for_tftp(self) -> None:
        """Any answer to a request for nothing."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.settimeout(1)
            phone.sendto(b"\0\1ready\0octet\0", ("127.0.0.1", self.tftp))
            phone.recv(600)

    def wait(
        self, planes: tuple[str, ...] = (), process: subprocess.Popen[str] | None = None, timeout_s: float = 60
    ) -> None:
        """Until the planes that phones and people ask are ready, or the server's process has ended."""
        ports = [
            port for plane, port in (("phones", self.phones), ("portal", self.portal)) if not planes or plane in planes
        ]
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                for port in ports:
                    self._ready(port)
                if not planes or "tftp" in planes:
                    self._ready_for_tftp()
                return
            except OSError:
                has_ended = process is not None and process.poll() is not None
                if has_ended or time.monotonic() > deadline:
                    print((self.directory / "serve.log").read_text(encoding="utf-8", errors="replace")[-2000:])
                    raise
                time.sleep(0.1)


def make_world(directory: Path, site: str | None = SITE, database_url: str | None = None) -> World:
    """An installation in a directory, with a site applied unless None is given."""
    world = World(directory, free_port(), free_port(), free_port(socket.SOCK_DGRAM), database_url)
    if site is not None:
        world.run("apply", "-", stdin=site)
    return world
