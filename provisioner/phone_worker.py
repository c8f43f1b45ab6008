"""A gunicorn worker for phones: the plain form of a phone's GET is answered on the accept loop.

The idea: nearly every request of a phone is one short ``GET`` without a body, and its answer is a look-up
away. The stock threaded worker spends far more on handing such a request through its thread pool than the
answer costs, lets slow clients hold its threads, and waits on its accept loop for the peer to close.
Here the loop itself shakes hands, reads and writes, so that a client that dawdles costs a socket and a
timer and no thread. A complete request that matches the one exact grammar below is put to the
application's ``at_once``, which never waits. Whatever else comes, and whatever takes time, is handed, with
the bytes that were read, to gunicorn's own parser and threads. What a thread answers goes back to the loop,
which sends it, an image piece by piece: no thread waits for a client that reads slowly. Nothing malformed
is ever answered by the short way, for the grammar knows no such thing. Nobody waits for a peer to close:
after an answer to a request with nothing behind it a close cannot cut it short, any other connection is
half-closed and drained by the loop for a bounded time.
"""

from __future__ import annotations

import re
import selectors
import socket
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from gunicorn import SERVER, http, util
from gunicorn import sock as gunicorn_sock
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import TConn, ThreadWorker

from provisioner.http_firmware import Body
from provisioner.outbox import Application, Outbox
from provisioner.poller import Poller

LONGEST_HEAD = 65_536
"""More than any phone sends, behind any proxy: what is longer is refused, and nobody waits for its end."""
CHUNK = 16_384
LONGEST_REMEMBERED = 768
REMEMBERED = 4096
HEAD_TIME_S = 10.0
SEND_TIME_S = 60.0
LINGER_S = 2.0
DRAIN_S = 0.01
AT_ONCE = 64

_PLAIN = re.compile(
    rb"(GET|HEAD) (/(?:[!\"$-.0-~][!\"$-~]{0,2000})?) HTTP/1\.([01])\r\n"
    rb"((?:[A-Za-z][A-Za-z0-9-]{0,63}: ?(?:[!-~](?:[ -~]{0,1000}[!-~])?)?\r\n){1,32})\r\n"
)
_END = re.compile(rb"\n\r?\n")  # of a head, also of one that the full parser will refuse for it
# Headers that change how a message is framed or a connection is used are for the full parser.
_DELICATE = re.compile(
    rb"^(?:content-|transfer-encoding|te:|trailer|expect|upgrade|http2-|proxy-|x-forwarded-p|x-forwarded-s"
    rb"|x-forwarded-h|forwarded|script-name|path-info|keep-alive|remote-)",
    re.IGNORECASE | re.MULTILINE,
)


class Peer:
    """A connection while the loop has it: what was read of a request, what is left of an answer."""

    __slots__ = (
        "address", "body", "deadline", "fileno", "flags", "head", "keep", "lingers", "queue", "rest", "secure",
        "server", "sock", "step",
    )  # fmt: skip

    def __init__(self, client: Any, address: Any, server: Any, *, secure: bool = False) -> None:
        self.sock = client
        self.fileno = client.fileno
        self.address = address
        self.server = server
        self.secure = secure
        # A flag for each call costs less than telling the socket once; TLS sockets take none and are told.
        self.flags = 0 if secure else socket.MSG_DONTWAIT
        self.head = b""
        self.rest: Any = None
        self.body: Body | None = None
        """What follows the rest."""
        self.keep = False
        self.lingers = False
        """Whether something may be left unread behind its request."""
        self.deadline = 0.0
        self.queue: dict[Peer, None] | None = None
        self.step: Callable[[Peer], None] | None = None
        """What follows when the socket is ready; None while the poller does not watch it."""


class PhoneWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """The threaded worker with a short way for phones; see the module's docstring."""

    poller: Any
    wsgi: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: defaultdict[float, dict[Peer, None]] = defaultdict(dict)
        """Who is waited for, by how long they may take; the first to run out of time first."""
        self._lingering: deque[tuple[float, Any]] = deque()

    def load_wsgi(self) -> None:
        """As the stock worker."""
        super().load_wsgi()
        self.wsgi = Application(self.wsgi)

    def run(self) -> None:
        """As the stock worker, with a poller that costs less than the standard library's."""
        self.poller.close()
        self.poller = Poller()
        super().run()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Take everybody one step further who is ready."""
        self.poller.turn(timeout)

    # ------------------------------------------------------------ coming in

    def set_accept_enabled(self, enabled: bool) -> None:
        """As the stock worker; connections inherit from their listener that small packets go at once."""
        for listener in self.sockets:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().set_accept_enabled(enabled)

    def accept(self, listener: socket.socket) -> None:
        """Take what waits, some at a time, so that nobody starves."""
        server, kind = listener.getsockname(), (int(listener.family), int(listener.type), listener.proto)
        begin = self._begin_tls if self.cfg.is_ssl else self._read
        for _ in range(AT_ONCE):
            try:
                # Not `accept`: the class that it wraps around the descriptor costs more than the call.
                descriptor, address = listener._accept()  # type: ignore[attr-defined]
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of descriptors or memory: after this turn of the loop, who waits is asked in again.
                self.log.warning("connections have to wait: %s", error)
                self.set_accept_enabled(False)
                return
            client = socket.SocketType(*kind, descriptor)
            self.nr_conns += 1
            begin(Peer(client, address, server))

    def _begin_tls(self, peer: Peer) -> None:
        """Shake hands without waiting, on the one context of the worker."""
        plain = socket.socket(fileno=peer.sock.detach())
        plain.setblocking(False)
        try:
            secure = gunicorn_sock.ssl_context(self.cfg).wrap_socket(
                plain, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
            )
        except OSError:
            plain.close()
            self.nr_conns -= 1
            return
        self._shake_hands(Peer(secure, peer.address, peer.server, secure=True))

    def _shake_hands(self, peer: Peer) -> None:
        try:
            peer.sock.do_handshake()
        except ssl.SSLWantReadError:
            self._expect(peer, self._shake_hands)
        except OSError:
            self._drop(peer)
        else:
            self._read(peer)

    # ------------------------------------------------------------ requests

    def _read(self, peer: Peer) -> None:
        """Read what is there of a request."""
        try:
            data = peer.sock.recv(CHUNK, peer.flags)
        except (BlockingIOError, ssl.SSLWantReadError):
            self._expect(peer, self._read)
            return
        except OSError:
            data = b""
        if data or peer.head:
            self._judge(peer, peer.head + data, ended=not data)
        else:
            self._drop(peer)

    def _judge(self, peer: Peer, head: bytes, *, ended: bool = False) -> None:
        """A complete head is answered or handed over, an incomplete one waited for, but not for ever."""
        request = plain_request(head) if head.endswith(b"\r\n\r\n") else None
        if request is not None:
            self._answer(peer, head, request)
        elif ended or _END.search(head, max(len(peer.head) - 2, 0)):
            # What its peer ended early is the full parser's to judge as well; a thread would wait for the rest.
            self._hand_over(peer, head)
        elif len(head) >= LONGEST_HEAD:
            self._refuse(peer, head)
        else:
            peer.head = head
            self._expect(peer, self._read)

    def _answer(self, peer: Peer, head: bytes, request: dict[str, Any]) -> None:
        """Answer on the spot, or let a thread do it where that takes time."""
        request["REMOTE_ADDR"], request["REMOTE_PORT"] = peer.address[0], str(peer.address[1])
        request["gunicorn.socket"] = peer.sock
        if peer.secure:
            request["wsgi.url_scheme"] = "https"
        try:
            reply = self.wsgi.at_once(request)
        except Exception:
            self.log.exception("the short way failed; the long one will tell")
            reply = None
        if reply is None:
            self._hand_over(peer, head)
            return
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        peer.head, peer.keep, peer.lingers = b"", request["keep-alive"], False
        before, behind = _lines(request["version"], reply.status, reply.headers, peer.keep and self.alive)
        self._send(peer, (before, _date(int(time.time())), behind, reply.body))

    def _send(self, peer: Peer, message: tuple[bytes, ...]) -> None:
        """Send an answer; what the peer's window does not take now follows when it does."""
        # What closes next can take the last bytes of the answer along in one packet.
        flags = peer.flags if peer.keep else peer.flags | socket.MSG_MORE
        try:
            sent = peer.sock.send(b"".join(message)) if peer.secure else peer.sock.sendmsg(message, (), flags)
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        except OSError:
            self._drop(peer)
            return
        if sent == sum(map(len, message)):
            self._answered(peer)
        else:
            peer.rest = memoryview(b"".join(message))[sent:]
            self._wait(peer, self._send_rest, SEND_TIME_S, selectors.EVENT_WRITE)

    def _send_rest(self, peer: Peer) -> None:
        """Send as much as is taken now; who takes a piece of an image gains time for the next."""
        try:
            peer.rest = peer.rest[peer.sock.send(peer.rest, peer.flags) :]
            if not peer.rest and peer.body is not None:
                peer.rest = memoryview(next(peer.body, b""))
                self._wait(peer, self._send_rest, SEND_TIME_S, selectors.EVENT_WRITE)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return
        except OSError:
            self._drop(peer)
            return
        if not peer.rest:
            self._answered(peer)

    def _answered(self, peer: Peer) -> None:
        """After a whole answer: wait for the next request, or close."""
        peer.body = None
        if not peer.keep and not peer.lingers:
            self._drop(peer)
        elif peer.keep and (self.alive or peer.lingers):  # a thread cannot know that its worker stops meanwhile
            self._wait(peer, self._read, self.cfg.keepalive if self.alive else LINGER_S)
            if peer.head:  # of a request that came right behind the last
                ahead, peer.head = peer.head, b""
                self._judge(peer, ahead)
        else:  # it may have sent more, or a request that it hoped to get an answer to
            self._forget(peer)
            self.nr_conns -= 1
            self._close(peer.sock)

    # ------------------------------------------------------------ to the threads, and back

    def _hand_over(self, peer: Peer, head: bytes) -> None:
        """Give the connection, with the bytes read so far, to gunicorn's own parser and threads."""
        self._forget(peer)
        client = peer.sock if isinstance(peer.sock, socket.socket) else socket.socket(fileno=peer.sock.detach())
        connection = TConn(self.cfg, client, peer.address, peer.server)
        connection.parser = http.get_parser(self.cfg, client, peer.address)
        connection.parser.unreader.unread(head)
        connection.data_ready, connection.outbox = True, None
        self.enqueue_req(connection)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """As the stock worker, but that the answer, and what may be said behind it, is gathered for the loop."""
        outbox = conn.outbox = conn.sock = Outbox(conn.sock)
        keep = super().handle_request(req, conn)
        if outbox.body is not None:  # what may be said behind it would come before it
            conn.sock = Outbox(outbox.client)
        return bool(keep)

    def _refuse(self, peer: Peer, head: bytes) -> None:
        """Tell in gunicorn's words that a head is too long; its own parser would wait for more of it."""
        limit, line = self.cfg.limit_request_line, head.find(b"\r\n", 2)
        line = line if line >= 0 else len(head)
        error = LimitRequestLine(line, limit) if line > limit else LimitRequestHeaders("max buffer headers")
        self._forget(peer)
        peer.sock.setblocking(False)
        self.handle_error(None, peer.sock, peer.address, error)
        self.nr_conns -= 1
        self._close(peer.sock)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Keep no connection whose request has more to come: the stock worker lets a thread wait for it."""
        return bool(keepalive and conn.parser.finish_body(deadline=time.monotonic() + DRAIN_S))

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Take a connection back on the loop: send what its thread has answered, or close it without waiting."""
        try:
            keep = not fs.cancelled() and fs.result() is True
        except Exception:
            self.log.debug("a request ended with an error")
            keep = False
        client = conn.outbox.client if conn.outbox else conn.sock
        if conn.outbox is None or not conn.outbox.sent:
            self.nr_conns -= 1
            self._close(client)
            return
        client.setblocking(False)
        peer = Peer(client, conn.client, conn.server, secure=self.cfg.is_ssl)
        peer.keep, peer.lingers, peer.body = keep, True, conn.outbox.body
        peer.head = conn.parser.unreader.take_buffered() if keep else b""
        if peer.body is None:
            self._send(peer, tuple(conn.outbox.sent))
        else:
            peer.rest = memoryview(b"".join(conn.outbox.sent))
            self._wait(peer, self._send_rest, SEND_TIME_S, selectors.EVENT_WRITE)

    # ------------------------------------------------------------ waiting and closing

    def _expect(self, peer: Peer, step: Callable[[Peer], None]) -> None:
        """Wait for more of the same; who dawdles gains no time by it."""
        if peer.step != step:
            self._wait(peer, step, HEAD_TIME_S)

    def _wait(
        self, peer: Peer, step: Callable[[Peer], None], seconds: float, event: int = selectors.EVENT_READ
    ) -> None:
        """Go on with a step when the peer's socket is ready, and drop the peer when it takes too long."""
        if peer.step is None:
            self.poller.register(peer, event, step)
        elif peer.step != step:
            self.poller.modify(peer, event, step)
        if peer.queue is not None:
            del peer.queue[peer]
        peer.step, peer.deadline, peer.queue = step, time.monotonic() + seconds, self._waiting[seconds]
        peer.queue[peer] = None

    def _forget(self, peer: Peer) -> None:
        if peer.step is not None:
            self.poller.unregister(peer)
            peer.step = None
        if peer.queue is not None:
            del peer.queue[peer]
            peer.queue = None

    def _drop(self, peer: Peer) -> None:
        """Close; where everything that came was read, as after a plain request, that cuts nothing short."""
        if peer.body is not None:
            peer.body.close()
        if peer.step is not None:
            self.poller.closing(peer)
            peer.step = None
        self._forget(peer)
        self.nr_conns -= 1
        if peer.secure:
            with suppress(OSError, ValueError):
                peer.sock.unwrap()
        peer.sock.close()

    def _close(self, client: Any) -> None:
        """Half-close and drain later: closing at once could cut the answer short (RFC 9112, section 9.6)."""
        try:
            client.setblocking(False)
            if isinstance(client, ssl.SSLSocket):
                with suppress(OSError, ValueError):
                    client.unwrap()
            client.shutdown(socket.SHUT_WR)
            self.poller.register(client, selectors.EVENT_READ, self._drain)
        except (OSError, ValueError, KeyError):
            client.close()
            return
        self._lingering.append((time.monotonic() + LINGER_S, client))

    def _drain(self, client: Any) -> None:
        try:
            if client.recv(CHUNK):
                return
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            pass
        self.poller.unregister(client)
        client.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """A stopping worker waits for idle connections no longer than the stock one."""
        super()._cap_keepalive(deadline)
        for peer in self._waiting[self.cfg.keepalive]:
            peer.deadline = min(peer.deadline, deadline)

    def murder_pending(self) -> None:
        """Also end those who take too long over something, and those who never close."""
        super().murder_pending()
        now = time.monotonic()
        for peers in self._waiting.values():
            while peers and (first := next(iter(peers))).deadline <= now:
                self._drop(first)
        while self._lingering and (self._lingering[0][0] <= now or self._lingering[0][1].fileno() < 0):
            _, client = self._lingering.popleft()
            if client.fileno() >= 0:
                self.poller.unregister(client)
                client.close()


