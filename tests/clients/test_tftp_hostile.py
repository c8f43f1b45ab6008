"""Nothing that comes over the network, and nothing that ``respond`` does, stops the TFTP door."""

from __future__ import annotations

import os
import random
import resource
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import structlog

from provisioner.errors import Broken, Invalid, NotOurs, Refused, Unassigned, Unknown
from provisioner.tftp import Limits, TftpServer
from provisioner.tftp_listeners import listen
from tests.clients.test_tftp import HASTY, wait_until
from tests.clients.test_tftp_phone import CONFIG, ERROR, LossyPhone, Phone, Shelf, rrq, serving, where
from tests.conftest import missing


@pytest.fixture
def server():
    with serving() as running:
        yield running
        with Phone(where(running)) as phone:  # whatever a test did: the next phone is served
            assert phone.fetch("phone.cfg") == CONFIG


@pytest.fixture
def phone(server):
    with Phone(where(server)) as one:
        yield one


# ---------------------------------------------------------------- datagrams

IN_SILENCE = {
    "nothing": b"",
    "one byte": b"\0",
    "one byte that is an opcode": b"\1",
    "half an ACK": b"\0\4",
    "three bytes of an ACK": b"\0\4\0",
    "an ACK": b"\0\4\0\1",
    "DATA": b"\0\3\0\1data",
    "an ERROR": b"\0\5\0\0no\0",
    "an empty ERROR": b"\0\5",
    "an OACK": b"\0\6blksize\x001024\0",
    "opcode 0": b"\0\0",
    "opcode 7": b"\0\7name\0octet\0",
    "opcode 65535": b"\xff\xff",
    "an opcode of the wrong byte order": b"\1\0phone.cfg\0octet\0",
    "HTTP": b"GET / HTTP/1.0\r\n\r\n",
}

BY_ERROR = {
    "a bare RRQ": (b"\0\1", 4),
    "an RRQ without end of name": (b"\0\1phone.cfg", 4),
    "an RRQ without mode": (b"\0\1phone.cfg\0", 4),
    "an RRQ without end of mode": (b"\0\1phone.cfg\0octet", 4),
    "an RRQ with an empty mode": (b"\0\1phone.cfg\0\0", 4),
    "an RRQ of zeros": (b"\0\1" + bytes(100), 4),
    "an RRQ of 513 bytes": (rrq("a" * 504), 4),
    "an RRQ of 60,000 bytes": (rrq("a" * 60_000), 4),
    "an RRQ without name": (b"\0\1\0octet\0", 1),
    "a WRQ": (b"\0\2phone.cfg\0octet\0", 2),
    "a bare WRQ": (b"\0\2", 2),
    "a WRQ of many bytes": (b"\0\2" + b"x" * 2000, 2),
}


@pytest.mark.parametrize("kind", IN_SILENCE)
def test_what_is_no_request_is_not_answered(phone, kind):
    """An answer to a forged sender could set two servers talking to each other."""
    phone.tell(IN_SILENCE[kind])
    assert phone.hears_nothing(for_s=0.05)


@pytest.mark.parametrize("kind", BY_ERROR)
def test_a_bad_request_is_answered_by_an_error(phone, kind):
    datagram, code = BY_ERROR[kind]
    phone.tell(datagram)
    packet = phone.hear()
    assert (packet.opcode, packet.number) == (ERROR, code)


@pytest.mark.parametrize("datagram", [b"", b"\4", b"\0\4", b"\0\4\0", b"\0\1x\0octet\0", b"\xff" * 600])
def test_a_bad_packet_to_a_transfer_has_no_effect(phone, datagram):
    phone.ask("phone.cfg")
    phone.hear()
    phone.socket.sendto(datagram, phone.peer)
    phone.ack(1)
    assert phone.hear().number == 2


def test_random_datagrams_do_no_harm(server):
    chance = random.Random(7)
    with Phone(where(server)) as phone:
        for _ in range(1000):
            phone.tell(
                struct.pack("!H", chance.choice([0, 1, 1, 2, 3, 4, 5, 6])) + chance.randbytes(chance.randrange(80))
            )


