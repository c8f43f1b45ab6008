"""A gunicorn worker for phones: the plain form of a phone's GET is answered on the accept loop.

The idea: nearly every request of a phone is one short ``GET`` without a body, and its answer is a look-up
away. The stock threaded worker spends far more on handing such a request through its thread pool than the
answer costs, lets slow clients hold its threads, and waits on its accept loop for the peer to close.
Here the loop itself reads requests, so that a client that dawdles costs a socket and a timer and no
thread. A complete request that matches the one exact grammar below goes through the same WSGI callable on
the spot; whatever else comes is handed, with the bytes that were read, to gunicorn's own parser and
threads. Nothing malformed is ever answered by the short way, for the grammar knows no such thing. And
connections are closed without waiting: half-closed, and drained by the loop for a bounded time.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import deque
from functools import lru_cache, partial
from typing import Any

from gunicorn import SERVER, http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

LONGEST_HEAD = 16_384
HEAD_TIME_S = 10.0
LINGER_S = 2.0
AT_ONCE = 64

_PLAIN = re.compile(
    rb"(GET|HEAD) (/(?:[!\"$-.0-~][!\"$-~]{0,2000})?) HTTP/1\.([01])\r\n"
    rb"((?:[A-Za-z][A-Za-z0-9-]{0,63}: ?(?:[!-~](?:[ -~]{0,1000}[!-~])?)?\r\n){1,32})\r\n"
)
# Headers that change how a message is framed or a connection is used are for the full parser.
_DELICATE = re.compile(
    rb"^(?:content-|transfer-encoding|te:|trailer|expect|upgrade|http2-|proxy-|x-forwarded-p|x-forwarded-s"
    rb"|x-forwarded-h|forwarded|script-name|path-info|keep-alive|remote-)",
    re.IGNORECASE | re.MULTILINE,
)


class PhoneWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """The threaded worker with a short way for phones; see the module's docstring."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reading: dict[TConn, None] = {}
        self._lingering: deque[tuple[float, socket.socket]] = deque()

    def accept(self, listener: socket.socket) -> None:
        """Take what waits, some at a time, so that nobody starves; TLS goes the stock way."""
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        for _ in range(AT_ONCE):
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            self.nr_conns += 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = TConn(self.cfg, client, address, listener.getsockname())
            connection.head = b""
            self._await_request(connection, HEAD_TIME_S)

    def _await_request(self, connection: TConn, seconds: float) -> None:
        connection.timeout = time.monotonic() + seconds
        self._reading[connection] = None
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(self._read, connection))

    def _read(self, connection: TConn, client: socket.socket) -> None:
        """Read what is there; a complete head is answered or handed over."""
        try:
            data = client.recv(LONGEST_HEAD)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data and not connection.head:
            self._drop(connection)
            return
        connection.head += data
        # What was begun and never completed is the full parser's to judge.
        if (
            not data
            or b"\r\n\r\n" in connection.head
            or len(connection.head) >= LONGEST_HEAD
            or not _may_be_plain(connection.head)
        ):
            self._complete(connection)

    def _complete(self, connection: TConn) -> None:
        head, connection.head = connection.head, b""
        request = plain_request(head)
        if request is None:
            self._hand_over(connection, head)
            return
        rest = self._answer(connection, request)
        self._forget(connection)
        if rest:
            self._enqueue_rest(connection, rest, request["keep-alive"])
        else:
            self._answered(connection, request["keep-alive"] and rest is not None)

    def _answered(self, connection: TConn, keep: bool) -> None:
        """After a whole answer: wait for the next request, or close."""
        if keep and self.alive:
            self._await_request(connection, self.cfg.keepalive)
        else:
            self.nr_conns -= 1
            self._close(connection.sock)

    def _hand_over(self, connection: TConn, head: bytes) -> None:
        """Give the connection, with the bytes read so far, to gunicorn's own parser and threads."""
        self._forget(connection)
        connection.parser = http.get_parser(self.cfg, connection.sock, connection.client)
        connection.parser.unreader.unread(head)
        connection.data_ready = True
        self.enqueue_req(connection)

    def _answer(self, connection: TConn, request: dict[str, Any]) -> bytes | None:
        """Answer on the spot; what the peer's window did not take, None when the peer is gone."""
        request["REMOTE_ADDR"], request["REMOTE_PORT"] = str(connection.client[0]), str(connection.client[1])
        told: list[Any] = []
        body = b"".join(self.wsgi(request, lambda status, headers: told.extend((status, headers))))
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        message = _message(request["version"], told[0], told[1], request["keep-alive"] and self.alive) + body
        try:
            return message[connection.sock.send(message) :]
        except BlockingIOError:
            return message
        except OSError:
            return None

    def _enqueue_rest(self, connection: TConn, rest: bytes, keep: bool) -> None:
        """Let a thread send what is left: a slow peer holds it for a bounded time, never the loop."""

        def send() -> None:
            connection.sock.settimeout(HEAD_TIME_S)
            connection.sock.sendall(rest)
            connection.sock.setblocking(False)

        def sent(future: Any) -> None:
            self.method_queue.defer(self._answered, connection, keep and future.exception() is None)

        self.tpool.submit(send).add_done_callback(sent)

    def _forget(self, connection: TConn) -> None:
        self.poller.unregister(connection.sock)
        del self._reading[connection]

    def _drop(self, connection: TConn) -> None:
        self._forget(connection)
        self.nr_conns -= 1
        connection.close()

    def _close(self, client: socket.socket) -> None:
        """Half-close and drain later: closing at once could cut the answer short (RFC 9112, section 9.6)."""
        try:
            client.setblocking(False)
            client.shutdown(socket.SHUT_WR)
            self.poller.register(client, selectors.EVENT_READ, self._drain)
        except (OSError, ValueError, KeyError):
            client.close()
            return
        self._lingering.append((time.monotonic() + LINGER_S, client))

    def _drain(self, client: socket.socket) -> None:
        try:
            if client.recv(LONGEST_HEAD):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.poller.unregister(client)
        client.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """A stopping worker waits for idle connections no longer than the stock one."""
        super()._cap_keepalive(deadline)
        for connection in self._reading:
            connection.timeout = min(connection.timeout, deadline)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """As the stock worker, but never wait for a peer on the accept loop."""
        try:
            if not fs.cancelled() and fs.result() is False and not self.cfg.is_ssl:
                self.nr_conns -= 1
                self._close(conn.sock)
                return
        except Exception:
            self.log.debug("a request ended with an error")
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Also end those who dawdle over a request, and those who never close."""
        super().murder_pending()
        now = time.monotonic()
        while self._reading and (oldest := next(iter(self._reading))).timeout <= now:
            self._drop(oldest)
        while self._lingering and (self._lingering[0][0] <= now or self._lingering[0][1].fileno() < 0):
            _, client = self._lingering.popleft()
            if client.fileno() >= 0:
                self.poller.unregister(client)
                client.close()


def _may_be_plain(head: bytes) -> bool:
    """Whether an incomplete head can still become a plain one: only such are waited for on the loop."""
    return head.startswith((b"GET /", b"HEAD /")) or b"GET /".startswith(head) or b"HEAD /".startswith(head)


def plain_request(head: bytes) -> dict[str, Any] | None:
    """The WSGI environment of a plain request, None when it is not exactly one and nothing behind it."""
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


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return str(util.http_date(second))


def _message(minor: str, status: str, headers: list[tuple[str, str]], keep: bool) -> bytes:
    lines = [
        f"HTTP/1.{minor} {status}",
        f"Server: {SERVER}",
        f"Date: {_date(int(time.time()))}",
        f"Connection: {'keep-alive' if keep else 'close'}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
