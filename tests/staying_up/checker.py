"""Phones that ask all the time, an admin who changes things, and the judge of every byte that was served.

The admin gives an extension one name after the other. A served file tells by its display name which change
it is of; the judge holds the whole file against what that change renders, and the change against the ones
that had been accepted before the phone asked.
"""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.merge import merge
from provisioner.recognise import file_of
from provisioner.registry import vendors
from provisioner.render import render
from provisioner.services import extensions
from provisioner.services.change import Change
from provisioner.settings import Installation
from provisioner.store.tables import Device, Extension, Tenant
from tests.world import FRONT, World

FILE = f"{FRONT}.cfg"
_NAME = re.compile(rb"^account\.1\.display_name = Name (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Served:
    """One whole answer: when the phone asked, and what it got."""

    asked_at: float
    body: bytes

    @property
    def number(self) -> int:
        """Which change it is of."""
        found = _NAME.search(self.body)
        assert found, "a served file without its display name is no whole file"
        return int(found[1])


@dataclass
class Admin:
    """Changes the extension's name, as often as the database lets them."""

    provisioner: Provisioner
    accepted: list[tuple[float, int]] = field(default_factory=list)
    attempted: int = 0
    refused: int = 0

    def change(self) -> None:
        """One more change: accepted for good, or refused."""
        self.attempted += 1
        try:
            self.rename(self.attempted)
        except SQLAlchemyError:
            self.refused += 1
            time.sleep(0.05)
        else:
            self.accepted.append((time.monotonic(), self.attempted))

    def rename(self, number: int) -> None:
        """Give the extension a name through the services."""
        server = self.provisioner
        with server.database.writing() as session, Change(session, server.vault, "admin") as change:
            tenant = session.scalars(select(Tenant)).one()
            row = session.scalars(select(Extension).where(Extension.number == "100")).one()
            given = extensions.dump(server.vault, row).model_copy(update={"name": f"Name {number}"})
            extensions.put(change, tenant, given)

    def rendered(self) -> bytes:
        """The file as it would be served now."""
        server = self.provisioner
        with server.database.reading() as session:
            device = session.scalars(select(Device).where(Device.mac == FRONT)).one()
            profile = merge(server.loader.load(session, device.id))
        file = file_of(vendors()[profile.vendor], FILE, profile.model)
        assert file
        return render(profile, file).body

    def expected(self, numbers: set[int]) -> dict[int, bytes]:
        """What each of these changes renders."""
        found = {}
        for number in sorted(numbers):
            self.rename(number)
            found[number] = self.rendered()
        return found


def admin_of(world: World) -> Admin:
    """An admin at this world's database, with its key."""
    settings = Installation(
        data_dir=world.directory,
        database_url=world.database_url,
        key_file=world.environment_extra.get("PROVISIONER_KEY_FILE"),
        public_url=world.environment["PROVISIONER_PUBLIC_URL"],
    )
    return Admin(open_provisioner(settings))


@dataclass
class Phones:
    """Ask one file of some nodes, over and over, and keep all that they get."""

    urls: list[str]
    served: list[Served] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, url: str) -> None:
        """One request. A connection that breaks is nothing; a status is counted."""
        asked_at = time.monotonic()
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                body = answer.read()
                assert len(body) == int(answer.headers["Content-Length"])
        except urllib.error.HTTPError as error:
            self.others[str(error.code)] += 1
        except (OSError, ValueError) as error:
            self.others[type(error).__name__] += 1
        else:
            self.served.append(Served(asked_at, body))

    def run(self, url: str) -> None:
        """Ask until told to stop, about a hundred times a second."""
        while not self.stop.is_set():
            self.ask(url)
            self.stop.wait(0.01)

    def wait_for(self, number: int, seconds: float = 60) -> None:
        """Until the newest answer is of this change or a later one."""
        deadline = time.monotonic() + seconds
        while not self.served or self.served[-1].number < number:
            assert time.monotonic() < deadline, (number, self.served[-1:], self.others)
            time.sleep(0.02)


@contextmanager
def load(admin: Admin, urls: list[str]) -> Iterator[Phones]:
    """Phones and an admin at work for the length of the block."""
    phones = Phones(urls)

    def administer() -> None:
        while not phones.stop.is_set():
            admin.change()
            phones.stop.wait(0.03)

    threads = [threading.Thread(target=phones.run, args=(url,), daemon=True) for url in urls]
    threads.append(threading.Thread(target=administer, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield phones
    finally:
        phones.stop.set()
        for thread in threads:
            thread.join(30)


def judge(admin: Admin, phones: Phones, outages: list[tuple[float, float]]) -> None:
    """Every answer is, byte for byte, the whole file of a change; outside the outages of none that is old."""
    numbers = {answer.number for answer in phones.served} | {0}
    expected = admin.expected(numbers - {0})
    wrong = [answer for answer in phones.served if answer.number and answer.body != expected[answer.number]]
    assert wrong == []
    stale = [answer for answer in phones.served if not _was_away(answer, outages) and _is_stale(answer, admin)]
    assert stale == []


def _was_away(answer: Served, outages: list[tuple[float, float]]) -> bool:
    return any(start <= answer.asked_at <= end for start, end in outages)


def _is_stale(answer: Served, admin: Admin) -> bool:
    """Whether a later change had been accepted before the phone asked."""
    return any(at < answer.asked_at and number > answer.number for at, number in admin.accepted)
