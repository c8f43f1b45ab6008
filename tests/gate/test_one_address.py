"""Five hundred phones behind one NAT address, over real sockets, and somebody who walks over identities there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.settings import Installation
from provisioner.simulate.fleet import Fleet, Patience, Tally
from provisioner.simulate.installation import fill, phones_of
from provisioner.simulate.phones import Phone
from provisioner.simulate.report import total
from provisioner.simulate.target import target
from provisioner.values import Transport
from tests.test_serve import over_tftp
from tests.world import World, make_world

COUNT = 500


@dataclass
class Site:
    """A running server, and its phones, which all have one address."""

    world: World
    server: Provisioner
    phones: Sequence[Phone]

    def start(self, phones: Sequence[Phone], transport: Transport) -> Tally:
        """Start these phones all at once."""
        place = target(f"http://127.0.0.1:{self.world.phones}", f"127.0.0.1:{self.world.tftp}", owned=False)
        return total(Fleet(place, Patience(), transport=transport).run(phones))

    def paired(self) -> list[Phone]:
        """Those that know their token by now."""
        return phones_of(self.server, tenant=None, only=(), pair=False, limit=None)

    def first_answer(self, phone: Phone) -> int:
        """What a phone gets that nobody paired yet, of a file of its own, over HTTP."""
        return self.world.get(f"/{min(phone.own)}", User_Agent=phone.stages[-1].agent)[0]


@contextmanager
def site(directory: Path, count: int) -> Iterator[Site]:
    world = make_world(directory, site=None)
    world.environment_extra = {"PROVISIONER_LOG_LEVEL": "warning"}
    settings = Installation(data_dir=directory, public_url=world.environment["PROVISIONER_PUBLIC_URL"])
    server = open_provisioner(settings, create=True)
    fill(server, count, (), new=True)
    with world.serving():
        yield Site(world, server, phones_of(server, tenant=None, only=(), pair=True, limit=None))
    server.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("nat"), COUNT) as made:
        yield made


@pytest.mark.parametrize("transport", [Transport.HTTP, Transport.TFTP])
def test_every_new_phone_gets_its_files(busy: Site, transport: Transport) -> None:
    half = busy.phones[: COUNT // 2] if transport is Transport.HTTP else busy.phones[COUNT // 2 : -1]
    met = busy.start(half, transport)
    assert met.missed > len(half)  # half of what phones ask for does not exist
    assert (met.without, met.gave_up, dict(met.failures)) == (0, 0, {})


@pytest.mark.parametrize("transport", [Transport.HTTP, Transport.TFTP])
def test_every_paired_phone_gets_its_files_again(busy: Site, transport: Transport) -> None:
    paired = busy.paired()
    assert len(paired) == COUNT - 1
    met = busy.start(paired, transport)
    assert (met.without, met.gave_up, dict(met.failures)) == (0, 0, {})


@pytest.mark.parametrize("transport", [Transport.HTTP, Transport.TFTP])
def test_a_walker_among_them_closes_the_windows_and_no_token(busy: Site, transport: Transport) -> None:
    waiting = busy.phones[-1]
    for number in range(60):
        name = f"805ec1{transport is Transport.TFTP:02x}{number:04x}.cfg"
        got = busy.world.get(f"/{name}")[0] if transport is Transport.HTTP else over_tftp(busy.world, name)
        assert got in (404, b"")
    deadline = time.monotonic() + 60
    while busy.first_answer(waiting) != 404:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    met = busy.start(busy.paired()[:50], transport)
    assert (met.without, met.gave_up) == (0, 0)
