"""Who is ready, and what follows then: what gunicorn's threaded worker wants of a selector, on bare epoll.

A connection of a phone is often watched for one event only. A selector of the standard library spends more
on that than the event is worth: it makes a key for each descriptor, and must be told before one is closed.
epoll forgets a descriptor that is closed by itself, so that here a look into a table is enough.
"""

from __future__ import annotations

import select
import selectors
from collections.abc import Callable
from typing import Any

_MASKS = {selectors.EVENT_READ: select.EPOLLIN, selectors.EVENT_WRITE: select.EPOLLOUT}


class Poller:
    """The watched descriptors of one process, each with its object and the step that takes it further."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._steps: dict[int, tuple[Any, Callable[[Any], None]]] = {}

    def register(self, watched: Any, event: int, step: Callable[[Any], None]) -> None:
        """Watch a descriptor, or what has one. Raises OSError or ValueError where that cannot be."""
        descriptor = watched if isinstance(watched, int) else watched.fileno()
        self._epoll.register(descriptor, _MASKS[event])
        self._steps[descriptor] = (watched, step)

    def modify(self, watched: Any, event: int, step: Callable[[Any], None]) -> None:
        """Wait for another event, or go on with another step."""
        descriptor = watched.fileno()
        self._epoll.modify(descriptor, _MASKS[event])
        self._steps[descriptor] = (watched, step)

    def unregister(self, watched: Any) -> None:
        """Watch no more what stays open. Raises KeyError when it was not watched."""
        descriptor = watched.fileno()
        del self._steps[descriptor]
        self._epoll.unregister(descriptor)

    def closing(self, watched: Any) -> None:
        """Forget what is closed next."""
        self._steps.pop(watched.fileno(), None)

    def turn(self, timeout_s: float) -> None:
        """Wait for events, and take each of those that came one step further."""
        for descriptor, _ in self._epoll.poll(timeout_s):
            # A step before it may have closed this one.
            found = self._steps.get(descriptor)
            if found is not None:
                found[1](found[0])

    def close(self) -> None:
        """Watch nobody any more."""
        self._epoll.close()
