"""Compare our TFTP door with tftpy, tftpd-hpa, atftpd and dnsmasq, side by side in one run.

    python benchmarks/tftp.py [--seconds 2] [--rounds 3] [--clients 64 512] [--workers 1] [--cases rate site ...]
                              [--receive-buffer 4194304]

``ours`` is the product as it is run, `provisioner serve tftp` in one process over a SQLite database of
paired devices, of which the thousand whose files are nearest to 12 kB ask: each file costs recognition, the
SELECT of its revision and the gate. The others serve the same bytes under the same names from a directory on
tmpfs. ``ours, loop`` is our door alone, with files from memory or disk.
The phones are ``tftp_load.c``, compiled by cc. Servers have the first core, phones the second. Rounds go over
all servers: whatever disturbs the machine disturbs them alike.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tftpy

from provisioner import logs
from provisioner.app import open_provisioner
from provisioner.recognise import Ask
from provisioner.settings import Installation
from provisioner.simulate.installation import fill, phones_of
from provisioner.tftp import Request, TftpServer
from provisioner.tftp_listeners import listen
from provisioner.values import Transport

DEVICES = 1000
FILE_BYTES = 12_000
FIRMWARE_BYTES = 30_000_000
FIRMWARE = "image.bin"
RECEIVE_BUFFER = Path("/proc/sys/net/core/rmem_default")
SLOW = "slow-"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Bench:
    """The directories of one run: files to serve, their names, our installation, the compiled phones."""

    root: Path
    names: Path
    data: Path
    load: Path

    @property
    def mean_bytes(self) -> float:
        """Of a configuration file."""
        return statistics.mean((self.root / name).stat().st_size for name in self.names.read_text().split())


# ---------------------------------------------------------------- servers, each a command line


def ours(_bench: Bench, _port: int) -> list[str]:
    return [sys.executable, "-m", "provisioner", "serve", "tftp"]


def ours_loop(bench: Bench, port: int) -> list[str]:
    return [sys.executable, __file__, "--serve", "loop", str(bench.root), str(port)]


def stock(bench: Bench, port: int) -> list[str]:
    return [sys.executable, __file__, "--serve", "tftpy", str(bench.root), str(port)]


def tftpd_hpa(bench: Bench, port: int) -> list[str]:
    at = f"127.0.0.1:{port}"
    return ["in.tftpd", "-L", "-4", "--secure", "--user", "root", "--address", at, str(bench.root)]


def atftpd(bench: Bench, port: int) -> list[str]:
    bind = ["--bind-address", "127.0.0.1", "--port", str(port)]
    return ["atftpd", "--daemon", "--no-fork", "--user", "root", "--group", "root", "--maxthread", "1000",
            "--verbose=1", *bind, str(bench.root)]  # fmt: skip


def dnsmasq(bench: Bench, _port: int) -> list[str]:
    return ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-interfaces",
            "--listen-address=127.0.0.1", "--enable-tftp", f"--tftp-root={bench.root}", "--tftp-max=2000",
            "--user=root", "--pid-file=", "--log-facility=-"]  # fmt: skip


SERVERS: dict[str, tuple[Callable[[Bench, int], list[str]], int]] = {
    "ours": (ours, 7801),
    "ours, loop": (ours_loop, 7802),
    "tftpy": (stock, 7803),
    "tftpd-hpa": (tftpd_hpa, 7804),
    "atftpd": (atftpd, 7805),
    "dnsmasq": (dnsmasq, 69),  # it listens nowhere else
}


def serve(which: str, root: Path, port: int) -> None:
    """Be one of the two servers that are written in Python."""
    if which == "tftpy":
        logging.disable()
        tftpy.TftpServer(str(root)).listen("127.0.0.1", port)
        return
    files = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.cfg")}

    def respond(request: Request) -> bytes | Path:
        if request.name == FIRMWARE:
            return root / FIRMWARE
        time.sleep(0.01)
        return files[request.name.removeprefix(SLOW)]

    TftpServer(listen("127.0.0.1", port), respond, at_once=lambda request: files.get(request.name)).serve_forever()


@contextmanager
def receive_buffer(size: int | None) -> Iterator[None]:
    """Give each socket that does not ask for more room this many bytes for what it has not read yet. Needs root."""
    if size is None:
        yield
        return
    before = RECEIVE_BUFFER.read_text()
    RECEIVE_BUFFER.write_text(str(size))
    try:
        yield
    finally:
        RECEIVE_BUFFER.write_text(before)


@contextmanager
def running(name: str, bench: Bench, *, workers: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server once it answers: on the first core, several workers of ours on all."""
    command, port = SERVERS[name]
    pinned = ["taskset", "-c", "0", *command(bench, port)] if workers == 1 else command(bench, port)
    settings = {
        "DATA_DIR": str(bench.data),
        "TFTP_BIND": f"127.0.0.1:{port}",
        "WORKERS": str(workers),
        "LOG_LEVEL": "warning",
    }
    environment = os.environ | {f"PROVISIONER_{key}": value for key, value in settings.items()}
    process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        wait_for(bench, name, process)
        if name == "ours":  # which renders a file when it is asked for the first time; the others never do
            load(bench, name, 32, seconds=120, transfers=DEVICES * workers * 3)
        yield process
    finally:
        process.terminate()
        process.wait()


