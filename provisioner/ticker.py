"""A thread that does one thing again and again, off the path of the requests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread

import structlog

log = structlog.get_logger()


class Ticker:
    """Calls ``work`` every ``interval_s`` seconds, from the first `start` on, and once more at the end.

    The thread begins with the first `start` and not before, for none of them survives a fork.
    """

    def __init__(self, name: str, work: Callable[[], None], interval_s: float) -> None:
        self._name = name
        self._work = work
        self._interval_s = interval_s
        self._thread: Thread | None = None
        self._lock = Lock()
        self._stop = Event()

    def start(self) -> None:
        """Begin, unless this was done before; cheap enough for every request."""
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._stop.is_set():
                    thread = Thread(target=self._run, name=self._name, daemon=True)
                    with suppress(RuntimeError):  # the machine has no room for it now: no request fails for that
                        thread.start()
                        self._thread = thread

    def close(self) -> None:
        """End the thread, and do the work of the last interval. Nothing starts it again."""
        with self._lock:
            self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._work()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self._work()
            except Exception:
                # The thread outlives what went wrong: without it nothing would be noted, and nobody told of walkers.
                log.exception("work.failed", work=self._name)
