"""Resync against a phone that is a UDP socket: what it is sent, and what is made of its answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provisioner.registry import vendors
from provisioner.sip import Notice, Reply, notify


class Phone:
    """Answers each datagram with what it was told to answer."""

    def __init__(self, *answers: str) -> None:
        self.heard: list[str] = []
        self._answers = list(answers)
        self.door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.door.bind(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            data, sender = self.door.recvfrom(8192)
            if not data:
                return
            self.heard.append(data.decode())
            call_id = next(line for line in self.heard[-1].split("\r\n") if line.startswith("Call-ID"))
            if len(self.heard) <= len(self._answers):
                for answer in self._answers[len(self.heard) - 1].split("|"):
                    text = f"{answer}\r\n{'' if 'Call-ID' in answer else call_id}\r\nContent-Length: 0\r\n\r\n"
                    self.door.sendto(text.encode(), sender)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(5)
        self.door.close()


@pytest.fixture
def phone() -> Iterator[Callable[..., Phone]]:
    made: list[Phone] = []

    def make(*answers: str) -> Phone:
        made.append(Phone(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def sent(phone: Phone, timeout_s: float = 5.0, **more: Any) -> Reply:
    fields = {"address": "127.0.0.1", "user": "100", "event": "check-sync;reboot=false", "port": phone.port, **more}
    return notify(Notice(**fields), timeout_s)


def test_the_phone_is_asked_with_its_vendors_event(phone: Any) -> None:
    desk = phone("SIP/2.0 200 OK")
    assert Reply(200, "OK") == sent(desk)
    lines = desk.heard[0].split("\r\n")
    assert f"NOTIFY sip:100@127.0.0.1:{desk.port} SIP/2.0" == lines[0]
    assert "Event: check-sync;reboot=false" in lines
    assert ["", ""] == lines[-2:]


def test_it_is_asked_again_until_it_answers(phone: Any) -> None:
    desk = phone("SIP/2.0 100 Trying", "SIP/2.0 200 OK")
    assert 200 == sent(desk).status
    assert desk.heard[0] == desk.heard[1]


def test_the_answer_to_another_request_and_nonsense_are_passed_over(phone: Any) -> None:
    desk = phone("SIP/2.0 500 No\r\nCall-ID: another|nonsense|SIP/2.0 489 Bad Event")
    assert Reply(489, "Bad Event") == sent(desk)


def test_a_silent_phone_costs_the_time_that_it_may(phone: Any) -> None:
    assert Reply(None, "no answer in 0.2 s") == sent(phone(), 0.2)


def test_an_address_where_nobody_listens_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    reply = notify(Notice(address="127.0.0.1", user="100", event="resync", port=port), 1.0)
    assert f"nothing listens for SIP at 127.0.0.1 port {port}" == reply.reason


def test_no_user_breaks_out_of_its_line(phone: Any) -> None:
    desk = phone("SIP/2.0 200 OK")
    sent(desk, user="1 0\r\nEvent: x>é")
    assert desk.heard[0].startswith("NOTIFY sip:1%200%0D%0AEvent%3A%20x%3E%C3%A9@127.0.0.1")


@pytest.mark.parametrize("vendor", list(vendors().values()), ids=list(vendors()))
def test_every_event_of_a_vendor_is_one_of_the_known_words(vendor: Any) -> None:
    events = {vendor.resync(model) for model in vendor.models.values()}
    assert events <= {"", "check-sync", "check-sync;reboot=false", "resync"}
