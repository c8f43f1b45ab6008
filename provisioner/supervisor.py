"""``provisioner serve``: binds the sockets, runs each plane as processes of its own, and restarts what dies.

The sockets live here, so a request that waits while a plane restarts is served by the new process. Each
process is a fork of this one, which has imported already what planes share. What a fork must not inherit is
not here: no thread, and no connection to the database.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from provisioner import metrics
from provisioner.hosts import socket_address
from provisioner.settings import Installation
from provisioner.tftp_listeners import listen

log = structlog.get_logger()

BACKLOG = 65_535
"""Connections that wait to be taken: all phones come at once, and the machine's own limit (somaxconn) is below."""
_LONGEST_PAUSE_S = 5.0
_LONG_LIFE_S = 10.0
_STOP_S = 12.0
_LOOK_S = 0.05
_PR_SET_PDEATHSIG = 1
_STOPS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class Child:
    """One process of a plane; ``pause_s`` grows while it dies soon after its start.

    What runs ``once`` is not started again when it ends well, and the server ends with it when it gives up.
    """

    plane: str
    sockets: Sequence[socket.socket]
    once: bool = False
    pid: int | None = None
    status: int | None = None
    started: float = 0.0
    pause_s: float = 0.0
    start_at: float = 0.0

    def began(self, pid: int) -> None:
        """Note the process that runs now."""
        self.pid, self.started, self.status = pid, time.monotonic(), None

    def has_ended(self) -> bool:
        """Whether it does not run; the first call after its end notes when the next one starts."""
        if self.pid is None:
            return True
        ended, status = os.waitpid(self.pid, os.WNOHANG)
        if not ended:
            return False
        metrics.bury(self.pid)
        self.pid = None
        self._put_off()
        self.status = os.waitstatus_to_exitcode(status)
        if not self.once or self.status:
            log.warning("plane.ended", plane=self.plane, status=self.status, restart_in_s=self.pause_s)
        return True

    def did_not_start(self, error: OSError) -> None:
        """Note that the machine had no room for another process."""
        self.started = time.monotonic()
        self._put_off()
        log.error("plane.not_started", plane=self.plane, reason=str(error), restart_in_s=self.pause_s)

    def _put_off(self) -> None:
        lived = time.monotonic() - self.started
        self.pause_s = 0.0 if lived > _LONG_LIFE_S else min(max(self.pause_s * 2, 0.1), _LONGEST_PAUSE_S)
        self.start_at = time.monotonic() + self.pause_s


@dataclass
class Supervisor:
    """Keeps the children of some planes alive until it is told to stop."""

    children: list[Child]
    stopping: bool = field(default=False)
    gave_up: bool = field(default=False)

    def run(self) -> Child | None:
        """Supervise until SIGTERM or SIGINT, then stop every child in order.

        Comes back in the process of each child, too, with the child that it is: what follows serves its plane.
        """
        for number in _STOPS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # inherited as ignored, no status would be left to wait for
        while not self.stopping:
            for child in list(self.children):
                if child.has_ended() and not self._is_over(child) and self._fork(child):
                    return child
            time.sleep(_LOOK_S)
        self._end()
        return None

    def _is_over(self, child: Child) -> bool:
        """Whether what has ended is not to be started, now or ever. A process that was killed did not give up."""
        if child.once and child.status is not None and child.status >= 0:
            self.children.remove(child)
            if child.status > 0:
                self.gave_up = self.stopping = True
            return True
        return time.monotonic() < child.start_at

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _fork(self, child: Child) -> bool:
        """Start a child's process. True in the new process, and only there."""
        parent = os.getpid()
        # A signal to the new process would otherwise be taken by a handler that is the supervisor's.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            try:
                pid = os.fork()
            except OSError as error:  # of the fork alone: the new process must never go on as a supervisor
                child.did_not_start(error)
                return False
            if pid:
                child.began(pid)
            else:
                self._leave(child, parent)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        return pid == 0

    def _leave(self, child: Child, parent: int) -> None:
        """Be the supervisor no more, but a process that has nothing of it but the child's sockets."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _die_with(parent)
        for other in self.children:
            if other is not child:
                for one in other.sockets:
                    one.close()
        self.children = []

    def _end(self) -> None:
        running = [child.pid for child in self.children if child.pid is not None]
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        while (
            running := [pid for pid in running if not os.waitpid(pid, os.WNOHANG)[0]]
        ) and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def supervisor(installation: Installation, planes: Sequence[str]) -> Supervisor:
    """Bind what the planes need and prepare their processes. Raises OSError when an address is taken."""
    return Supervisor([child for plane in planes for child in _children(plane, installation)])


def _children(plane: str, installation: Installation) -> list[Child]:
    if plane == "worker":
        return [Child(plane, ())]
    if plane == "tftp":
        return [Child(plane, listen(*socket_address(installation.tftp_bind))) for _ in range(installation.workers)]
    bind = installation.phones_bind if plane == "phones" else installation.portal_bind
    return [Child(plane, [_bound(*socket_address(bind))])]


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(BACKLOG)
    return bound


def _die_with(parent: int) -> None:
    """A child whose supervisor was killed would hold the ports against the next one."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was killed before this was asked for
        sys.exit(1)