def test_requests_of_random_words_do_no_harm(server):
    chance = random.Random(8)
    words = [
        b"",
        b"octet",
        b"netascii",
        b"blksize",
        b"tsize",
        b"timeout",
        b"windowsize",
        b"0",
        b"-1",
        b"9" * 90,
        b"\xff",
    ]
    with Phone(where(server)) as phone:
        for _ in range(1000):
            said = [chance.choice([b"phone.cfg", b"none"]), *chance.choices(words, k=chance.randrange(7))]
            phone.tell(b"\0\1" + b"\0".join(said) + chance.choice([b"", b"\0"]))


def test_a_request_from_port_0_is_passed_over(server):
    try:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    except PermissionError:
        missing("only root may send from port 0")
    with raw:
        host, port = where(server)
        body = rrq("phone.cfg")
        raw.sendto(struct.pack("!HHHH", 0, port, 8 + len(body), 0) + body, (host, 0))
    time.sleep(0.05)
    assert server.counters.requests == 0


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\boot.ini",
        "phone.cfg/../../../etc/passwd",
        "file:///etc/passwd",
        "%2e%2e/etc/passwd",
        "a" * 500,
        "new\nline",
        "\x1b[2J",
        "{0}{{7*7}}%s%n",
    ],
)
def test_a_name_is_asked_for_as_it_was_sent_and_never_opened(name):
    shelf = Shelf({})
    with serving(shelf) as server, Phone(where(server)) as phone:
        phone.ask(name)
        packet = phone.hear()
        assert (packet.opcode, packet.number, packet.body) == (ERROR, 1, b"File not found\0")
        assert [request.name for request in shelf.requests] == [name]


@pytest.mark.parametrize("name", ["t\u00e9l\u00e9phone.cfg", "\u96fb\u8a71", "\ud7ff"])
def test_a_name_that_is_not_ascii_is_not_found(phone, name):
    phone.ask(name)
    assert phone.hear().number == 1


def test_a_name_that_is_no_text_at_all_is_not_found(phone):
    phone.tell(b"\0\1\xff\xfe\x80\0octet\0")
    assert phone.hear().number == 1


def test_a_name_ends_at_nul(phone):
    phone.tell(b"\0\1phone.cfg\0.txt\0octet\0")
    assert phone.hear().number == 4


# ---------------------------------------------------------------- respond


def raising(error):
    def respond(request):
        if request.name == "bad":
            raise error
        return CONFIG

    return respond


@pytest.mark.parametrize("error", [NotOurs("x"), Unknown("x"), Refused("why"), Unassigned("x"), Invalid([])])
def test_every_refusal_is_the_same_packet(error):
    with serving(raising(error)) as server, Phone(where(server)) as phone:
        phone.ask("bad")
        packet = phone.hear()
        assert (packet.opcode, packet.number, packet.body) == (ERROR, 1, b"File not found\0")


@pytest.mark.parametrize(
    "error",
    [
        Broken("template"),
        ValueError("secret"),
        OSError(2, "secret"),
        BlockingIOError(),
        SystemExit(3),
        MemoryError(),
    ],
)
def test_every_fault_of_ours_is_error_0_and_the_next_transfer_works(error):
    with serving(raising(error)) as server, Phone(where(server)) as phone:
        phone.ask("bad")
        packet = phone.hear()
        assert (packet.opcode, packet.number, packet.body) == (ERROR, 0, b"Server error\0")
        assert phone.fetch("good") == CONFIG


def test_an_unforeseen_exception_is_logged_once_with_its_traceback():
    with (
        structlog.testing.capture_logs() as log,
        serving(raising(KeyError("x"))) as server,
        Phone(where(server)) as phone,
    ):
        phone.ask("bad")
        phone.hear()
    assert [(entry["event"], entry["name"], entry["exc_info"]) for entry in log] == [("lookup.failed", "bad", True)]


