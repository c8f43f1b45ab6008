"""A tenant that says so gains the phones of its networks, when vendor and model are known, a few a minute."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from provisioner import auto_add
from provisioner.site.apply import apply
from provisioner.store.tables import Audit, Device, UnknownDevice
from tests.gate.conftest import House
from tests.world import FRONT, SITE

NEW = "805ec1000001"
AGENT = "Yealink SIP-T46U 108.86.0.45 80:5e:c1:00:00:01"
OTHERS = "tenant: globex\nauto_add: true\nnetworks: [10.20.7.0/24, 10.30.0.0/16]\n"


@pytest.fixture
def adding(house: House) -> Callable[..., bool]:
    apply(house.provisioner, SITE + "auto_add: true\n")

    def asks(mac: str = NEW, agent: str = AGENT, address: str = "10.20.1.9", path: str = "") -> bool:
        """Whether a phone that asks is a device afterwards."""
        house.ask(path or f"/{mac}.cfg", address, user_agent=agent)
        house.provisioner.sightings.flush()
        with house.provisioner.database.reading() as session:
            return session.scalar(select(Device.id).where(Device.mac == mac)) is not None

    return asks


def test_a_phone_in_the_network_is_added_and_its_next_request_pairs_it(
    house: House, adding: Callable[..., bool]
) -> None:
    assert adding()
    assert house.ask(f"/{NEW}.cfg", "10.20.1.9", user_agent=AGENT) == "window"
    assert (house.device(NEW).vendor, house.device(NEW).model) == ("yealink", "T46U")


def test_it_is_in_the_audit_log_and_no_longer_among_the_unknown(house: House, adding: Callable[..., bool]) -> None:
    assert adding()
    with house.provisioner.database.reading() as session:
        assert session.scalar(select(Audit.actor).order_by(Audit.id.desc())) == "auto-add"
        assert session.get(UnknownDevice, NEW) is None


@pytest.mark.parametrize(
    "request_",
    [
        {"address": "192.0.2.7"},
        {"agent": ""},
        {"agent": "Yealink SIP-T99X 1.2.3.4"},
        {"agent": "Yealink SIP-T46U 108.86.0.45 80:5e:c1:00:00:02"},
        {"path": f"/t/globex/{NEW}.cfg"},
    ],
    ids=["elsewhere", "without a model", "of an unknown model", "in contradiction", "of another tenant"],
)
def test_no_other_request_adds_a_device(adding: Callable[..., bool], request_: dict[str, str]) -> None:
    assert not adding(**request_)


def test_where_two_tenants_claim_the_network_nobody_gains_the_phone(house: House, adding: Callable[..., bool]) -> None:
    apply(house.provisioner, OTHERS)
    assert not adding(address="10.20.7.9")
    assert adding(address="10.20.7.9", path=f"/t/globex/{NEW}.cfg")


def test_a_tenant_that_does_not_say_so_gains_nothing(house: House, adding: Callable[..., bool]) -> None:
    apply(house.provisioner, SITE + "auto_add: false\n")
    assert not adding()


def test_a_device_of_another_tenant_is_not_taken(house: House, adding: Callable[..., bool]) -> None:
    apply(house.provisioner, OTHERS)
    before = house.device(FRONT).tenant_id
    adding(FRONT, "Yealink SIP-T46U 108.86.0.45", "10.30.1.1", f"/t/globex/{FRONT}.cfg")
    assert house.device(FRONT).tenant_id == before


def test_no_more_than_some_are_added_in_a_minute(
    house: House, adding: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_add, "A_MINUTE", 7)  # two of them are the site's own
    for number in range(9):
        house.ask(f"/805ec10000{number:02x}.cfg", "10.20.1.9", user_agent="Yealink SIP-T46U 108.86.0.45")
    house.provisioner.sightings.flush()
    with house.provisioner.database.reading() as session:
        wanted = select(func.count()).select_from(Device).where(Device.mac.like("805ec1%"))
        assert session.scalar(wanted) == 5
