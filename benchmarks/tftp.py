"""Compare our TFTP door with tftpy, tftpd-hpa, atftpd and dnsmasq, side by side in one run.

    python benchmarks/tftp.py [--seconds 2] [--rounds 3] [--clients 64 512]

Every server gives the same 12 kB files to the same load: clients that ask for one file after the other in
blocks of 512 bytes, a new socket for each, all on the loopback. Ours renders nothing here, as the others: the
file comes from memory. Server and load have a core each where there are two. The load is Python as well
and shares in every figure, in that of the fastest server most: read the ratios, not the numbers.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import tftpy

from provisioner.tftp import TftpServer, listen

FILES = 1000
FILE_BYTES = 12_000
HEADER = struct.Struct("!HH")
ASK_AGAIN_S = 1.0
TRIES = 6


# ---------------------------------------------------------------- servers, each a command line


def ours(root: Path, port: int) -> list[str]:
    return [sys.executable, __file__, "--serve", "ours", str(root), str(port)]


def stock(root: Path, port: int) -> list[str]:
    return [sys.executable, __file__, "--serve", "tftpy", str(root), str(port)]


def tftpd_hpa(root: Path, port: int) -> list[str]:
    return ["in.tftpd", "-L", "-4", "--secure", "--user", "root", "--address", f"127.0.0.1:{port}", str(root)]


def atftpd(root: Path, port: int) -> list[str]:
    bind = ["--bind-address", "127.0.0.1", "--port", str(port)]
    return ["atftpd", "--daemon", "--no-fork", "--user", "root", "--group", "root", "--maxthread", "1000",
            "--verbose=1", *bind, str(root)]  # fmt: skip


def dnsmasq(root: Path, _port: int) -> list[str]:
    return ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-interfaces",
            "--listen-address=127.0.0.1", "--enable-tftp", f"--tftp-root={root}", "--tftp-max=2000",
            "--user=root", "--pid-file=", "--log-facility=-"]  # fmt: skip


SERVERS: dict[str, tuple[Callable[[Path, int], list[str]], int]] = {
    "ours": (ours, 7801),
    "tftpy": (stock, 7802),
    "tftpd-hpa": (tftpd_hpa, 7803),
    "atftpd": (atftpd, 7804),
    "dnsmasq": (dnsmasq, 69),  # it listens nowhere else
}


def serve(which: str, root: Path, port: int) -> None:
    """Be one of the two servers that are written in Python."""
    files = {path.name: path.read_bytes() for path in root.iterdir()}
    if which == "ours":
        TftpServer(
            listen("127.0.0.1", port),
            lambda request: files[request.name],
            at_once=lambda request: files.get(request.name),
        ).serve_forever()
    else:
        logging.disable()
        tftpy.TftpServer(str(root)).listen("127.0.0.1", port)


@contextmanager
def running(name: str, root: Path) -> Iterator[int]:
    """Run a server on the first core and give its port once it answers."""
    command, port = SERVERS[name]
    process = subprocess.Popen(
        command(root, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        pin(process.pid, 0)
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(50):
        if process.poll() is None and Load(port, 1).run(transfers=1, seconds=0.2).served:
            return
        time.sleep(0.1)
    raise RuntimeError(f"no answer from port {port}")


def pin(pid: int, core: int) -> None:
    cores = sorted(os.sched_getaffinity(0) if pid else range(os.cpu_count() or 1))
    os.sched_setaffinity(pid, {cores[core % len(cores)]})


# ---------------------------------------------------------------- load


@dataclass
class Result:
    served: int = 0
    failed: int = 0
    received: int = 0  # bytes, of unfinished files as well
    seconds: float = 0.0
    took_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Files a second. A server that gives to all by turns has many unfinished at the end: they count."""
        return self.received / FILE_BYTES / self.seconds

    @property
    def p99_ms(self) -> float:
        return sorted(self.took_s)[int(len(self.took_s) * 0.99)] * 1000 if self.took_s else float("nan")


class Phone:
    """A client in the middle of one file."""

    __slots__ = ("began", "block", "last_sent", "peer", "received", "sent_at", "socket", "tries")

    def __init__(self, name: str, server: tuple[str, int], now: float) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.peer = server
        self.block = self.received = 0
        self.began = now
        self.tries = 0
        self.send(b"\0\1" + name.encode() + b"\0octet\0", now)

    def send(self, packet: bytes, now: float) -> None:
        self.last_sent = packet
        self.sent_at = now
        self.socket.sendto(packet, self.peer)

    def hear(self, now: float) -> bool:
        """Take a block; True when it was the last."""
        packet, self.peer = self.socket.recvfrom(516)
        kind, block = HEADER.unpack_from(packet)
        if kind == 5:
            raise OSError(packet)
        if block != self.block + 1:
            return False
        self.block = block
        self.received += len(packet) - 4
        self.tries = 0
        self.send(HEADER.pack(4, block), now)
        return len(packet) < 516