def test_more_faults_than_threads_leave_the_threads_alive():
    with serving(raising(SystemExit()), Limits(threads=2)) as server:
        for _ in range(5):
            with Phone(where(server)) as phone:
                phone.ask("bad")
                phone.hear()
        with Phone(where(server)) as phone:
            assert phone.fetch("good") == CONFIG


@pytest.mark.parametrize("content", [None, "text", 7, Path("/nowhere/at/all"), Path("/"), Path("/dev/zero")])
def test_content_that_cannot_be_sent_is_error_0(content):
    with serving(Shelf({"bad": content, "good": CONFIG})) as server, Phone(where(server)) as phone:
        phone.ask("bad")
        packet = phone.hear()
        assert (packet.opcode, packet.number) == (ERROR, 0)
        assert phone.fetch("good") == CONFIG


def test_a_file_that_shrinks_while_it_is_sent_ends_with_an_error(tmp_path):
    """A short block would mean: this was all."""
    image = tmp_path / "image.bin"
    image.write_bytes(CONFIG)
    with serving(Shelf({"image.bin": image})) as server, Phone(where(server)) as phone:
        phone.ask("image.bin")
        phone.hear()
        os.truncate(image, 700)
        phone.ack(1)
        packet = phone.hear()
        assert (packet.opcode, packet.number) == (ERROR, 0)


def test_a_file_that_grows_while_it_is_sent_keeps_its_length(tmp_path):
    image = tmp_path / "image.bin"
    image.write_bytes(b"x" * 1000)
    with serving(Shelf({"image.bin": image})) as server, Phone(where(server)) as phone:
        phone.ask("image.bin")
        phone.hear()
        image.write_bytes(b"x" * 5000)
        phone.ack(1)
        assert len(phone.hear().body) == 488


def test_a_slow_answer_delays_nobody_else():
    may_go_on = threading.Event()

    def respond(request):
        if request.name == "slow":
            may_go_on.wait(5)
        return CONFIG

    with (
        serving(respond) as server,
        Phone(where(server)) as slow,
        Phone(where(server), patience_s=1) as quick,
    ):
        slow.ask("slow")
        for _ in range(20):
            assert quick.fetch("quick") == CONFIG
        may_go_on.set()
        assert slow.receive() == CONFIG


def test_a_file_at_hand_is_sent_while_every_thread_is_busy():
    may_go_on = threading.Event()

    def respond(_request):
        may_go_on.wait(5)
        return b"late"

    with (
        serving(
            respond, Limits(threads=1), at_once=lambda request: CONFIG if request.name == "quick" else None
        ) as server,
        Phone(where(server)) as slow,
        Phone(where(server), patience_s=1) as quick,
    ):
        slow.ask("slow")
        assert quick.fetch("quick") == CONFIG
        may_go_on.set()
        assert slow.receive() == b"late"


@pytest.mark.parametrize(("error", "number"), [(NotOurs("no"), 1), (Broken("no"), 0), (ValueError("no"), 0)])
def test_a_refusal_at_once_needs_no_thread(error, number):
    def at_once(_request):
        raise error

    with serving(at_once=at_once) as server, Phone(where(server)) as phone:
        phone.ask("phone.cfg")
        packet = phone.hear()
        assert (packet.opcode, packet.number) == (ERROR, number)


def test_a_request_repeated_during_its_lookup_is_looked_up_once():
    may_go_on = threading.Event()
    asked = []

    def respond(request):
        asked.append(request)
        may_go_on.wait(5)
        return CONFIG

    with serving(respond) as server, Phone(where(server)) as phone:
        for _ in range(5):
            phone.ask("phone.cfg")
        wait_until(lambda: asked)
        may_go_on.set()
        assert phone.receive() == CONFIG
        assert len(asked) == 1


