"""``provisioner serve``: binds the sockets, runs each plane as processes of its own, and restarts what dies.

The sockets live here, so a request that waits while a plane restarts is served by the new process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from provisioner import metrics
from provisioner.settings import Installation
from provisioner.tftp import listen

log = structlog.get_logger()

SOCKETS_VARIABLE = "PROVISIONER_SOCKETS"
PLANE_NAMES = ("phones", "tftp", "portal", "worker")
_LONGEST_PAUSE_S = 5.0
_LONG_LIFE_S = 10.0
_STOP_S = 12.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process of a plane; ``pause_s`` grows while it dies soon after its start."""

    plane: str
    sockets: Sequence[socket.socket]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause_s: float = 0.0
    start_at: float = 0.0

    def start(self) -> None:
        """Start the process with its sockets."""
        descriptors = [one.fileno() for one in self.sockets]
        command = [sys.executable, "-m", "provisioner", "serve", self.plane]
        sockets = {SOCKETS_VARIABLE: ",".join(map(str, descriptors)) or "none"}
        self.process = subprocess.Popen(  # noqa: S603  # our own command line
            command,
            pass_fds=descriptors,
            env={**os.environ, **self.environment, **sockets},
            preexec_fn=_die_with_parent,  # noqa: PLW1509  # no threads here
        )
        self.started = time.monotonic()

    def bury(self) -> None:
        """Note that the process ended, and when to start the next one."""
        assert self.process
        lived = time.monotonic() - self.started
        self.pause_s = 0.0 if lived > _LONG_LIFE_S else min(max(self.pause_s * 2, 0.1), _LONGEST_PAUSE_S)
        log.warning("plane.ended", plane=self.plane, status=self.process.returncode, restart_in_s=self.pause_s)
        metrics.bury(self.process.pid, self.environment)
        self.process = None
        self.start_at = time.monotonic() + self.pause_s


@dataclass
class Supervisor:
    """Keeps the children of some planes alive until it is told to stop."""

    children: list[Child]
    stopping: bool = field(default=False)

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT, then stop every child in order."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self.stopping:
            self._tend()
            time.sleep(0.05)
        self._end()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _tend(self) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                child.bury()
            if child.process is None and time.monotonic() >= child.start_at:
                child.start()

    def _end(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + _STOP_S
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def supervisor(installation: Installation, planes: Sequence[str]) -> Supervisor:
    """Bind what the planes need and prepare their processes. Raises OSError when an address is taken."""
    children = [child for plane in planes for child in _children(plane, installation)]
    shared = metrics.share(installation.data_dir)
    for child in children:
        child.environment = shared
    return Supervisor(children)


def _children(plane: str, installation: Installation) -> list[Child]:
    if plane == "worker":
        return [Child(plane, ())]
    if plane == "tftp":
        host, port = split(installation.tftp_bind)
        return [Child(plane, listen(host, port)) for _ in range(installation.workers)]
    bind = installation.phones_bind if plane == "phones" else installation.portal_bind
    return [Child(plane, [_bound(*split(bind))])]


def split(bind: str) -> tuple[str, int]:
    """Host and port of a setting ``host:port``."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket; it is not inherited but by the child that is handed it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(4096)
    return bound


def _die_with_parent() -> None:
    """A child whose supervisor was killed would hold the ports against the next one."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
