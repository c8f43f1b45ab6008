"""Rendered files in memory, bounded in bytes, the least recently used leaving first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from provisioner.render import Answer

OVERHEAD_BYTES = 1024
"""What an entry takes beside its body: key, answer, tags and their places in tables."""


class RenderCache:
    """Answers by key; safe for threads. What it holds is secret and never leaves the process."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self.held_bytes = 0
        self.hits = 0
        self.misses = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Answer | None:
        """The answer under a key, if it is still held.

        A request may look in vain more than once on its way; it is counted as a miss when its file is `put`.
        """
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self.hits += 1
                self._answers.move_to_end(key)
            return answer

    def clear(self) -> None:
        """Hold nothing."""
        with self._lock:
            self._answers.clear()
            self.held_bytes = 0

    def put(self, key: Hashable, answer: Answer) -> None:
        """Hold an answer, and let the oldest go until the budget is kept."""
        with self._lock:
            self.misses += 1
            old = self._answers.pop(key, None)
            self.held_bytes += _size(answer) - (_size(old) if old else 0)
            self._answers[key] = answer
            while self.held_bytes > self._budget and self._answers:
                _, gone = self._answers.popitem(last=False)
                self.held_bytes -= _size(gone)


def _size(answer: Answer) -> int:
    return len(answer.body) + OVERHEAD_BYTES
