"""Runs one plane in this process: gunicorn for phones and portal, the TFTP loop, or the worker.

A plane serves the sockets that the supervisor bound and handed over, so that a process that dies loses
no request that already waits.
"""

from __future__ import annotations

import resource
import signal
import socket
import ssl
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from provisioner import app
from provisioner.answer import Provisioner
from provisioner.http import PhonesDoor
from provisioner.phone_worker import PhoneWorker
from provisioner.settings import Installation
from provisioner.tftp import TftpServer
from provisioner.worker import Worker

GRACE_S = 10


def run_plane(name: str, installation: Installation, descriptors: list[int]) -> None:
    """Serve one plane until told to stop."""
    PLANES[name](installation, descriptors)


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
        return self._make()


def _phones(installation: Installation, descriptors: list[int]) -> None:
    options = {**_options(installation, descriptors), "worker_class": PhoneWorker}
    if installation.tls_cert:
        # gunicorn would build a context for every connection, which costs more than the handshake.
        options |= {
            "certfile": str(installation.tls_cert),
            "keyfile": str(installation.tls_key) if installation.tls_key else None,
            "ssl_context": lambda _config, default: _context_once(default),
        }
    _Gunicorn(options, lambda: _Closing(app.open_provisioner(installation))).run()


_contexts: dict[str, ssl.SSLContext] = {}


def _context_once(make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    if "phones" not in _contexts:
        _contexts["phones"] = make()
    return _contexts["phones"]


class _Closing(PhonesDoor):
    """The phones' door, which writes what has gathered when its worker ends."""

    def __init__(self, provisioner: Provisioner) -> None:
        super().__init__(provisioner)
        self.close = provisioner.close


def _portal(installation: Installation, descriptors: list[int]) -> None:
    _Gunicorn(_options(installation, descriptors), lambda: app.portal_app(app.open_provisioner(installation))).run()


def _options(installation: Installation, descriptors: list[int]) -> dict[str, Any]:
    return {
        "bind": [f"fd://{descriptor}" for descriptor in descriptors],
        "workers": installation.workers,
        "worker_class": "gthread",
        "threads": 4,
        "backlog": 4096,
        "keepalive": 15,
        "timeout": 60,
        "graceful_timeout": GRACE_S,
        "loglevel": "warning",
        "worker_exit": _worker_exit,
    }


def _worker_exit(_server: object, worker: Any) -> None:
    close = getattr(worker.wsgi, "close", None)
    if close:
        close()


def _tftp(installation: Installation, descriptors: list[int]) -> None:
    # Each transfer has a socket of its own, and the usual soft limit would end them at a thousand.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    provisioner = app.open_provisioner(installation)
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    server = TftpServer(sockets, app.tftp_respond(provisioner), at_once=app.tftp_at_once(provisioner))
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    signal.signal(signal.SIGINT, lambda *_: server.stop())
    server.serve_forever()
    provisioner.close()


def _worker(installation: Installation, _descriptors: list[int]) -> None:
    worker = Worker(app.open_provisioner(installation))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, lambda *_: worker.stop())
    worker.run()


PLANES: dict[str, Callable[[Installation, list[int]], None]] = {
    "phones": _phones,
    "tftp": _tftp,
    "portal": _portal,
    "worker": _worker,
}
