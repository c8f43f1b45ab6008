"""What a file costs that nobody asked for before, and an edit that changes ten thousand files.

    python benchmarks/cold.py [--devices 10000] [--files 400] [--rounds 3]

Phones are Yealink T48U with three expansion modules and forty buttons from a template that all of them
share: about 49 kB a file. First the database has only the template and the phones; each file is made for
the first time (profile loaded, merged, rendered). Then the template is edited, once, which raises the
revision of every phone, and files are made again. Rates are files a second of one core: by the processor
time of the thread that answers, and by that of the whole process, which also keeps copies for the time
when the database is away, the history of what was served, and the sightings.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select

AGENT = "Yealink SIP-T48U 108.87.0.15"


def mac(number: int) -> str:
    return f"805ec0{number:06x}"


def site() -> str:
    """The tenant and the template; phones are inserted straight, for their making is not measured here."""
    slots = [*(f"line:{n}" for n in range(2, 22)), *(f"exp1:{n}" for n in range(1, 21))]
    buttons = "\n".join(
        f'      - {{slot: "{slot}", mode: blf, value: "{2000 + n}", label: "Person {n}"}}'
        for n, slot in enumerate(slots)
    )
    return f"""
tenant: busy
name: Busy
access: network
networks: [127.0.0.0/8]
sip: {{server: pbx.example, port: 5061, transport: tls}}
locations:
  - {{name: HQ, street: 1 Main St, city: Chicago, state: IL, country: US, timezone: America/Chicago}}
button_templates:
  - name: Desk
    models: ["yealink/*"]
    buttons:
{buttons}
"""


def installed(directory: str, devices: int) -> Any:
    """A provisioner with so many phones."""
    os.environ |= {"PROVISIONER_DATA_DIR": directory, "PROVISIONER_PUBLIC_URL": "http://prov.example"}
    from provisioner import logs  # noqa: PLC0415
    from provisioner.app import open_provisioner  # noqa: PLC0415  # it reads its settings here
    from provisioner.planes import settle  # noqa: PLC0415
    from provisioner.site.apply import apply  # noqa: PLC0415
    from provisioner.store.tables import ButtonTemplate, Device, DeviceLine, Extension  # noqa: PLC0415
    from provisioner.vault import new_public_id  # noqa: PLC0415

    logs.configure("error", "text")
    provisioner = open_provisioner(create=True)
    apply(provisioner, site())
    with provisioner.database.engine.begin() as connection:
        template_id = connection.scalar(select(ButtonTemplate.id))
        common = [{"id": n + 1, "uid": f"{n:032x}", "tenant_id": 1} for n in range(devices)]
        extensions = [
            {**row, "number": str(row["id"]), "name": f"Person {row['id']}",
             "sealed_password": provisioner.vault.seal(f"extension/{row['uid']}/password", "secret")}
            for row in common
        ]  # fmt: skip
        phones = [
            {**row, "mac": mac(n), "vendor": "yealink", "model": "T48U", "expansion_modules": 3,
             "template_id": template_id, "public_id": new_public_id(), "firmware": "108.87.0.15"}
            for n, row in enumerate(common)
        ]  # fmt: skip
        connection.execute(insert(Extension), extensions)
        connection.execute(insert(Device), phones)
        lines = [{"device_id": n + 1, "position": 1, "extension_id": n + 1} for n in range(devices)]
        connection.execute(insert(DeviceLine), lines)
    settle()
    return provisioner


def rates(provisioner: Any, macs: Iterator[str], count: int) -> tuple[float, float]:
    """Files a second, by the time of this thread and of the process."""
    from provisioner.recognise import Ask  # noqa: PLC0415

    asks = [Ask(path=f"/{next(macs)}.cfg", user_agent=AGENT, address="127.0.0.1") for _ in range(count)]
    thread, process = time.thread_time(), time.process_time()
    for ask in asks:
        provisioner.answer(ask)
    thread = time.thread_time() - thread
    provisioner.sightings.flush()
    provisioner.last_good.flush()
    return count / thread, count / (time.process_time() - process)


def edit(provisioner: Any, label: str) -> float:
    """Seconds that a change of the template takes, from its first statement to its commit."""
    from provisioner.store.tables import Button  # noqa: PLC0415

    before = time.monotonic()
    with provisioner.database.writing() as session:
        session.scalars(select(Button).limit(1)).one().label = label
    return time.monotonic() - before


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--devices", type=int, default=10_000)
    options.add_argument("--files", type=int, default=400)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="provisioner-cold-") as directory:
        provisioner = installed(directory, given.devices)
        macs = (mac(n % given.devices) for n in range(10**9))
        rates(provisioner, macs, 20)  # compiles the template
        first = [rates(provisioner, macs, given.files) for _ in range(given.rounds)]
        edits, later = [], []
        for number in range(given.rounds):
            edits.append(edit(provisioner, f"Edit {number}"))
            later.append(rates(provisioner, macs, given.files))
        size = len(next(iter(provisioner.cache._answers.values())).body)
        provisioner.close()
    print(f"files of {size:,} bytes, {given.devices:,} devices; medians of {given.rounds}")
    for what, found in (("first", first), ("after an edit", later)):
        thread, process = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{what}: {thread:,.0f} files/s of the answering thread, {process:,.0f} of the whole process")
    print(f"the edit's transaction: {statistics.median(edits) * 1000:,.0f} ms")


if __name__ == "__main__":
    main()
