"""The TFTP door speaks RFC 1350, 2347, 2348, 2349 and 7440 on real sockets."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from provisioner import tftp_transfers
from provisioner.tftp import Counters, Limits, Request, TftpServer
from provisioner.tftp_listeners import listen
from provisioner.tftp_lookups import Rendered
from provisioner.tftp_packets import negotiate
from provisioner.tftp_transfers import Ask, Transfer
from tests.clients.test_tftp_phone import (
    CONFIG,
    DATA,
    ERROR,
    OACK,
    LossyPhone,
    Phone,
    Shelf,
    serving,
    where,
)

HASTY = Limits(first_timeout_s=0.05)


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def phone(server):
    with Phone(where(server)) as one:
        yield one


# ---------------------------------------------------------------- files and modes


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1024])
def test_a_file_ends_with_a_block_that_is_not_full(size):
    with serving(Shelf({"a": b"x" * size})) as server, Phone(where(server)) as phone:
        assert phone.fetch("a") == b"x" * size


@pytest.mark.parametrize("mode", ["octet", "OCTET", "Octet"])
def test_the_mode_is_known_in_any_case(phone, mode):
    assert phone.fetch("phone.cfg", mode) == CONFIG


@pytest.mark.parametrize("mode", ["netascii", "NetASCII"])
def test_netascii_ends_lines_by_cr_lf_and_keeps_a_lone_cr(mode):
    with serving(Shelf({"a": b"one\ntwo\rthree\n"})) as server, Phone(where(server)) as phone:
        assert phone.fetch("a", mode) == b"one\r\ntwo\r\0three\r\n"


def test_tsize_of_netascii_is_the_size_on_the_wire():
    with serving(Shelf({"a": b"1\n2\n"})) as server, Phone(where(server)) as phone:
        phone.ask("a", "netascii", tsize=0)
        assert phone.hear().options["tsize"] == "6"


def test_firmware_is_the_same_in_any_mode(tmp_path):
    image = tmp_path / "image.bin"
    image.write_bytes(CONFIG)
    with serving(Shelf({"image.bin": image})) as server, Phone(where(server)) as phone:
        assert phone.fetch("image.bin", "netascii") == CONFIG


def test_an_unknown_mode_is_an_illegal_operation(phone):
    phone.ask("phone.cfg", "mail")
    packet = phone.hear()
    assert (packet.opcode, packet.number) == (ERROR, 4)


def test_a_file_on_disk_arrives_as_it_is(tmp_path):
    image = tmp_path / "image.bin"
    image.write_bytes(CONFIG * 20)
    with serving(Shelf({"image.bin": image})) as server, Phone(where(server)) as phone:
        assert phone.fetch("image.bin", blksize=1428, windowsize=8) == CONFIG * 20


def test_a_file_on_disk_is_closed_after_it_was_sent(tmp_path):
    image = tmp_path / "image.bin"
    image.write_bytes(CONFIG)
    with serving(Shelf({"image.bin": image})) as server, Phone(where(server)) as phone:
        phone.fetch("image.bin")
        wait_until(lambda: server.counters.served == 1)
        assert image not in open_files()


def test_a_file_replaced_while_it_is_sent_stays_the_old_one(tmp_path):
    image, newer = tmp_path / "image.bin", tmp_path / "newer.bin"
    image.write_bytes(CONFIG)
    newer.write_bytes(b"new" * 10_000)
    with serving(Shelf({"image.bin": image})) as server, Phone(where(server)) as phone:
        phone.ask("image.bin", blksize=1024)
        assert phone.hear().opcode == OACK
        newer.rename(image)
        phone.ack(0)
        assert b"".join(packets(phone, 1024)) == CONFIG


# ---------------------------------------------------------------- options


@pytest.mark.parametrize("spelling", ["blksize", "BLKSIZE", "BlkSize"])
def test_option_names_are_known_in_any_case(phone, spelling):
    phone.ask("phone.cfg", **{spelling: 1024})
    assert phone.hear().options[spelling] == "1024"


def test_an_unknown_option_alone_is_answered_by_data(phone):
    phone.ask("phone.cfg", multicast="", saddr=7)
    assert phone.hear().opcode == DATA


def test_the_oack_names_only_what_was_asked_and_is_known(phone):
    phone.ask("phone.cfg", tsize=0, rollover=1)
    assert phone.hear().options == {"tsize": str(len(CONFIG))}


@pytest.mark.parametrize("value", ["abc", "-1", "0", "7", "1.5", " 512", "0x200", "\u00b2"])
def test_a_blksize_that_makes_no_sense_is_passed_over(phone, value):
    phone.ask("phone.cfg", blksize=value)
    assert phone.hear().opcode == DATA


@pytest.mark.parametrize(("asked", "given"), [(8, 8), (1428, 1428), (1429, 1428), (65464, 1428), (10**30, 1428)])
def test_blksize_has_a_ceiling(phone, asked, given):
    phone.ask("phone.cfg", blksize=asked)
    assert phone.hear().options["blksize"] == str(given)


def test_the_largest_block_of_the_rfc_can_be_allowed():
    shelf = Shelf({"a": CONFIG * 10})
    with serving(shelf, Limits(blksize=65464)) as server, Phone(where(server)) as phone:
        assert phone.fetch("a", blksize=65464, windowsize=4) == CONFIG * 10


def test_the_smallest_block_of_the_rfc_works(phone):
    assert phone.fetch("phone.cfg", blksize=8, windowsize=64) == CONFIG


def test_tsize_tells_the_size_of_the_file(phone):
    phone.ask("phone.cfg", tsize=0)
    assert phone.hear().options["tsize"] == str(len(CONFIG))


@pytest.mark.parametrize("seconds", [1, 255])
def test_timeout_is_accepted_as_asked(phone, seconds):
    phone.ask("phone.cfg", timeout=seconds)
    assert phone.hear().options["timeout"] == str(seconds)


@pytest.mark.parametrize("seconds", [0, 256, "soon"])
def test_a_timeout_out_of_range_is_passed_over(phone, seconds):
    phone.ask("phone.cfg", timeout=seconds)
    assert phone.hear().opcode == DATA


def test_timeout_is_kept():
    with serving(limits=HASTY) as server, Phone(where(server)) as phone:
        phone.ask("phone.cfg", timeout=1)
        assert phone.hear().opcode == OACK
        assert phone.hears_nothing(for_s=0.8)
        assert phone.hear().opcode == OACK


def test_all_options_together_give_the_whole_file(phone):
    assert phone.fetch("phone.cfg", blksize=1000, tsize=0, timeout=3, windowsize=5) == CONFIG


def test_options_that_cannot_be_read_count_as_none(phone):
    phone.tell(b"\0\1phone.cfg\0octet\0blksize\0")
    assert phone.hear().opcode == DATA


def test_nothing_is_sent_between_the_oack_and_its_ack(phone):
    phone.ask("phone.cfg", blksize=1024)
    assert phone.hear().opcode == OACK
    assert phone.hears_nothing()


# ---------------------------------------------------------------- the count of blocks


def test_blocks_go_on_with_0_after_65535(tmp_path):
    """More than 32 MB in blocks of 512."""
    image = tmp_path / "image.bin"
    size = 65_540 * 512 + 7
    with image.open("wb") as sparse:
        sparse.truncate(size - 3)
        sparse.seek(size - 3)
        sparse.write(b"end")
    with serving(Shelf({"image.bin": image})) as server, Phone(where(server)) as phone:
        content = phone.fetch("image.bin", blksize=512, windowsize=64)
        assert (len(content), content[-3:]) == (size, b"end")


class Recorder:
    """A connected socket that remembers the last packet."""

    recv = None

    def fileno(self):
        return -1

    def send(self, packet):
        self.last = packet


def test_in_lock_step_blocks_go_on_with_0_after_65535():
    """Without a network, which takes its time for 65,540 round trips."""
    ask = Ask(b"", None, Request(name="a", address="", port=1), None)
    line = Recorder()
    transfer = Transfer(ask, Rendered(bytes(65_540 * 8)), negotiate({"blksize": "8"}, 0, **OURS), line, 0.0)
    for block in range(65_541):
        assert transfer.acknowledge(block & 0xFFFF)
        transfer.send()
        assert line.last[2:4] == (block + 1 & 0xFFFF).to_bytes(2, "big")
    assert transfer.acked == transfer.last - 1


OURS = {"blksize": 1428, "windowsize": 64, "timeout_s": 1.0}


def test_a_repeated_ack_brings_no_second_copy(phone):
    """The Sorcerer's Apprentice of RFC 1123."""
    phone.ask("phone.cfg")
    phone.hear()
    for _ in range(3):
        phone.ack(1)
    assert phone.hear().number == 2
    assert phone.hears_nothing()


