"""Who asks for many identities gets nothing without proof; whoever proves himself notices nothing."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from provisioner import walk
from provisioner.answer import Provisioner
from provisioner.recognise import Ask
from provisioner.store.tables import Walker, WalkStep
from provisioner.walk import source_of
from tests.gate.conftest import House
from tests.world import BACK, FRONT

WALKER = "198.51.100.9"


def stranger(number: int) -> str:
    return f"/805ec1{number:06x}.cfg"


def walk_over(house: House, count: int, address: str = WALKER, node: Provisioner | None = None, first: int = 0) -> None:
    for number in range(first, first + count):
        assert house.ask(stranger(number), address, node).startswith("Unknown")


def test_fifty_identities_in_vain_are_forgiven(house: House) -> None:
    walk_over(house, 50)
    assert house.ask(f"/{FRONT}.cfg", WALKER) == "window"


def test_one_more_closes_every_window_to_the_address(house: House) -> None:
    walk_over(house, 51)
    assert "too many identities" in house.ask(f"/{FRONT}.cfg", WALKER)


def test_other_addresses_do_not_notice(house: House) -> None:
    walk_over(house, 51)
    assert house.ask(f"/{FRONT}.cfg", "198.51.100.10") == "window"


def test_a_walker_with_a_token_is_served(house: House) -> None:
    walk_over(house, 51)
    assert house.ask(house.token_path(FRONT), WALKER) == "token"


def test_after_ten_minutes_it_may_ask_again(house: House) -> None:
    walk_over(house, 51)
    house.after(minutes=10, seconds=1)
    assert house.ask(f"/{FRONT}.cfg", WALKER) == "window"


def test_one_phone_that_polls_for_hours_is_no_walker(house: House) -> None:
    for _ in range(500):
        walk_over(house, 1)
        house.after(seconds=30)
    assert house.ask(f"/{FRONT}.cfg", WALKER) == "window"


def test_what_is_older_than_ten_minutes_does_not_count(house: House) -> None:
    for number in range(200):
        walk_over(house, 1, first=number)
        house.after(seconds=13)
    assert house.ask(f"/{FRONT}.cfg", WALKER) == "window"


def test_an_ipv6_walker_cannot_change_its_address_within_its_64(house: House) -> None:
    for number in range(51):
        walk_over(house, 1, f"2001:db8:1:2::{number + 1:x}", first=number)
    assert "too many identities" in house.ask(f"/{FRONT}.cfg", "2001:db8:1:2:ffff::1")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_an_address_counts_as(address: str, source: str) -> None:
    assert source_of(address) == source


def test_two_processes_count_together(house: House) -> None:
    other = house.node()
    walk_over(house, 30)
    walk_over(house, 30, node=other, first=30)
    for node in (house.provisioner, other, house.provisioner):
        node.gatehouse.walks.exchange()
    for node in (house.provisioner, other):
        assert "too many identities" in house.ask(f"/{FRONT}.cfg", WALKER, node)


def test_a_process_learns_of_a_walker_that_another_caught(house: House) -> None:
    other = house.node()
    walk_over(house, 51)
    house.provisioner.gatehouse.walks.exchange()
    other.gatehouse.walks.exchange()
    assert "too many identities" in house.ask(f"/{FRONT}.cfg", WALKER, other)


def test_the_same_identity_in_two_processes_counts_once(house: House) -> None:
    other = house.node()
    for node in (house.provisioner, other):
        walk_over(house, 40, node=node)
        node.gatehouse.walks.exchange()
    house.provisioner.gatehouse.walks.exchange()
    assert house.ask(f"/{FRONT}.cfg", WALKER) == "window"


def test_a_few_unknown_phones_cost_no_write(house: House) -> None:
    walk_over(house, 4)
    house.provisioner.gatehouse.walks.exchange()
    with house.provisioner.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(WalkStep)) == 0


def test_a_walker_costs_a_bounded_memory(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "SOURCES", 20)
    for number in range(200):
        house.provisioner.gatehouse.walks.failed(f"198.51.100.{number}", "805ec1000000")
    assert len(house.provisioner.gatehouse.walks._sources) <= 20
    for number in range(10_000):
        house.provisioner.gatehouse.walks.failed(WALKER, f"{number:012x}")
    assert sum(len(known.steps) for known in house.provisioner.gatehouse.walks._sources.values()) <= 20 * 50


def test_phones_at_the_place_where_they_were_paired_are_no_walk(house: House) -> None:
    walks = house.provisioner.gatehouse.walks
    house.set(BACK, state="paired", paired_at=house.at, paired_address=WALKER, open_until=house.at)
    walk_over(house, 50)
    assert house.ask(f"/{BACK}.cfg", WALKER).startswith("Refused")
    assert not walks.is_walker(WALKER)


def test_five_hundred_phones_behind_one_address_are_all_served_beside_forty_unknown_ones(house: House) -> None:
    paths = [house.token_path(FRONT), f"/{BACK}.cfg"] * 250
    for number, path in enumerate(paths):
        if number % 12 == 0:
            walk_over(house, 1, first=number)
        assert house.ask(path, WALKER) in ("token", "window")


def test_what_everybody_may_have_takes_no_step_back(house: House) -> None:
    for number in range(51):
        walk_over(house, 1, first=number)
        house.provisioner.answer(Ask(path=f"/46xxsettings.txt?mac=805ec1{number:06x}", address=WALKER))
    assert "too many identities" in house.ask(f"/{FRONT}.cfg", WALKER)


def test_a_step_is_taken_back_while_nobody_counts(house: House) -> None:
    walks = house.provisioner.gatehouse.walks

    class Steps(OrderedDict[str, datetime]):
        def pop(self, *words: Any) -> Any:
            assert walks._lock.locked()
            return super().pop(*words)

    walk_over(house, 1)
    known = walks._sources[WALKER]
    known.steps = Steps(known.steps)
    walks.succeeded(WALKER, stranger(0)[1:13])
    assert not known.steps


def test_old_walks_are_forgotten_in_the_database(house: House) -> None:
    walk_over(house, 51)
    walk_over(house, 20, "198.51.100.10", first=100)
    house.provisioner.gatehouse.walks.exchange()
    house.after(minutes=11)
    with house.provisioner.database.writing() as session:
        walk.clean_up(session, house.at)
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (WalkStep, Walker)]
    assert counts == [0, 0]


def test_why_names_the_walk(house: House) -> None:
    from provisioner.replay import replay

    walk_over(house, 51)
    house.provisioner.gatehouse.walks.exchange()
    steps = replay(house.node(), Ask(path=f"/{FRONT}.cfg", address=WALKER))
    assert any(step.name == "window" and "too many identities" in step.says for step in steps)


def test_a_clock_that_is_set_back_lengthens_no_penalty(house: House) -> None:
    house.after(days=1)
    walk_over(house, 51)
    house.provisioner.gatehouse.exchange()
    house.after(days=-1)
    house.provisioner.gatehouse.exchange()
    assert house.ask(f"/{FRONT}.cfg", WALKER) == "window"


def test_steps_of_before_the_clock_was_set_back_do_not_count(house: House) -> None:
    house.after(days=1)
    walk_over(house, 40)
    house.after(days=-1)
    walk_over(house, 20, first=100)
    assert house.ask(f"/{FRONT}.cfg", WALKER) == "window"


def test_a_walk_after_the_clock_was_set_back_is_told_to_the_other_nodes(house: House) -> None:
    other = house.node()
    house.after(days=1)
    walk_over(house, 10)
    house.provisioner.gatehouse.exchange()
    other.gatehouse.exchange()
    house.after(days=-1)
    walk_over(house, 51, first=100)
    house.provisioner.gatehouse.exchange()
    other.gatehouse.exchange()
    assert "too many identities" in house.ask(f"/{FRONT}.cfg", WALKER, other)
