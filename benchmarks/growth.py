"""What a request, a start and an apply cost as the number of devices grows.

    python benchmarks/growth.py [--sizes 1000 10000 100000 1000000] [--database URL] [--apply 10000]

Devices are inserted straight into an empty, migrated database: SQLite in a temporary directory, or the
server that ``--database`` names, which must be empty. For each size: the processor time of a file at hand
(five hundred devices, spread over all) as the phones' door answers it, the same of a MAC that nobody has,
the memory of the process before and after it made files for far more than its cache may hold, and the
time from `provisioner serve` until phones' and portal's HTTP and TFTP all gave their first answer. Then a
site file of many devices is applied.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AT_HAND = 500
BEYOND = 4_000
CACHE_MB = 32
PHONES, PORTAL, TFTP = 8097, 8098, 6997
AGENT = "Yealink SIP-T46U 108.86.0.45"


def mac(number: int) -> str:
    return f"805ec0{number:06x}" if number < 1 << 24 else f"805ec1{number - (1 << 24):06x}"


def spread(size: int, count: int) -> list[str]:
    """So many MACs, evenly spread over all."""
    step = max(1, size // count)
    return [mac(number) for number in range(0, min(size, step * count), step)]


def fill(environment: dict[str, str], size: int) -> None:
    """Insert a tenant with so many phones, each with an extension."""
    from sqlalchemy import insert  # noqa: PLC0415

    from provisioner.store.tables import Device, DeviceLine, Extension, Tenant  # noqa: PLC0415
    from provisioner.vault import new_public_id  # noqa: PLC0415

    provisioner = opened(environment, create=True)
    tenant = {"id": 1, "uid": uuid.uuid4().hex, "slug": "busy", "name": "Busy", "access": "network"}
    with provisioner.database.engine.begin() as connection:
        connection.execute(insert(Tenant), [{**tenant, "networks": ["127.0.0.0/8"]}])
        for start in range(0, size, 10_000):
            numbers = range(start, min(size, start + 10_000))
            common = [{"id": n + 1, "uid": f"{n:032x}", "tenant_id": 1} for n in numbers]
            phones = [
                {**row, "mac": mac(n), "vendor": "yealink", "model": "T46U", "public_id": new_public_id()}
                for n, row in zip(numbers, common, strict=True)
            ]
            connection.execute(insert(Extension), [{**row, "number": str(row["id"])} for row in common])
            connection.execute(insert(Device), phones)
            lines = [{"device_id": n + 1, "position": 1, "extension_id": n + 1} for n in numbers]
            connection.execute(insert(DeviceLine), lines)
    provisioner.close()


def opened(environment: dict[str, str], *, create: bool = False) -> Any:
    """The provisioner of an installation, silent."""
    os.environ.update(environment)
    from provisioner import logs  # noqa: PLC0415
    from provisioner.app import open_provisioner  # noqa: PLC0415  # it reads its settings here

    logs.configure("error", "text")
    return open_provisioner(create=create)


def measure(size: int) -> dict[str, float]:
    """Run in a process of its own, whose memory is measured."""
    from provisioner.http import PhonesDoor  # noqa: PLC0415

    provisioner = opened({})
    door = PhonesDoor(provisioner)

    def ask(address: str, call: Callable[[dict[str, str]], Any]) -> Any:
        path = f"/{address}.cfg"
        return call({"REQUEST_METHOD": "GET", "PATH_INFO": path, "RAW_URI": path, "REMOTE_ADDR": "127.0.0.1",
                     "HTTP_USER_AGENT": AGENT})  # fmt: skip

    def whole(environ: dict[str, str]) -> Any:
        return door(environ, lambda *_: None)

    known, strangers = spread(size, AT_HAND), [f"805ec2{n:06x}" for n in range(AT_HAND)]
    for _ in range(2):  # the first request tells the firmware, which is a change
        for address in known:
            ask(address, whole)
        provisioner.sightings.flush()
    costs = {
        "at hand, µs": cost(known, lambda address: ask(address, door.at_once)),
        "unknown, µs": cost(strangers, lambda address: ask(address, door.at_once)),
        "memory, MiB": resident(),
    }
    for address in spread(size, BEYOND):
        ask(address, whole)
    provisioner.close()
    return {**costs, "memory later, MiB": resident()}


def cost(addresses: list[str], ask: Callable[[str], Any]) -> float:
    """The least processor time of a request over some rounds, in µs."""
    best = float("inf")
    for _ in range(9):
        before = time.thread_time()
        for address in addresses:
            assert ask(address) is not None
        best = min(best, (time.thread_time() - before) / len(addresses) * 1e6)
    return best


def resident() -> float:
    """This process's memory, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[float]:
    """The server with all its planes, and the seconds until the last of them answered."""
    before = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "provisioner", "serve"], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        for ask in (ask_phones, ask_portal, ask_tftp):
            while True:
                try:
                    ask()
                    break
                except OSError:
                    time.sleep(0.01)
        yield time.monotonic() - before
    finally:
        process.terminate()
        process.wait(20)