class Load:
    """So many clients, each of which asks for the next file when it has one."""

    def __init__(self, port: int, clients: int) -> None:
        self.server = ("127.0.0.1", port)
        self.clients = clients
        self.epoll = select.epoll()
        self.phones: dict[int, Phone] = {}
        self.asked = 0

    def run(self, *, seconds: float, transfers: int = sys.maxsize) -> Result:
        result = Result()
        began = now = time.monotonic()
        end = began + seconds
        for _ in range(self.clients):
            self.ask(now)
        look_again = now + 0.2
        while now < end and result.served < transfers:
            for descriptor, _ in self.epoll.poll(0.05):
                self.hear(self.phones[descriptor], result, now)
            now = time.monotonic()
            if now > look_again:
                self.ask_again(result, now)
                look_again = now + 0.2
        result.seconds = now - began
        for phone in self.phones.values():
            phone.socket.close()
        self.epoll.close()
        return result

    def ask(self, now: float) -> None:
        phone = Phone(f"phone{self.asked % FILES:04}.cfg", self.server, now)
        self.asked += 1
        self.phones[phone.socket.fileno()] = phone
        self.epoll.register(phone.socket.fileno(), select.EPOLLIN)

    def hear(self, phone: Phone, result: Result, now: float) -> None:
        before = phone.received
        try:
            is_complete = phone.hear(now)
            result.received += phone.received - before
            if not is_complete:
                return
        except BlockingIOError:
            return
        except OSError:
            result.failed += 1
        else:
            assert phone.received == FILE_BYTES
            result.served += 1
            result.took_s.append(now - phone.began)
        self.replace(phone, now)

    def replace(self, phone: Phone, now: float) -> None:
        del self.phones[phone.socket.fileno()]
        phone.socket.close()
        self.ask(now)

    def ask_again(self, result: Result, now: float) -> None:
        for phone in [phone for phone in self.phones.values() if now - phone.sent_at > ASK_AGAIN_S]:
            phone.tries += 1
            if phone.tries < TRIES:
                phone.send(phone.last_sent, now)
            else:
                result.failed += 1
                self.replace(phone, now)


# ---------------------------------------------------------------- the table


def compare(names: list[str], clients: list[int], seconds: float, rounds: int) -> None:
    results: dict[tuple[str, int], list[Result]] = {}
    with tempfile.TemporaryDirectory(prefix="tftp-bench-") as directory:
        root = Path(directory)
        root.chmod(0o755)
        for number in range(FILES):
            (root / f"phone{number:04}.cfg").write_bytes(f"{number:04}".encode() * (FILE_BYTES // 4))
        for _ in range(rounds):
            for name in names:  # rounds over all servers: whatever disturbs the machine disturbs them alike
                with running(name, root) as port:
                    for count in clients:
                        results.setdefault((name, count), []).append(Load(port, count).run(seconds=seconds))
    show(names, clients, results)


def show(names: list[str], clients: list[int], results: dict[tuple[str, int], list[Result]]) -> None:
    print(f"{FILE_BYTES} byte files, blocks of 512; medians; the Python load shares in every figure")
    print(f"{'server':<10}{'clients':>8}{'files/s':>10}{'p99 ms':>9}{'failed':>8}{'ours is':>10}")
    for count in clients:
        base = statistics.median(result.rate for result in results["ours", count])
        for name in names:
            runs = results[name, count]
            rate = statistics.median(run.rate for run in runs)
            p99 = statistics.median(run.p99_ms for run in runs)
            failed = sum(run.failed for run in runs)
            print(f"{name:<10}{count:>8}{rate:>10.0f}{p99:>9.0f}{failed:>8}{base / rate:>8.2f} x")


def can_run(name: str) -> bool:
    command, port = SERVERS[name]
    is_installed = shutil.which(command(Path(), 0)[0]) is not None
    return is_installed and (port >= 1024 or os.geteuid() == 0)


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    given = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    names = [name for name in given.servers if can_run(name)]
    for name in sorted(set(given.servers) - set(names)):
        print(f"{name} is left out: not installed, or its port needs root")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    pin(0, 1)
    compare(names, given.clients, given.seconds, given.rounds)


if __name__ == "__main__":
    main()