def test_an_ack_of_a_block_never_sent_has_no_effect(phone):
    phone.ask("phone.cfg")
    phone.hear()
    phone.ack(7)
    assert phone.hears_nothing()
    phone.ack(1)
    assert phone.hear().number == 2


# ---------------------------------------------------------------- who is who


def test_a_transfer_has_a_port_of_its_own(phone):
    phone.ask("phone.cfg")
    assert phone.hear().source[1] != phone.server[1]


def test_an_ack_of_a_stranger_has_no_effect(server, phone):
    phone.ask("phone.cfg")
    phone.hear()
    with Phone(where(server)) as stranger:
        stranger.peer = phone.peer
        stranger.ack(1)
    assert phone.hears_nothing()
    phone.ack(1)
    assert phone.hear().number == 2


def test_the_same_request_twice_is_one_transfer(server, phone):
    phone.ask("phone.cfg")
    phone.ask("phone.cfg")
    assert phone.hear().number == 1
    assert phone.hears_nothing()
    assert server.counters.requests == 1


def test_the_same_request_after_an_oack_is_one_transfer(server, phone):
    phone.ask("phone.cfg", tsize=0)
    assert phone.hear().opcode == OACK
    phone.ask("phone.cfg", tsize=0)
    assert phone.hears_nothing()
    assert server.counters.open == 1