def plain_request(head: bytes) -> dict[str, Any] | None:
    """The WSGI environment of a plain request, None when it is not exactly one and nothing behind it."""
    if len(head) > LONGEST_REMEMBERED:
        return _parsed(head)
    environ = _remembered(head)
    return None if environ is None else environ.copy()


def _parsed(head: bytes) -> dict[str, Any] | None:
    match = _PLAIN.fullmatch(head)
    if match is None or _DELICATE.search(match[4]):
        return None
    method, target, minor, lines = match.groups()
    headers = [line.split(":", 1) for line in lines.decode("latin-1").split("\r\n")[:-1]]
    environ: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": value.strip() for name, value in headers}
    connection = environ.get("HTTP_CONNECTION", "").lower()
    if len(environ) != len(headers) or "HTTP_HOST" not in environ or connection not in ("", "close", "keep-alive"):
        return None
    raw = target.decode("latin-1")
    path, _, query = raw.partition("?")
    environ.update(
        {
            "REQUEST_METHOD": method.decode(),
            "RAW_URI": raw,
            "PATH_INFO": util.unquote_to_wsgi_str(path),
            "QUERY_STRING": query,
            "wsgi.url_scheme": "http",
            "version": minor.decode(),
            "keep-alive": connection == "keep-alive" or (minor == b"1" and connection != "close"),
        }
    )
    return environ


# A phone sends the same bytes each time that it asks for a file.
_remembered = lru_cache(maxsize=REMEMBERED)(_parsed)


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return f"Date: {util.http_date(second)}\r\n".encode("latin-1")


@lru_cache(maxsize=REMEMBERED)
def _lines(minor: str, status: str, headers: Sequence[tuple[str, str]], keep: bool) -> tuple[bytes, bytes]:
    """The head of an answer before and behind its date."""
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers])
    connection = "keep-alive" if keep else "close"
    before = f"HTTP/1.{minor} {status}\r\nServer: {SERVER}\r\n"
    return before.encode("latin-1"), f"Connection: {connection}\r\n{fields}\r\n".encode("latin-1")