def wait_for(bench: Bench, name: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is None and load(bench, name, 1, seconds=0.3, transfers=1)["served"]:
            return
        time.sleep(0.1)
    raise RuntimeError(f"{name} does not answer")


# ---------------------------------------------------------------- load


def load(
    bench: Bench, name: str, phones: int, *, seconds: float, transfers: int = 0, blksize: int = 0, window: int = 1,
    loss: float = 0, abandon: float = 0, names: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One run of the phones on the second core; what they counted."""
    numbers = [phones, seconds, transfers, blksize, window, loss, abandon]
    command = [str(bench.load), "127.0.0.1", str(SERVERS[name][1]), *map(str, numbers), str(names or bench.names)]
    done = subprocess.run(["taskset", "-c", "1", *command], capture_output=True, check=True, timeout=seconds + 30)
    counted: dict[str, Any] = json.loads(done.stdout.replace(b"nan", b"null"))
    return counted


def about(pid: int, name: str) -> Iterator[str]:
    """A file in /proc of a process and of all below it; those that ended meanwhile are left out."""
    with suppress(OSError):
        yield Path(f"/proc/{pid}/{name}").read_text()
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from about(int(child), name)


def cpu_s(pid: int) -> float:
    """Processor time of a server, with its living and its buried children."""
    ticks = sum(sum(map(int, text.rpartition(")")[2].split()[11:15])) for text in about(pid, "stat"))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """The most memory that a server's processes ever had."""
    return sum(int(text.partition("VmHWM:")[2].split()[0]) for text in about(pid, "status")) / 1024


# ---------------------------------------------------------------- the cases, each a table


def rate(bench: Bench, names: Sequence[str], given: argparse.Namespace) -> None:
    """Files a second. A server that gives to all by turns has many unfinished at the end: their bytes count.

    `starved` are the phones that got no file at all: a server that loses their requests has fewer to serve.
    """
    rows: dict[tuple[str, int], list[tuple[float, float, float, int]]] = {}
    mean = bench.mean_bytes
    for _ in range(given.rounds):
        for name in names:
            with running(name, bench, workers=given.workers if name == "ours" else 1) as process:
                for phones in given.clients:
                    load(bench, name, phones, seconds=0.3)
                    before = cpu_s(process.pid)
                    found = load(bench, name, phones, seconds=given.seconds)
                    files = max(found["bytes"], 1) / mean
                    used = (cpu_s(process.pid) - before) / files * 1e6
                    row = files / found["seconds"], found["p99_ms"] or 0.0, used, found["starved"]
                    rows.setdefault((name, phones), []).append(row)
    print(f"\nfiles of {mean:.0f} bytes in blocks of 512, medians of {given.rounds} rounds")
    print(f"{'server':<12}{'phones':>8}{'files/s':>10}{'p99 ms':>9}{'CPU us':>8}{'starved':>9}{'ours is':>10}")
    for phones in given.clients:
        middle = {
            name: [statistics.median(column) for column in zip(*rows[name, phones], strict=True)] for name in names
        }
        for name, (files, p99, used, starved) in middle.items():
            ratio = middle[names[0]][0] / files
            print(f"{name:<12}{phones:>8}{files:>10.0f}{p99:>9.0f}{used:>8.0f}{starved:>9.0f}{ratio:>8.2f} x")


def site(bench: Bench, names: Sequence[str], given: argparse.Namespace) -> None:
    """All phones of a large site start at the same moment, and each wants several files one after the other."""
    phones, files = max(given.clients), 5
    print(f"\n{phones} phones at once, {files} files each: when everybody had all, medians of {given.rounds} rounds")
    print(f"{'server':<12}{'half had s':>11}{'all had s':>10}{'failed':>8}{'repeats':>9}{'ours is':>10}")
    rows: dict[str, list[tuple[float, float, int, int]]] = {}
    for _ in range(given.rounds):
        for name in names:
            with running(name, bench, workers=given.workers if name == "ours" else 1):
                found = load(bench, name, phones, seconds=60, transfers=phones * files)
            failed = phones * files - found["served"]
            rows.setdefault(name, []).append((found["half_s"], found["seconds"], failed, found["repeats"]))
    middle = {name: [statistics.median(column) for column in zip(*found, strict=True)] for name, found in rows.items()}
    for name, (half, whole, failed, repeats) in middle.items():
        ratio = whole / middle[names[0]][1]
        print(f"{name:<12}{half:>11.2f}{whole:>10.2f}{failed:>8.0f}{repeats:>9.0f}{ratio:>8.2f} x")


def window(bench: Bench, names: Sequence[str], given: argparse.Namespace) -> None:
    """A firmware file, in lock-step and with a window."""
    image = bench.data / "image-names"
    image.write_text(f"{FIRMWARE}\n")
    print(f"\n{FIRMWARE_BYTES / 1e6:.0f} MB, blksize 1428, 4 phones, medians of {given.rounds}")
    print(f"{'server':<12}{'lock-step MB/s':>16}{'windowsize 8':>14}{'ratio':>8}{'MB more memory':>16}")
    for name in ("ours, loop", "atftpd"):
        if name not in names:
            continue
        with running(name, bench) as process:
            before = resident_mb(process.pid)
            speeds: dict[int, list[float]] = {1: [], 8: []}
            for _ in range(given.rounds):
                for size, measured in speeds.items():
                    found = load(bench, name, 4, seconds=given.seconds, blksize=1428, window=size, names=image)
                    measured.append(found["bytes"] / found["seconds"] / 1e6)
            one, eight = map(statistics.median, speeds.values())
            print(f"{name:<12}{one:>16.0f}{eight:>14.0f}{eight / one:>7.1f}x{resident_mb(process.pid) - before:>16.1f}")


def storm(bench: Bench, names: Sequence[str], _given: argparse.Namespace) -> None:
    """Everybody at the same moment."""
    phones = 9000
    print(f"\n{phones} phones at once, each asks again after 1 s, at most 8 times")
    print(f"{'server':<12}{'processes':>10}{'served':>8}{'failed':>8}{'repeats':>9}{'last s':>8}")
    for name, workers in [("ours", 1), ("ours", 2), ("ours", 2), ("ours", 2), ("dnsmasq", 1), ("tftpd-hpa", 1)]:
        if name not in names:
            continue
        with running(name, bench, workers=workers):
            found = load(bench, name, phones, seconds=60, transfers=phones)
        failed = phones - found["served"]
        last = (found["last_ms"] or 0) / 1000
        print(f"{name:<12}{workers:>10}{found['served']:>8}{failed:>8}{found['repeats']:>9}{last:>8.1f}")


def loss(bench: Bench, names: Sequence[str], _given: argparse.Namespace) -> None:
    """A bad line in both directions."""
    print("\n5 % of packets lost each way, 64 phones, 300 files")
    print(f"{'server':<12}{'served':>8}{'failed':>8}{'p99 s':>8}{'seconds':>9}")
    for name in ("ours", "dnsmasq", "tftpd-hpa"):
        if name not in names:
            continue
        with running(name, bench):
            found = load(bench, name, 64, seconds=120, transfers=300, loss=5)
        p99 = (found["p99_ms"] or 0) / 1000
        print(f"{name:<12}{found['served']:>8}{300 - found['served']:>8}{p99:>8.1f}{found['seconds']:>9.1f}")


def abandoned(bench: Bench, names: Sequence[str], _given: argparse.Namespace) -> None:
    """Phones that fall silent in the middle must cost the next one nothing."""
    print("\n3,000 transfers abandoned after the third block; then one phone")
    print(f"{'server':<12}{'abandoned':>10}{'next took ms':>14}")
    for name in ("ours", "dnsmasq"):
        if name not in names:
            continue
        with running(name, bench):
            left = load(bench, name, 500, seconds=30, transfers=3000, abandon=100)
            found = load(bench, name, 1, seconds=10, transfers=1)
        print(f"{name:<12}{left['abandoned']:>10}{found['last_ms'] or float('nan'):>14.1f}")


def slow(bench: Bench, _names: Sequence[str], given: argparse.Namespace) -> None:
    """Files that take 10 ms to make, and beside them one phone whose file is at hand."""
    late = bench.data / "slow-names"
    late.write_text("".join(f"{SLOW}{name}\n" for name in bench.names.read_text().split()))
    with running("ours, loop", bench):
        alone = load(bench, "ours, loop", 1, seconds=given.seconds)
        numbers = ["64", str(given.seconds + 1), "0", "0", "1", "0", "0"]
        command = [str(bench.load), "127.0.0.1", str(SERVERS["ours, loop"][1]), *numbers, str(late)]
        with subprocess.Popen(["taskset", "-c", "1", *command], stdout=subprocess.PIPE) as crowd:
            time.sleep(0.3)
            beside = load(bench, "ours, loop", 1, seconds=given.seconds)
            assert crowd.stdout
            made = json.loads(crowd.stdout.read())
    print("\n64 phones whose files take 10 ms each, and beside them one whose file is at hand")
    print(
        f"made: {made['served'] / made['seconds']:.0f} files/s, {0.01 * made['served'] / made['seconds']:.1f} at a time"
    )
    print(f"at hand: p50 {beside['p50_ms']} ms, p99 {beside['p99_ms']} ms; alone {alone['p50_ms']}, {alone['p99_ms']}")


CASES = {
    "rate": rate,
    "site": site,
    "window": window,
    "storm": storm,
    "loss": loss,
    "abandoned": abandoned,
    "slow": slow,
}


# ---------------------------------------------------------------- making ready


@contextmanager
def prepared() -> Iterator[Bench]:
    """An installation with its devices, their files in a directory, and the phones, all gone afterwards."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="tftp-bench-", dir=shared if shared.is_dir() else None) as directory:
        top = Path(directory)
        top.chmod(0o755)
        bench = Bench(root=top / "root", names=top / "names", data=top / "data", load=top / "load")
        bench.root.mkdir(mode=0o755)
        subprocess.run(["cc", "-O2", "-o", bench.load, HERE / "tftp_load.c", "-lm"], check=True)
        write_files(bench)
        yield bench


def write_files(bench: Bench) -> None:
    """The devices of our installation, and what it would serve them, for the other servers."""
    logs.configure("error", "text")
    server = open_provisioner(Installation(data_dir=bench.data), create=True)
    fill(server, DEVICES * 4, {"yealink"}, new=False)
    bodies = {}
    for phone in phones_of(server, tenant=None, only=(), pair=False, limit=None):
        name = f"d/{phone.token}/{phone.mac.hex}.cfg"
        bodies[name] = server.answer(Ask(path=f"/{name}", transport=Transport.TFTP, address="127.0.0.1")).body
    server.close()
    # Files of very different lengths would make the slowest of a hundred a matter of its length alone.
    names = sorted(bodies, key=lambda name: abs(len(bodies[name]) - FILE_BYTES))[:DEVICES]
    for name in names:
        path = bench.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bodies[name])
    bench.names.write_text("\n".join(names) + "\n")
    (bench.root / FIRMWARE).write_bytes(os.urandom(1000) * (FIRMWARE_BYTES // 1000))
    for path in bench.root.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def can_run(name: str, bench: Bench) -> bool:
    command, port = SERVERS[name]
    is_installed = shutil.which(command(bench, 0)[0]) is not None
    return is_installed and (port >= 1024 or os.geteuid() == 0)


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--workers", type=int, default=1, help="processes of ours; several run beside the phones, too")
    parser.add_argument("--receive-buffer", type=int, metavar="BYTES", help="net.core.rmem_default during the run")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    given = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with receive_buffer(given.receive_buffer), prepared() as bench:
        names = [name for name in given.servers if can_run(name, bench)]
        for name in sorted(set(given.servers) - set(names)):
            print(f"{name} is left out: not installed, or its port needs root")
        for case in given.cases:
            CASES[case](bench, names, given)


if __name__ == "__main__":
    main()