def test_the_same_request_after_an_ack_begins_anew(phone):
    phone.ask("phone.cfg")
    phone.hear()
    phone.ack(1)
    phone.hear()
    phone.ask("phone.cfg")
    assert phone.hear().number == 1


def test_a_copy_of_a_request_that_lay_in_the_buffer_has_no_effect(server, phone, monkeypatch):
    """It came before the ACK that was read first. To begin anew strands the phones of a storm."""
    phone.ask("phone.cfg")
    phone.hear()
    phone.ack(1)
    phone.hear()
    monkeypatch.setattr(tftp_transfers, "time", lambda: time.time() + 5)  # five seconds in the buffer
    phone.ask("phone.cfg")
    phone.ack(2)
    assert phone.hear().number == 3
    assert server.counters.requests == 1


def test_another_request_from_the_same_port_replaces_the_transfer():
    with serving(Shelf({"a": CONFIG, "b": b"other"})) as server, Phone(where(server)) as phone:
        phone.ask("a")
        phone.hear()
        phone.ask("b")
        assert phone.hear().body == b"other"
        assert server.counters.open == 1


def test_files_one_after_the_other_from_one_port_are_all_served(server, phone):
    for _ in range(20):
        assert phone.fetch("phone.cfg") == CONFIG
    wait_until(lambda: server.counters.served == 20)


