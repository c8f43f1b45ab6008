"""Windows of blocks (RFC 7440), which the kernel cuts from one piece where it can."""

from __future__ import annotations

import pytest

from provisioner import tftp_transfers
from provisioner.tftp import Limits
from tests.clients.test_tftp_phone import CONFIG, Phone, serving, where


@pytest.fixture
def phone():
    with serving() as server, Phone(where(server)) as one:
        yield one


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (16, 16), (64, 64), (65, 64), (65535, 64)])
def test_windowsize_has_a_ceiling(phone, asked, given):
    phone.ask("phone.cfg", windowsize=asked)
    assert phone.hear().options["windowsize"] == str(given)


def test_a_window_is_no_larger_than_a_socket_buffer():
    with serving(limits=Limits(blksize=65464)) as server, Phone(where(server)) as phone:
        phone.ask("phone.cfg", blksize=32768, windowsize=64)
        assert phone.hear().options["windowsize"] == "3"


def test_a_window_is_sent_without_waiting(phone):
    phone.ask("phone.cfg", windowsize=4)
    phone.hear()
    phone.ack(0)
    assert [phone.hear().number for _ in range(4)] == [1, 2, 3, 4]
    assert phone.hears_nothing()


def test_an_ack_within_a_window_is_followed_by_what_was_lost(phone):
    phone.ask("phone.cfg", windowsize=4)
    phone.hear()
    phone.ack(0)
    for _ in range(4):
        phone.hear()
    phone.ack(2)
    assert [phone.hear().number for _ in range(4)] == [3, 4, 5, 6]


def test_a_repeated_ack_brings_the_window_again_but_once(phone):
    phone.ask("phone.cfg", windowsize=3)
    phone.hear()
    phone.ack(0)
    for _ in range(3):
        phone.hear()
    for _ in range(5):
        phone.ack(0)
    assert [phone.hear().number for _ in range(3)] == [1, 2, 3]
    assert phone.hears_nothing()


@pytest.fixture
def sent(monkeypatch):
    """How many blocks went in each call, while windows are sent; a server's sockets cannot be watched themselves."""
    counts = []
    send = tftp_transfers.Transfer._transmit_all

    def watched(transfer, blocks):
        counts.append(min(len(blocks), transfer._at_a_time))
        send(transfer, blocks)

    monkeypatch.setattr(tftp_transfers.Transfer, "_transmit_all", watched)
    return counts


def test_a_window_is_handed_to_the_kernel_in_one_piece(phone, sent):
    assert phone.fetch("phone.cfg", blksize=100, windowsize=4) == CONFIG
    assert sent[0] == 4


def test_a_kernel_that_cuts_nothing_gets_every_block(phone, sent, monkeypatch):
    monkeypatch.setattr(tftp_transfers, "can_cut", lambda: False)
    assert phone.fetch("phone.cfg", blksize=100, windowsize=4) == CONFIG
    assert set(sent) == {1}


def test_a_window_that_the_kernel_will_not_cut_is_sent_block_by_block(sent, monkeypatch):
    """As where the way takes smaller packets than our own network, or through IPsec."""
    monkeypatch.setattr(tftp_transfers, "_MAX_SEGMENTS", 1000)
    with serving(limits=Limits(windowsize=200)) as server, Phone(where(server)) as phone:
        assert phone.fetch("phone.cfg", blksize=8, windowsize=200) == CONFIG
    assert sent[0] == 200  # Linux cuts one into 128 at most
    assert set(sent[1:]) == {1}
