"""From a TFTP request to the bytes of its file: ``respond`` called in a few threads, and what it gave.

A slow answer takes one thread and delays only the phone that waits for it. A file that is at hand needs no
thread: the hop to one and back costs half as much again as all the blocks of a short file.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import structlog

from provisioner.errors import Broken, ProvisionerError
from provisioner.tftp_packets import FAILED, NOT_FOUND

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked for: the name as it was sent, any ASCII whatever, and where the client is."""

    name: str
    address: str
    port: int


Respond = Callable[[Request], bytes | Path]
"""Gives a rendered file, or the path of a firmware file that is read in place. Runs in several threads.

Broken becomes ERROR 0, every other ProvisionerError the constant ERROR 1, any other exception a log
entry and ERROR 0.
"""


AtOnce = Callable[[Request], "bytes | None"]
"""Gives a file that takes neither rendering nor waiting, None where it would. Runs on the loop, and may raise
what ``respond`` raises."""


def nothing_at_once(_request: Request) -> None:
    """Every file takes its time."""


class Source(Protocol):
    """A file while it is sent."""

    size: int
    descriptors: int  # that it keeps open

    def read(self, start: int, length: int) -> bytes:
        """A block, shorter than its length only at the end of the file."""

    def as_text(self) -> Source:
        """What to send in netascii mode."""

    def close(self) -> None:
        """Free what it holds."""


class Rendered:
    """A configuration file, in memory."""

    __slots__ = ("_content", "descriptors", "size")

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.descriptors = 0
        self.size = len(content)

    def read(self, start: int, length: int) -> bytes:
        """A slice."""
        return self._content[start : start + length]

    def as_text(self) -> Rendered:
        """The same with lines that end by CR LF, and NUL after a CR that ends none (RFC 764)."""
        return Rendered(_as_text(self._content))

    def close(self) -> None:
        """Nothing to do."""


@lru_cache(maxsize=64)
def _as_text(content: bytes) -> bytes:
    """Kept, so that any number of transfers of one file share one text."""
    return content.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


def _bytes(content: bytes) -> bytes:
    """The content itself, for a copy in each transfer would add up; whatever else is like bytes becomes bytes."""
    return content if type(content) is bytes else bytes(memoryview(content))


class Firmware:
    """A file on disk, read block by block where it lies, of the length that it had when it was opened."""

    __slots__ = ("_descriptor", "_path", "descriptors", "size")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self.descriptors = 1
        status = os.fstat(self._descriptor)
        self.size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise Broken(f"{path} is no regular file")
        # The disk shall begin to read now, while this thread and not the loop could wait for it.
        os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_WILLNEED)

    def read(self, start: int, length: int) -> bytes:
        """Straight from the file. Raises Broken rather than let one that shrank meanwhile look complete."""
        try:
            block = os.pread(self._descriptor, length, start)
        except OSError as error:
            raise Broken(f"{self._path} cannot be read: {error}") from error
        if len(block) < min(length, self.size - start):
            raise Broken(f"{self._path} became shorter while it was sent")
        return block[: self.size - start]

    def as_text(self) -> Firmware:
        """Itself: an image arrives as it is, whatever mode a phone asks for."""
        return self

    def close(self) -> None:
        """Free the descriptor."""
        os.close(self._descriptor)


Answer = Source | bytes
"""The file, or the error packet to send instead."""


def answer(respond: Callable[[Request], bytes | Path | None], request: Request) -> Answer | None:
    """Call ``respond`` and make the best of whatever it does; None where it gives None. Never raises."""
    try:
        content = respond(request)
        if content is None:
            return None
        return Firmware(content) if isinstance(content, Path) else Rendered(_bytes(content))
    except Broken:
        return FAILED
    except ProvisionerError:
        return NOT_FOUND
    except BaseException:  # a SystemExit, too, would cost the phone its answer and us a thread
        log_failure("lookup.failed", name=request.name, address=request.address)
        return FAILED


def log_failure(event: str, **fields: str) -> None:
    """Log the exception being handled. A log that fails must not close the door."""
    with suppress(Exception):
        logger.exception(event, **fields)


class Lookups:
    """The threads, and the bell by which they wake the loop. All methods but ring() are the loop's own."""

    def __init__(self, respond: Respond, at_once: AtOnce, threads: int) -> None:
        self._respond = respond
        self._at_once = at_once
        self._threads = threads
        self._running: set[Request] = set()
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        self._answers: deque[tuple[Request, Answer]] = deque()
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)

    def __len__(self) -> int:
        """How many are waiting or running."""
        return len(self._running)

    def fileno(self) -> int:
        """Readable when the bell rang."""
        return self._ear.fileno()

    def ring(self) -> None:
        """Wake the loop; safe in any thread, in a signal handler and after the end."""
        with suppress(OSError):  # a full pipe wakes as well, and nobody sleeps behind a closed one
            self._bell.send(b"\0")

    def start(self) -> None:
        """Open for work."""
        for number in range(self._threads):
            threading.Thread(target=self._work, name=f"tftp-lookup-{number}", daemon=True).start()

    def at_once(self, request: Request) -> Answer | None:
        """The answer, where no thread is needed for it."""
        return answer(self._at_once, request)

    def submit(self, request: Request) -> None:
        """Look a request up, unless just this is being done."""
        if request not in self._running:
            self._running.add(request)
            self._requests.put(request)

    def answers(self) -> Iterator[tuple[Request, Answer]]:
        """What was found since the last call."""
        with suppress(BlockingIOError):
            self._ear.recv(4096)
        while self._answers:
            request, found = self._answers.popleft()
            self._running.discard(request)
            yield request, found

    def close(self) -> None:
        """Let the threads go. One that is still busy ends after its answer, which nobody hears."""
        for _ in range(self._threads):
            self._requests.put(None)
        self._ear.close()
        self._bell.close()

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            self._answers.append((request, answer(self._respond, request) or FAILED))
            self.ring()
