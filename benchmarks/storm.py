"""The moment when the power is back: a fleet starts at once, against us and against nginx with the same files.

    python benchmarks/storm.py [--phones 2000] [--workers 2] [--database URL]

The fleet is that of `provisioner simulate --self`: paired phones of all vendors, each with its own sequence
of files and misses, a new connection for each, all over HTTP here. Ours is asked twice: cold, when every file
has to be rendered, and warm. nginx has the rendered files on tmpfs and as many workers. Fleet and server
share the machine in each row. ``--database`` is an empty one, which is filled and not emptied again.
"""

from __future__ import annotations

import argparse
import resource
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from provisioner import logs
from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.errors import ProvisionerError
from provisioner.recognise import Ask
from provisioner.simulate.fleet import Fleet, Patience
from provisioner.simulate.installation import fill, phones_of
from provisioner.simulate.phones import Phone
from provisioner.simulate.report import total
from provisioner.simulate.target import target
from provisioner.simulate.temporary import temporary
from provisioner.values import Transport

NGINX = """
daemon off; worker_processes {workers}; pid {top}/pid; error_log /dev/null;
worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
  access_log off; default_type text/plain;
  client_body_temp_path {top}/a; proxy_temp_path {top}/b; fastcgi_temp_path {top}/c; uwsgi_temp_path {top}/d;
  scgi_temp_path {top}/e;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}
}}
"""


def drive(label: str, url: str, phones: Sequence[Phone]) -> None:
    """One row of the table."""
    fleet = Fleet(target(url, None, owned=False), Patience(), transport=Transport.HTTP)
    found = total(fleet.run(phones))
    rate = found.asked / found.last_s if found.last_s else 0.0
    print(
        f"{label:<16}{found.asked:>10}{found.last_s:>9.1f}{rate:>9.0f}{found.quantile_ms(0.5):>9.0f}"
        f"{found.quantile_ms(0.99):>9.0f}{found.retries:>9}{found.gave_up:>9}",
        flush=True,
    )


def write_files(server: Provisioner, phones: Sequence[Phone], root: Path) -> None:
    """What each phone gets, under the names by which it asks."""
    for phone in phones:
        folder = root / "d" / (phone.token or "")
        folder.mkdir(parents=True, exist_ok=True)
        for stage in phone.stages:
            for name in (name for names in stage.files for name in names):
                ask = Ask(path=f"/d/{phone.token}/{name}", user_agent=stage.agent, address="127.0.0.1")
                try:
                    (folder / name).write_bytes(server.answer(ask).body)
                except ProvisionerError:
                    continue


@contextmanager
def nginx(root: Path, top: Path, workers: int) -> Iterator[str]:
    """nginx over a directory, while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = top / "nginx.conf"
    config.write_text(NGINX.format(workers=workers, top=top, port=port, root=root))
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", config, "-p", top], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--phones", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database")
    given = parser.parse_args()
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
        server = open_provisioner(own.installation, create=True)
        fill(server, given.phones, (), new=False)
        phones = phones_of(server, tenant=None, only=(), pair=False, limit=None)
        write_files(server, phones, top / "root")
        server.close()
        for path in (top / "root").rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        print(f"{given.phones} phones at once, {given.workers} processes")
        head = ("requests", "last s", "req/s", "p50 ms", "p99 ms", "retries", "gave up")
        print(f"{'server':<16}{head[0]:>10}{''.join(f'{column:>9}' for column in head[1:])}")
        with nginx(top / "root", top, given.workers) as url:
            drive("nginx, static", url, phones)
        with own.serving():
            url = f"http://{own.installation.phones_bind}"
            drive("ours, cold", url, phones)
            drive("ours, warm", url, phones)
        with nginx(top / "root", top, given.workers) as url:
            drive("nginx, static", url, phones)


if __name__ == "__main__":
    main()
