"""Virtual phones ask as real ones do, repeat themselves, and give up; against servers that do what a test says."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from provisioner.registry import find_model
from provisioner.simulate.fleet import Fleet, Patience, Tally
from provisioner.simulate.phones import Phone, phone
from provisioner.simulate.target import target
from provisioner.values import Mac, Transport
from tests.certificates import self_signed
from tests.clients.test_tftp_phone import Shelf, serving, where

TOKEN = "ab" * 24
PATIENT = Patience(timeout_s=10, retries=2, first_pause_s=0.02)
HASTY = Patience(timeout_s=0.3, retries=2, first_pause_s=0.02)
FILE = f"#!version:1.0.0.1\nstatic.auto_provision.server.url = http://elsewhere.example/d/{TOKEN}/\n".encode()

Answer = tuple[int, dict[str, str], bytes]


def desk_phone(number: int = 1, token: str | None = None) -> Phone:
    vendor, model = find_model("yealink", "T46U")
    return phone(vendor, model, Mac(f"805ec0{number:06x}"), token=token)


class Asked:
    """What an HTTP server was asked, and what it answers."""

    def __init__(self, answer: Callable[[str, str | None], Answer]) -> None:
        self.requests: list[tuple[str, str | None, str | None]] = []
        self.answer = answer


@contextmanager
def web(answer: Callable[[str, str | None], Answer], tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, Asked]]:
    asked = Asked(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            etag = self.headers.get("If-None-Match")
            asked.requests.append((self.path, self.headers.get("User-Agent"), etag))
            status, headers, body = asked.answer(self.path, etag)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256  # with the usual 5 a fleet's connections wait for seconds

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shelf(path: str, etag: str | None) -> Answer:
    if not path.endswith(".cfg") or "y0000" in path:
        return 404, {}, b"Not found\n"
    return (304, {"ETag": '"a"'}, b"") if etag == '"a"' else (200, {"ETag": '"a"'}, FILE)


def drive(url: str | None, *phones: Phone, tftp: str | None = None, patience: Patience = PATIENT) -> Tally:
    transport = None if url else Transport.TFTP
    return Fleet(target(url, tftp, owned=False), patience, transport=transport).run(phones)["yealink"]


def test_a_phone_asks_for_its_files_in_order_and_then_at_the_url_that_it_was_told() -> None:
    mac, common = "805ec0000001", "y000000000108.cfg"
    with web(shelf) as (url, asked):
        tally = drive(url, desk_phone())
    names = [f"{mac}.boot", "y000000000000.boot", common, f"{mac}.cfg"]
    assert [path for path, _, _ in asked.requests] == [
        *(f"/{name}" for name in names),
        *(f"/d/{TOKEN}/{name}" for name in names),
    ]
    assert {agent for _, agent, _ in asked.requests} == {"Yealink SIP-T46U 66.86.0.45 80:5e:c0:00:00:01"}
    assert (tally.asked, tally.served, tally.unchanged, tally.missed) == (8, 1, 1, 6)


def test_a_phone_that_comes_back_names_the_copy_that_it_holds() -> None:
    with web(shelf) as (url, asked):
        drive(url, desk_phone())
    assert [etag for path, _, etag in asked.requests if path.endswith("01.cfg")] == [None, '"a"']


def test_over_https_the_same_files_come(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    with web(shelf, context) as (url, _):
        tally = drive(url, desk_phone(), patience=Patience())
    assert (tally.asked, tally.served, tally.unchanged, tally.gave_up) == (8, 1, 1, 0)


def test_a_long_answer_over_https_arrives_whole(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    with web(lambda *_: (200, {}, b"x" * 3_000_000), context) as (url, _):
        tally = drive(url, desk_phone(), patience=Patience())
    assert (tally.served, tally.received) == (4, 12_000_000)


def test_a_paired_phone_begins_at_its_own_url() -> None:
    with web(shelf) as (url, asked):
        drive(url, desk_phone(token="cd" * 24))
    assert asked.requests[0][0] == f"/d/{'cd' * 24}/805ec0000001.boot"


def test_a_redirection_is_not_followed() -> None:
    with web(shelf) as (other, elsewhere), web(lambda path, _: (302, {"Location": other + path}, b"")) as (url, _):
        tally = drive(url, desk_phone())
    assert elsewhere.requests == []
    assert (tally.missed, tally.without) == (4, 1)


def test_a_phone_that_gets_nothing_of_its_own_is_told_apart() -> None:
    with web(lambda *_: (404, {}, b"")) as (url, _):
        tally = drive(url, desk_phone())
    assert (tally.gave_up, tally.without) == (0, 1)


def test_a_server_error_is_asked_again_and_forgotten_when_it_is_over() -> None:
    times = iter([500, 503])

    def answer(path: str, etag: str | None) -> Answer:
        return (status, {}, b"") if (status := next(times, 0)) else shelf(path, etag)

    with web(answer) as (url, _):
        tally = drive(url, desk_phone())
    assert (tally.retries, tally.gave_up, tally.served) == (2, 0, 1)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_phone_gives_up_after_its_retries() -> None:
    tally = drive(f"http://127.0.0.1:{closed_port()}", desk_phone())
    assert (tally.asked, tally.retries, tally.gave_up) == (1, 2, 1)
    assert tally.failures == {"Connection refused": 3}


def test_the_last_phone_may_be_one_that_gave_up() -> None:
    tally = drive(f"http://127.0.0.1:{closed_port()}", desk_phone())
    assert tally.last_s >= PATIENT.first_pause_s * (1 + PATIENT.backoff)


def test_silence_is_a_failure_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tally = drive(f"http://127.0.0.1:{listener.getsockname()[1]}", desk_phone(), patience=HASTY)
    assert (tally.gave_up, tally.failures["no answer"]) == (1, 3)


def test_an_answer_cut_short_is_a_failure() -> None:
    with web(lambda *_: (200, {"Content-Length": "99", "Connection": "close"}, b"half")) as (url, _):
        assert drive(url, desk_phone()).gave_up == 1


@contextmanager
def saying(begin: bytes, more: bytes = b"") -> Iterator[str]:
    """Answers every connection with these bytes, and with more of them until the other side has enough."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    phone, _ = listener.accept()
                except OSError:
                    return
                with phone, suppress(OSError):
                    phone.recv(4096)
                    phone.sendall(begin)
                    while more:
                        phone.sendall(more)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("begin", "more", "reason"),
    [
        (b"SSH-2.0-x\r\n\r\n", b"", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx", b"",
         "the server closed in the middle of an answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n", bytes(1 << 20), "the answer has no end"),
    ],
    ids=["not HTTP", "a length of 5,000 digits", "without end"],
)  # fmt: skip
def test_an_answer_that_is_none_is_a_failure(begin: bytes, more: bytes, reason: str) -> None:
    with saying(begin, more) as url:
        tally = drive(url, desk_phone(), patience=Patience(retries=0))
    assert (tally.gave_up, tally.failures) == (1, {reason: 1})