def test_a_client_that_asks_for_two_files_by_turns_has_one_lookup_of_each():
    may_go_on = threading.Event()
    asked = []

    def respond(request):
        asked.append(request.name)
        may_go_on.wait(5)
        return request.name.encode()

    with serving(respond) as server, Phone(where(server)) as phone:
        for number in range(10):
            phone.ask("ab"[number % 2])
            wait_until(lambda: server.counters.requests > number)  # noqa: B023  # called at once
        may_go_on.set()
        assert phone.receive() == b"b"
        assert sorted(asked) == ["a", "b"]


def test_copies_of_requests_that_wait_in_the_buffer_are_served_once():
    """A storm whose phones repeat themselves before the server takes up the first of them."""
    [listener] = listen("127.0.0.1", 0)
    server = TftpServer([listener], Shelf({"phone.cfg": b"short"}), at_once=lambda _request: b"short")
    with listener, ExitStack() as stack:
        phones = [stack.enter_context(Phone(listener.getsockname())) for _ in range(200)]
        for phone in phones * 3:
            phone.ask("phone.cfg")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert [phone.receive() for phone in phones] == [b"short"] * 200
        wait_until(lambda: server.counters.open == 0)
        server.stop()
        thread.join()
    assert (server.counters.requests, server.counters.served) == (200, 200)


def test_requests_beyond_the_room_for_waiting_ones_are_dropped():
    [listener] = listen("127.0.0.1", 0)
    server = TftpServer([listener], Shelf({}), Limits(waiting=3), at_once=lambda _request: b"short")
    with listener, abandoned(listener.getsockname(), 5):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        wait_until(lambda: server.counters.requests == 3)
        server.stop()
        thread.join()
    assert server.counters.dropped == 2


def test_lookups_beyond_their_bound_are_dropped():
    may_go_on = threading.Event()

    def respond(request):
        may_go_on.wait(5)
        return CONFIG

    with serving(respond, Limits(lookups=3, threads=1)) as server, abandoned(where(server), 5):
        wait_until(lambda: server.counters.dropped == 2)
        may_go_on.set()
        wait_until(lambda: server.counters.open == 3)
        with Phone(where(server)) as phone:
            assert phone.fetch("phone.cfg") == CONFIG


# ---------------------------------------------------------------- crowds


@contextmanager
def abandoned(server, count, name="phone.cfg"):
    """So many phones that have asked for a file and listen to nothing."""
    with ExitStack() as stack:
        phones = [stack.enter_context(Phone(server)) for _ in range(count)]
        for number, phone in enumerate(phones):
            phone.ask(name)
            if not number % 100:
                time.sleep(0.005)  # the phones of a real storm do not fill the buffer of one socket
        yield phones


