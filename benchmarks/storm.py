"""The moment when the power is back: ten thousand phones start at once, against us and against nginx.

    python benchmarks/storm.py [--phones 10000] [--workers 2] [--rounds 3] [--database URL]

The phones are those of `provisioner simulate --self`: paired, of all vendors. Each makes five requests, three
for files that are there and two for names that are not, in its own order, with a new connection for each and
from an address of its own; what is not answered within ten seconds is asked again. They are ``storm_load.c``,
compiled by cc, so that the servers are measured and not the phones. nginx has the rendered files on tmpfs,
and both sides have as many workers; phones and servers share the machine in each row. Ours begins with nothing
in memory ("cold", once) and fills the memory of all processes ("filling": a request reaches any of them, so of two
each time half of what one lacks is left); then nginx and ours take turns, each
once what is written behind the requests is written. ``--database`` is an empty one, which is filled and not
emptied again.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from provisioner import logs
from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.errors import ProvisionerError
from provisioner.recognise import Ask
from provisioner.simulate.installation import fill, phones_of
from provisioner.simulate.phones import Phone
from provisioner.simulate.temporary import Temporary, temporary

HERE = Path(__file__).parent
FILES, MISSES = 3, 2
PATIENCE_MS = 10_000
QUIET_S = 3
FILLINGS = 5
NGINX = """
daemon off; worker_processes {workers}; pid {top}/pid; error_log /dev/null;
worker_rlimit_nofile 65536;
events {{ worker_connections 16384; multi_accept on; }}
http {{
  access_log off; log_not_found off; sendfile on; tcp_nopush on; default_type text/plain;
  client_body_temp_path {top}/a; proxy_temp_path {top}/b; fastcgi_temp_path {top}/c; uwsgi_temp_path {top}/d;
  scgi_temp_path {top}/e;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}
}}
"""


@dataclass
class Storm:
    """What is asked, and what came of it by server."""

    top: Path
    results: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def drive(self, label: str, port: int) -> None:
        """One row of the table."""
        command = [self.top / "load", str(port), str(FILES + MISSES), str(PATIENCE_MS), self.top / "requests"]
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        self.results.setdefault(label, []).append(found)
        print(
            f"{label:<16}{found['requests']:>10}{found['all_s']:>9.2f}{found['median_phone_s']:>9.2f}"
            f"{found['p99_ms']:>9.0f}{found['timeouts']:>10}{found['broken']:>9}{found['wrong']:>9}",
            flush=True,
        )

    def all_s(self, label: str) -> float:
        """The median of the seconds until every phone was served."""
        return statistics.median(one["all_s"] for one in self.results[label])


def write_files(server: Provisioner, phones: Sequence[Phone], root: Path) -> list[str]:
    """What each phone gets, under the names by which it asks; the lines for the phones' program."""
    lines: list[str] = []
    for phone in phones:
        folder = root / "d" / (phone.token or "")
        folder.mkdir(parents=True, exist_ok=True)
        there: list[tuple[int, str]] = []
        missing: list[tuple[int, str]] = []
        for order, (name, agent) in enumerate(_asked(phone)):
            path = f"/d/{phone.token}/{name}"
            body = _body(server, Ask(path=path, user_agent=agent, address="127.0.0.1"))
            if body is not None:
                (folder / name).write_bytes(body)
            (missing if body is None else there).append((order, f"{404 if body is None else 200}\t{path}\t{agent}"))
        if not missing:
            missing = [(len(there), f"404\t/d/{phone.token}/{phone.mac.hex}.none\t{agent}")]
        five = [*islice(cycle(there), FILES), *islice(cycle(missing), MISSES)]
        lines += [line for _, line in sorted(five)]
    return lines


def _asked(phone: Phone) -> Iterator[tuple[str, str]]:
    """Every name of a phone's start with its user-agent."""
    for stage in phone.stages:
        for names in stage.files:
            yield from ((name, stage.agent) for name in names)


def _body(server: Provisioner, ask: Ask) -> bytes | None:
    try:
        return server.answer(ask).body
    except ProvisionerError:
        return None


@contextmanager
def nginx(top: Path, workers: int) -> Iterator[int]:
    """nginx over the files, while the block runs: its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = top / "nginx.conf"
    config.write_text(NGINX.format(workers=workers, top=top, port=port, root=top / "root"))
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", config, "-p", top], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def prepare(own: Temporary, top: Path, count: int) -> None:
    """Fill the installation, and write its files and the phones' requests."""
    server = open_provisioner(own.installation, create=True)
    fill(server, count, (), new=False)
    phones = phones_of(server, tenant=None, only=(), pair=False, limit=None)
    lines = write_files(server, phones, top / "root")
    server.close()
    (top / "requests").write_text("\n".join(lines) + "\n", "utf-8")
    for path in (top / "root", *(top / "root").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    subprocess.run(["cc", "-O2", "-o", top / "load", HERE / "storm_load.c"], check=True)


def run(own: Temporary, storm: Storm, rounds: int, workers: int) -> None:
    """Every row, and the ratio."""
    port = int(own.installation.phones_bind.rpartition(":")[2])
    with own.serving(), nginx(storm.top, workers) as other:
        for label in ("ours, cold", *["ours, filling"] * (FILLINGS if workers > 1 else 0)):
            storm.drive(label, port)
            time.sleep(QUIET_S)
        for _ in range(rounds):
            storm.drive("nginx, static", other)
            storm.drive("ours, warm", port)
            time.sleep(QUIET_S)
    for label in ("ours, cold", "ours, warm"):
        print(f"{label}: {storm.all_s(label) / storm.all_s('nginx, static'):.2f} x nginx")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--phones", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database")
    given = parser.parse_args()
    if missing := [program for program in ("/usr/sbin/nginx", "cc") if not shutil.which(program)]:
        sys.exit(f"not installed: {', '.join(missing)}")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    logs.configure("error", "text")
    shared = Path("/dev/shm")
    with (
        temporary(given.database, given.workers) as own,
        tempfile.TemporaryDirectory(prefix="storm-bench-", dir=shared if shared.is_dir() else None) as directory,
    ):
        top = Path(directory)
        top.chmod(0o755)
        prepare(own, top, given.phones)
        print(f"{given.phones} phones at once, {given.workers} processes")
        head = ("requests", "all s", "phone s", "p99 ms", "timeouts", "broken", "wrong")
        print(f"{'server':<16}{head[0]:>10}" + "".join(f"{one:>{10 if one == 'timeouts' else 9}}" for one in head[1:]))
        run(own, Storm(top), given.rounds, given.workers)


if __name__ == "__main__":
    main()
