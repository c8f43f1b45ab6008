"""Who is asked to come back, where, and how; and that every device has an outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.services import resync
from provisioner.services.resync import Resynced
from provisioner.sip import Notice, Reply
from provisioner.store.tables import Seen, Sighting
from tests.services.conftest import BASE, HANDSET, NOON, PHONE, SECOND, Desk


@dataclass
class Line:
    """Takes notices instead of phones."""

    reply: Reply = field(default_factory=lambda: Reply(200, "OK"))
    sent: list[Notice] = field(default_factory=list)

    def __call__(self, notice: Notice) -> Reply:
        self.sent.append(notice)
        return self.reply


def ask(desk: Desk, line: Line, *addresses: str) -> list[Resynced]:
    """Ask these devices, in the test's own transaction."""
    ids = [desk.row(address).id for address in addresses]
    host: Any = SimpleNamespace(database=desk, clock=lambda: NOON)
    told = resync.ask(host, "ann", ids, line)
    return [told[one] for one in ids]


def see(desk: Desk, address: str, at: str = "10.0.0.7", outcome: str = "served") -> None:
    with desk.writing() as session:
        session.merge(
            Seen(device_id=desk.row(address).id, at=NOON, address=at, user_agent="", file="x", outcome=outcome)
        )


def test_a_phone_that_was_served_is_asked_where_it_was(practice: Desk) -> None:
    see(practice, PHONE)
    line = Line()
    assert [Resynced(True, "sent, the phone answered 200")] == ask(practice, line, PHONE)
    assert [Notice(address="10.0.0.7", user="100", event="check-sync;reboot=false")] == line.sent


def test_a_phone_that_was_never_served_has_no_address(practice: Desk) -> None:
    see(practice, PHONE, outcome="refused")
    line = Line()
    assert ["never served: no address to ask at"] == [one.says for one in ask(practice, line, PHONE)]
    assert [] == line.sent


def test_whoever_asks_in_vain_does_not_move_the_address(practice: Desk) -> None:
    see(practice, PHONE, "192.0.2.66", "refused")
    with practice.writing() as session:
        session.add(
            Sighting(
                device_id=practice.row(PHONE).id, at=NOON, transport="http", address="10.0.0.7",
                user_agent="", file="x", outcome="served",
            )
        )  # fmt: skip
    line = Line()
    ask(practice, line, PHONE)
    assert ["10.0.0.7"] == [one.address for one in line.sent]


def test_a_handset_is_asked_at_its_base_and_once(practice: Desk) -> None:
    see(practice, BASE)
    line = Line()
    assert [True, True] == [one.is_done for one in ask(practice, line, HANDSET, HANDSET)]
    assert [("10.0.0.7", "102")] == [(one.address, one.user) for one in line.sent]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(None, "no answer in 2 s"), "sent to 10.0.0.7: no answer in 2 s"),
        (Reply(401, "Unauthorized"), "sent, the phone answered 401 Unauthorized: it wants its account's credentials"),
        (Reply(489, "Bad Event"), "sent, the phone answered 489 Bad Event: it does not know this event"),
        (Reply(503, ""), "sent, the phone answered 503"),
    ],
)
def test_what_failed_says_why(practice: Desk, reply: Reply, says: str) -> None:
    see(practice, PHONE)
    (told,) = ask(practice, Line(reply), PHONE)
    assert (False, True) == (told.is_done, told.says.startswith(says))


def test_a_model_that_cannot_be_asked_says_so(practice: Desk) -> None:
    practice.device(mac="00:1d:a2:00:00:01", vendor="cisco", model="8841")
    see(practice, "00:1d:a2:00:00:01")
    assert "no way is known to ask a cisco 8841" in ask(practice, Line(), "00:1d:a2:00:00:01")[0].says


def test_a_device_that_is_gone_has_an_outcome_too(practice: Desk) -> None:
    host: Any = SimpleNamespace(database=practice, clock=lambda: NOON)
    assert {987654: Resynced(False, "the device is gone")} == resync.ask(host, "ann", [987654], Line())


def test_every_outcome_is_in_the_audit_log(practice: Desk) -> None:
    see(practice, PHONE)
    ask(practice, Line(), PHONE, SECOND)
    told = [(row.actor, row.action, row.subject, row.changes["resync"][1]) for row in practice.audits()[-2:]]
    assert [
        ("ann", "resync", f"device {PHONE}", "sent, the phone answered 200"),
        ("ann", "resync", f"device {SECOND}", "never served: no address to ask at"),
    ] == told