def ask_phones() -> None:
    urllib.request.urlopen(f"http://127.0.0.1:{PHONES}/readyz", timeout=5).close()


def ask_portal() -> None:
    urllib.request.urlopen(f"http://127.0.0.1:{PORTAL}/portal/login", timeout=5).close()


def ask_tftp() -> None:
    """For a file that nobody has: an error is an answer, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(0.1)
        phone.sendto(b"\0\1nothing\0octet\0", ("127.0.0.1", TFTP))
        phone.recv(600)


def installation(directory: Path, database: str | None) -> dict[str, str]:
    settings = {
        "DATA_DIR": str(directory), "PUBLIC_URL": "http://prov.example", "PHONES_BIND": f"127.0.0.1:{PHONES}",
        "PORTAL_BIND": f"127.0.0.1:{PORTAL}", "TFTP_BIND": f"127.0.0.1:{TFTP}",
        "LOG_LEVEL": "error", "CACHE_MB": str(CACHE_MB), **({"DATABASE_URL": database} if database else {}),
    }  # fmt: skip
    return {**os.environ, **{f"PROVISIONER_{name}": value for name, value in settings.items()}}


def apply_site(count: int) -> float:
    """Seconds that ``provisioner apply`` takes for a site of so many devices."""
    extensions = "\n".join(f'  - {{number: "{n}", password: p{n}}}' for n in range(count))
    phones = "\n".join(
        f'  - {{mac: "{mac(n)}", vendor: yealink, model: T46U, extensions: ["{n}"]}}' for n in range(count)
    )
    site = f"tenant: busy\nname: Busy\nextensions:\n{extensions}\ndevices:\n{phones}\n"
    with tempfile.TemporaryDirectory(prefix="provisioner-growth-") as name:
        environment = installation(Path(name), None)
        before = time.monotonic()
        command = [sys.executable, "-m", "provisioner", "apply", "-"]
        subprocess.run(command, input=site, env=environment, text=True, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - before


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000, 1_000_000])
    options.add_argument("--database", help="an empty PostgreSQL; only with one size")
    options.add_argument("--apply", type=int, default=10_000)
    options.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    for size in given.sizes:
        with tempfile.TemporaryDirectory(prefix="provisioner-growth-") as name:
            environment = installation(Path(name), given.database)
            fill(environment, size)
            command = [sys.executable, __file__, "--measure", str(size)]
            told = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            with serving(environment) as seconds:
                figures = {**json.loads(told.stdout), "start, s": seconds}
        print(f"{size:>9,} devices: " + ", ".join(f"{what} {value:.2f}" for what, value in figures.items()), flush=True)
    if given.apply:
        print(f"apply of {given.apply:,} devices: {apply_site(given.apply):.1f} s")


if __name__ == "__main__":
    main()