def test_over_tftp_the_same_files_come() -> None:
    files = {"805ec0000001.cfg": FILE * 20, f"d/{TOKEN}/805ec0000001.cfg": FILE * 20}
    with serving(Shelf(files)) as server:
        host, port = where(server)
        tally = drive(None, desk_phone(), tftp=f"{host}:{port}")
    assert (tally.served, tally.missed, tally.received) == (2, 6, 2 * len(FILE * 20))


def test_a_lost_tftp_request_is_repeated_without_a_new_one() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        patience = Patience(timeout_s=4.0, retries=0)

        def answer() -> None:
            first, _ = listener.recvfrom(600)
            again, peer = listener.recvfrom(600)
            assert first == again
            for _ in range(3):
                listener.sendto(b"\0\5\0\1no\0", peer)
                _, peer = listener.recvfrom(600)
            listener.sendto(b"\0\5\0\1no\0", peer)

        thread = threading.Thread(target=answer)
        thread.start()
        tally = drive(None, desk_phone(), tftp=f"127.0.0.1:{listener.getsockname()[1]}", patience=patience)
        thread.join()
    assert (tally.missed, tally.retries, tally.gave_up) == (4, 0, 0)


def test_many_phones_at_once_are_each_counted_once() -> None:
    with web(shelf) as (url, _):
        tally = drive(url, *(desk_phone(number) for number in range(1, 41)), patience=Patience())
    assert (tally.phones, tally.asked, tally.served, tally.unchanged) == (40, 40 * 8, 40, 40)
    assert (tally.gave_up, tally.without) == (0, 0)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_quantile_of_no_times_is_nothing(share: float) -> None:
    assert Tally().quantile_ms(share) == 0.0


def test_the_run_ends_with_its_last_phone() -> None:
    with web(lambda _path, _etag: (200, {}, FILE)) as (url, _):
        begun = time.monotonic()
        Fleet(target(url, None, owned=False), Patience(timeout_s=30)).run([desk_phone(token=TOKEN)])
    assert time.monotonic() - begun < 15
