"""A gunicorn with one of two worker classes and an application that tells what it was asked.

python -m tests.clients.echo_server PORT short|stock [CERTIFICATE KEY]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from provisioner.http import Reply
from provisioner.planes import OneContext

TOLD = ("REQUEST_METHOD", "RAW_URI", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "wsgi.url_scheme")


class Application:
    """Tells everything that the phones' door may look at, the short way and the long one."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """As any application."""
        reply = self.at_once(environ)
        start_response(reply.status, list(reply.headers))
        return [reply.body] if reply.body else []

    def at_once(self, environ: dict[str, Any]) -> Reply:
        """As the phones' door."""
        told = {name: value for name, value in environ.items() if name in TOLD or name.startswith("HTTP_")}
        body = json.dumps(told, sort_keys=True).encode() + b" " * int(environ.get("HTTP_X_PAD", 0))
        headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
        return Reply("200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body)


class Server(BaseApplication):
    """gunicorn with options of its own."""

    def load_config(self) -> None:
        """One worker, so that one stalled loop shows."""
        kind = {"short": "provisioner.phone_worker.PhoneWorker", "stock": "gthread"}[sys.argv[2]]
        options = {"bind": f"127.0.0.1:{sys.argv[1]}", "workers": 1, "threads": 4, "worker_class": kind, "keepalive": 5}
        files = [Path(name) for name in sys.argv[3:5]]
        secure = {"certfile": sys.argv[3], "keyfile": sys.argv[4], "ssl_context": OneContext(files)} if files else {}
        for name, value in {**options, **secure, "loglevel": "critical", "graceful_timeout": 2}.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application above."""
        return Application()


if __name__ == "__main__":
    Server().run()