@pytest.fixture
def many_descriptors():
    """Leave to ask for as many sockets as the machine has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
def test_after_3000_abandoned_transfers_the_next_is_served_at_once():
    with serving() as server, abandoned(where(server), 3000):
        wait_until(lambda: server.counters.open == 3000)
        with Phone(where(server), patience_s=5) as phone:
            assert phone.fetch("phone.cfg") == CONFIG


def test_in_a_full_house_the_longest_silent_makes_room():
    with serving(limits=Limits(transfers=5, first_timeout_s=0.4)) as server:
        with abandoned(where(server), 5), Phone(where(server)) as phone:
            wait_until(lambda: server.counters.open == 5)
            time.sleep(0.15)
            assert phone.fetch("phone.cfg") == CONFIG
        assert server.counters.evicted == 1


def test_in_a_full_house_a_client_heard_just_now_keeps_its_place():
    with serving(limits=Limits(transfers=5, first_timeout_s=10)) as server, abandoned(where(server), 7):
        wait_until(lambda: server.counters.dropped == 2)
        assert (server.counters.evicted, server.counters.open) == (0, 5)


def test_an_ack_keeps_a_place_in_a_full_house():
    with serving(limits=Limits(transfers=2, first_timeout_s=2)) as server, Phone(where(server)) as alive:
        alive.ask("phone.cfg")
        alive.hear()
        with abandoned(where(server), 1), Phone(where(server)) as newcomer:
            wait_until(lambda: server.counters.open == 2)
            time.sleep(0.55)
            alive.ack(1)
            alive.hear()
            assert newcomer.fetch("phone.cfg") == CONFIG
            alive.ack(2)
            assert alive.hear().number == 3


def test_the_bound_of_descriptors_is_kept():
    """Of 140 descriptors 40 are for transfers, and one of a file on disk takes two."""
    with small_process() as process, abandoned(process.at, 200, "firmware.bin"):
        time.sleep(0.3)
        with LossyPhone(process.at, loss=0, seed=0) as phone:  # one that asks again, should it be dropped
            assert phone.fetch("firmware.bin") == Path(__file__).read_bytes()
        assert process.open_files() < 60


SMALL_PROCESS = """
import os, resource, sys, threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from provisioner.tftp import Limits, TftpServer
from provisioner.tftp_listeners import listen
resource.setrlimit(resource.RLIMIT_NOFILE, (140, 140))
(listener,) = listen("127.0.0.1", 0)
server = TftpServer([listener], lambda request: Path(sys.argv[1]), Limits(first_timeout_s=0.2))
threading.Thread(target=server.serve_forever, daemon=True).start()
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def small_process():
    """A server that may open few files, all of which are this one."""
    with subprocess.Popen(
        [sys.executable, "-c", SMALL_PROCESS, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.at = ("127.0.0.1", int(process.stdout.readline()))
        process.open_files = lambda: len(os.listdir(f"/proc/{process.pid}/fd"))
        yield process


def test_a_forged_request_costs_its_victim_one_block_and_a_few_repetitions():
    with serving(limits=HASTY) as server, Phone(where(server)) as victim:
        for _ in range(10):
            victim.ask("phone.cfg")
        wait_until(lambda: server.counters.timeouts == 1)
        assert heard_by(victim) == [1] * 6


def test_in_a_silent_crowd_of_one_address_nothing_is_repeated_by_time():
    limits = Limits(first_timeout_s=0.15, silent_per_address=3)
    with serving(limits=limits) as server, abandoned(where(server), 10) as victims:
        wait_until(lambda: server.counters.timeouts == 10)
        assert [heard_by(victim) for victim in victims] == [[1]] * 10


def test_in_a_silent_crowd_a_repeated_request_brings_the_first_block_again():
    limits = Limits(silent_per_address=3)
    with serving(limits=limits) as server, abandoned(where(server), 10) as phones:
        phones[4].hear()
        phones[4].ask("phone.cfg")
        assert phones[4].receive() == CONFIG


def heard_by(victim):
    """The block numbers of all packets that have arrived."""
    numbers = []
    while select.select([victim.socket], [], [], 0)[0]:
        numbers.append(victim.hear().number)
    return numbers


# ---------------------------------------------------------------- events


class StaleEpoll:
    """An epoll that reports, beside what is true, everything that was ever registered and more."""

    def __init__(self, real):
        self.real = real
        self.ever = set()

    def register(self, descriptor, events):
        self.ever.add(descriptor)
        self.real.register(descriptor, events)

    def poll(self, timeout):
        stale = [(descriptor, select.EPOLLIN) for descriptor in [*self.ever, 99_999]]
        return [*stale, *self.real.poll(timeout), *stale]

    def __getattr__(self, name):
        return getattr(self.real, name)


def test_stale_events_are_harmless(monkeypatch):
    """A descriptor closed and opened again within one turn receives the event of its predecessor."""
    real = select.epoll
    monkeypatch.setattr(select, "epoll", lambda: StaleEpoll(real()))
    with serving() as server:
        for _ in range(20):
            with Phone(where(server)) as phone, Phone(where(server)) as other:
                other.ask("phone.cfg")
                assert phone.fetch("phone.cfg") == CONFIG
                assert other.receive() == CONFIG
        wait_until(lambda: server.counters.served == 40)
