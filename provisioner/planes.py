"""Runs one plane in this process: gunicorn for phones and portal, the TFTP loop, or the worker.

A plane serves the sockets that the supervisor bound and handed over, so that a process that dies loses
no request that already waits.
"""

from __future__ import annotations

import gc
import re
import resource
import signal
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError
from gunicorn.glogging import Logger
from setproctitle import getproctitle, setproctitle

from provisioner import app, metrics
from provisioner.answer import Provisioner
from provisioner.errors import Invalid
from provisioner.http import PhonesDoor
from provisioner.phone_worker import PhoneWorker
from provisioner.recognise import Ask, recognise
from provisioner.settings import Installation
from provisioner.supervisor import BACKLOG
from provisioner.tftp import TftpServer
from provisioner.tls import ask_for_certificate
from provisioner.worker import Worker

log = structlog.get_logger()

GRACE_S = 10
LOOK_S = 1.0
CONNECTIONS = 16_384
_BAD_REQUEST = re.compile(r"(Invalid request from ip=\S+: [^:]*).*", re.DOTALL)


def run_plane(name: str, installation: Installation, sockets: Sequence[socket.socket]) -> None:
    """Serve one plane until told to stop."""
    setproctitle(f"provisioner serve {name}")  # a fork bears its supervisor's command line
    PLANES[name](installation, sockets)


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with our options instead of its command line."""

    def __init__(self, options: dict[str, Any], make: Callable[[], Any]) -> None:
        self._options = options
        self._make = make
        super().__init__()

    def load_config(self) -> None:
        """Take the options over."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application, in the worker: connections and threads do not survive a fork."""
        try:
            return self._make()
        except Invalid as error:  # told in a line, as at a start: it is tried again and again
            raise AppImportError(str(error)) from error


def _phones(installation: Installation, sockets: Sequence[socket.socket]) -> None:
    room = _raise_descriptors() - 256
    options = {
        **_options(installation, sockets),
        "worker_class": PhoneWorker,
        "worker_connections": max(256, min(CONNECTIONS, room)),
    }
    if installation.tls_cert:
        # gunicorn would build a context for every connection, which costs more than the handshake.
        options |= {
            "certfile": str(installation.tls_cert),
            "keyfile": str(installation.tls_key) if installation.tls_key else None,
            "ssl_context": OneContext(
                [path for path in (installation.tls_cert, installation.tls_key) if path],
                asks_for_certificates=installation.client_ca_dir is not None,
            ),
        }
    _Gunicorn(options, lambda: _door(installation)).run()


class _Log(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's lines on the way of all others: masked, and in the form that was asked for."""

    def setup(self, cfg: Any) -> None:
        """Leave the writing to the root's handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def warning(self, msg: str, *words: object, **more: Any) -> None:
        """What a bad request said stays out: it may be a path, and hold a token."""
        super().warning(_BAD_REQUEST.sub(r"\1", msg), *words, **more)


class OneContext:
    """gunicorn's hook for TLS: one context a worker, made again when the certificate's files change."""

    def __init__(self, files: Sequence[Path], *, asks_for_certificates: bool = False) -> None:
        self._files = files
        self._asks = asks_for_certificates
        self._stamp: list[int] = []
        self._looked = float("-inf")
        self._context: ssl.SSLContext | None = None

    def __call__(self, _config: object, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """The context; files that cannot be used leave the one in force. Raises OSError when there is none."""
        now = time.monotonic()
        if self._context is None or now - self._looked >= LOOK_S:
            self._looked = now
            self._context = self._renewed(make)
        return self._context

    def _renewed(self, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        try:
            stamp = [path.stat().st_mtime_ns for path in self._files]
            if self._context is not None and stamp == self._stamp:
                return self._context
            made = make()
            if self._asks:
                ask_for_certificate(made)
        except OSError as error:  # an SSLError is one
            if self._context is None:
                raise
            log.error("certificate.unusable", reason=f"{type(error).__name__}: {error}")
            return self._context
        self._stamp = stamp
        return made


def _door(installation: Installation) -> PhonesDoor:
    provisioner = app.open_provisioner(installation)
    provisioner.last_good.start()
    door = _Closing(provisioner)
    settle()
    return door


def settle() -> None:
    """Read every vendor now and not with the first request; and what stays need not be looked through for garbage."""
    recognise(Ask(path="/"))
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


class _Closing(PhonesDoor):
    """The phones' door, which writes what has gathered when its worker ends."""

    def __init__(self, provisioner: Provisioner) -> None:
        super().__init__(provisioner)
        self.close = provisioner.close


def _portal(installation: Installation, sockets: Sequence[socket.socket]) -> None:
    make = app.portal_maker()
    _Gunicorn(_options(installation, sockets), lambda: make(app.open_provisioner(installation))).run()


def _options(installation: Installation, sockets: Sequence[socket.socket]) -> dict[str, Any]:
    return {
        "bind": [f"fd://{one.detach()}" for one in sockets],
        "workers": installation.workers,
        "worker_class": "gthread",
        "threads": 4,
        "backlog": BACKLOG,
        "keepalive": 15,
        "timeout": 60,
        "graceful_timeout": GRACE_S,
        "loglevel": "warning",
        "logger_class": _Log,
        "proc_name": getproctitle(),
        "control_socket_disable": True,  # it would be served by a thread of the process that forks the workers
        "worker_exit": _worker_exit,
        "child_exit": lambda _server, worker: metrics.bury(worker.pid),
    }


def _worker_exit(_server: object, worker: Any) -> None:
    close = getattr(getattr(worker, "wsgi", None), "close", None)  # one that could not start has no application
    if close:
        close()


def _tftp(installation: Installation, sockets: Sequence[socket.socket]) -> None:
    _raise_descriptors()
    provisioner = app.open_provisioner(installation)
    provisioner.last_good.start()
    server = TftpServer(sockets, app.tftp_respond(provisioner), at_once=app.tftp_at_once(provisioner))
    tally, counters = provisioner.sightings.tally, server.counters
    tally.watch(metrics.TRANSFERS, lambda: counters.open)
    for how in ("served", "timeouts", "aborted", "evicted"):
        tally.follow(metrics.TRANSFER_ENDS.labels(how), partial(getattr, counters, how))
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    signal.signal(signal.SIGINT, lambda *_: server.stop())
    settle()
    server.serve_forever()
    provisioner.close()


def _raise_descriptors() -> int:
    """Each transfer and connection has a socket, and the usual soft limit would end them at a thousand."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def _worker(installation: Installation, _sockets: Sequence[socket.socket]) -> None:
    worker = Worker(app.open_provisioner(installation))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, lambda *_: worker.stop())
    worker.run()


PLANES: dict[str, Callable[[Installation, Sequence[socket.socket]], None]] = {
    "phones": _phones,
    "tftp": _tftp,
    "portal": _portal,
    "worker": _worker,
}