def test_a_request_that_overtakes_the_last_ack_is_served_at_once():
    """They arrive on two sockets; taken for a repetition it would wait for the timer."""
    with serving(Shelf({"a": b"one block"})) as server, Phone(where(server), patience_s=0.5) as phone:
        for _ in range(200):
            assert phone.fetch("a") == b"one block"


def test_an_error_from_the_client_ends_its_transfer(server, phone):
    phone.ask("phone.cfg", tsize=0)
    phone.hear()
    phone.socket.sendto(b"\0\5\0\0enough\0", phone.peer)
    wait_until(lambda: server.counters.open == 0)
    assert server.counters.aborted == 1


def test_a_client_that_closes_its_port_ends_its_transfer():
    with serving(limits=HASTY) as server:
        with Phone(where(server)) as phone:
            phone.ask("phone.cfg")
            phone.hear()
        wait_until(lambda: server.counters.aborted == 1)


# ---------------------------------------------------------------- silence and loss


def test_a_silent_client_hears_the_first_block_six_times_ever_slower():
    with serving(limits=Limits(first_timeout_s=0.1)) as server, Phone(where(server)) as phone:
        asked_at = time.monotonic()
        phone.ask("phone.cfg")
        heard = []
        for _ in range(6):
            assert phone.hear().number == 1
            heard.append(time.monotonic() - asked_at)
        # A busy machine can only be later.
        assert [
            early for early in zip(heard, [0, 0.1, 0.25, 0.47, 0.81, 1.31], strict=True) if early[0] < early[1]
        ] == []
        assert heard[-1] < 4
        wait_until(lambda: (server.counters.timeouts, server.counters.open) == (1, 0))
        assert phone.hears_nothing()


def test_an_oack_is_repeated_and_not_the_first_block():
    with serving(limits=HASTY) as server, Phone(where(server)) as phone:
        phone.ask("phone.cfg", blksize=1024)
        assert [phone.hear().opcode for _ in range(6)] == [OACK] * 6


def test_patience_is_new_after_each_block():
    with serving(limits=HASTY) as server, Phone(where(server)) as phone:
        phone.ask("phone.cfg")
        assert [phone.hear().number for _ in range(5)] == [1] * 5
        phone.ack(1)
        assert [phone.hear().number for _ in range(5)] == [2] * 5


def test_800_phones_at_once_are_all_served():
    with serving(Shelf({"a": CONFIG[:1000]})) as server, ExitStack() as stack:
        phones = [stack.enter_context(Phone(where(server))) for _ in range(800)]
        for phone in phones:
            phone.ask("a")
        assert all(phone.receive() == CONFIG[:1000] for phone in phones)


def test_every_transfer_completes_with_5_percent_loss_both_ways():
    def fetch(seed):
        with LossyPhone(where(server), loss=0.05, seed=seed) as phone:
            return phone.fetch("phone.cfg")

    with serving(limits=HASTY) as server, ThreadPoolExecutor(10) as pool:
        assert all(content == CONFIG for content in pool.map(fetch, range(60)))


# ---------------------------------------------------------------- addresses


def test_it_serves_ipv6():
    shelf = Shelf({"a": CONFIG})
    with serving(shelf, host="::1") as server, Phone(where(server, "::1")) as phone:
        assert phone.fetch("a") == CONFIG
        assert shelf.requests[0].address == "::1"


