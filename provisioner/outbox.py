"""An answer as a thread of gunicorn's makes it, gathered for the loop of `phone_worker` to send.

gunicorn's code writes an answer to its connection's socket and waits for who reads slowly. Here it gets
something else in that place, which keeps what is written and takes no time.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from provisioner.http_firmware import Body


class Outbox:
    """Stands in the place of a connection's socket where gunicorn's code sends an answer, and gathers it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.sent: list[bytes] = []
        self.body: Body | None = None

    def send(self, data: bytes) -> int:
        """Keep it."""
        self.sent.append(data)
        return len(data)

    sendall = send

    def gettimeout(self) -> float:
        """It never waits."""
        return 0.0

    def shutdown(self, _how: int) -> None:
        """Raises OSError: the loop closes."""
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))

    def close(self) -> None:
        """The loop does."""


class Application:
    """The application as threads call it: it sees the connection's own socket, and images are left to the loop."""

    def __init__(self, application: Any) -> None:
        self._call = application
        self.at_once = application.at_once
        self.close = getattr(application, "close", lambda: None)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        outbox = environ["gunicorn.socket"]
        environ["gunicorn.socket"] = outbox.client
        answer = self._call(environ, start_response)
        if isinstance(answer, Body):
            outbox.body = answer
            return ()
        return answer