@pytest.mark.parametrize("bind", ["", "::"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_address_means_both_families(bind, host):
    shelf = Shelf({"a": CONFIG})
    with serving(shelf, host=bind) as server, Phone(where(server, host)) as phone:
        assert phone.fetch("a") == CONFIG
        assert shelf.requests[0].address == host


def test_an_ipv4_client_of_an_ipv6_socket_is_told_as_ipv4():
    listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    listener.bind(("::", 0))
    shelf = Shelf({"a": CONFIG})
    server = TftpServer([listener], shelf)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with listener, Phone(("127.0.0.1", listener.getsockname()[1])) as phone:
        assert phone.fetch("a") == CONFIG
        assert shelf.requests == [Request(name="a", address="127.0.0.1", port=phone.socket.getsockname()[1])]
        server.stop()
        thread.join()


@pytest.mark.parametrize("name", ["phone.cfg", "missing"])
def test_the_answer_comes_from_the_address_that_was_asked(name):
    with serving(host="0.0.0.0") as server, Phone(where(server, "127.0.0.2")) as phone:
        phone.ask(name)
        assert phone.hear().source[0] == "127.0.0.2"


def test_listeners_have_room_for_a_storm():
    for listener in listen("127.0.0.1", 0):
        with listener:
            granted = listener.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
            allowed = int(Path("/proc/sys/net/core/rmem_max").read_text())
            assert granted >= min(allowed, 4 * 1024 * 1024)


# ---------------------------------------------------------------- life of a server


def test_counters_tell_what_happened(server):
    for name in ("phone.cfg", "missing", "phone.cfg"):
        with Phone(where(server)) as phone:
            phone.ask(name)
            if name == "phone.cfg":
                phone.receive()
            else:
                phone.hear()
    wait_until(lambda: server.counters == Counters(requests=3, served=2, errors=1))


def test_stop_before_the_start_is_kept():
    (listener,) = listen("127.0.0.1", 0)
    with listener:
        server = TftpServer([listener], Shelf({}))
        server.stop()
        server.serve_forever()


def test_stop_after_the_end_is_harmless():
    with serving() as server:
        pass
    server.stop()


def test_no_descriptor_is_left_after_the_end():
    """Counted in a process of its own: threads of other tests open and close theirs in this one."""
    with listen("127.0.0.1", 0)[0] as listener, worker(listener) as process:
        with Phone(listener.getsockname()) as phone:
            phone.ask("a")
            assert phone.hear().opcode == DATA
        assert ended(process)["left_open"] == 0


def test_a_server_in_its_own_process_ends_by_a_signal():
    with listen("127.0.0.1", 0)[0] as listener, worker(listener) as process:
        with Phone(listener.getsockname()) as phone:
            phone.ask("a")
            assert phone.hear().opcode == DATA
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_processes_share_one_inherited_socket():
    with listen("127.0.0.1", 0)[0] as listener, worker(listener) as first, worker(listener) as second:
        for _ in range(60):
            with Phone(listener.getsockname(), patience_s=10) as phone:
                assert phone.fetch("a") == b"a" * 5000
        assert ended(first)["requests"] + ended(second)["requests"] == 60


WORKER = """
import json, os, signal, socket, sys
from provisioner.tftp import TftpServer
listener = socket.socket(fileno=int(sys.argv[1]))
before = len(os.listdir("/proc/self/fd"))
server = TftpServer([listener], lambda request: request.name.encode() * 5000)
signal.signal(signal.SIGTERM, lambda *_: server.stop())
print("ready", flush=True)
server.serve_forever()
print(json.dumps({"requests": server.counters.requests, "left_open": len(os.listdir("/proc/self/fd")) - before}))
"""


@contextmanager
def worker(listener):
    """A serving process that inherits a socket, as the supervisor starts them."""
    command = [sys.executable, "-c", WORKER, str(listener.fileno())]
    with subprocess.Popen(command, pass_fds=[listener.fileno()], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def ended(process):
    """What a worker tells when it was stopped."""
    process.send_signal(signal.SIGTERM)
    return json.loads(process.communicate(timeout=30)[0])


def wait_until(is_so):
    """Give the server a moment to take in the last packet, which nobody answers."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def open_files():
    """What this process has open, server included."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            found.append(descriptor.readlink())
    return found


def packets(phone, size):
    """The blocks of a transfer under way."""
    while True:
        packet = phone.hear()
        assert packet.opcode == DATA
        phone.ack(packet.number)
        yield packet.body
        if len(packet.body) < size:
            return
