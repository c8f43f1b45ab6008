"""A server of one's own for the time of a simulation, in a directory that is gone afterwards."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from provisioner.errors import Broken, Invalid, Problem
from provisioner.metrics_folder import remove_folder
from provisioner.settings import PREFIX, Installation

_START_S = 60.0
_STOP_S = 20.0


class _Own(Installation):
    """Settings as they are given: the environment's are another installation's, which is not to be touched."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but the keyword arguments."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Temporary:
    """An installation in a directory of its own, on ports that were free."""

    directory: Path
    installation: Installation
    environment: dict[str, str]

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run its server until the block ends. Raises Broken, with the end of its log, if it does not start."""
        log = self.directory / "log"
        command = [sys.executable, "-m", "provisioner", "serve"]
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)  # noqa: S603
        try:
            self._wait(process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            remove_folder(self.directory)

    def _wait(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + _START_S
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with direct.open(f"http://{self.installation.phones_bind}/readyz", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise Broken(f"the temporary server did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


@contextmanager
def temporary(database_url: str | None, workers: int) -> Iterator[Temporary]:
    """An empty installation on loopback; its database is SQLite unless an empty one is named. Raises Invalid."""
    with _ended_by_signals(), tempfile.TemporaryDirectory(prefix="provisioner-simulate-") as directory:
        phones, portal, tftp = (_free(kind) for kind in (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM))
        settings = {
            "DATA_DIR": directory,
            "PHONES_BIND": f"127.0.0.1:{phones}",
            "PORTAL_BIND": f"127.0.0.1:{portal}",
            "TFTP_BIND": f"127.0.0.1:{tftp}",
            "PUBLIC_URL": f"http://127.0.0.1:{phones}",
            "WORKERS": str(workers),
            "ADMIN_PASSWORD": secrets.token_urlsafe(12),
            "LOG_LEVEL": "warning",
            **({"DATABASE_URL": database_url} if database_url else {}),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment = {**kept, **{PREFIX + name: value for name, value in settings.items()}}
        yield Temporary(Path(directory), _installation(settings), environment)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Who is told to end goes the way of an exception: no server and no key file is left behind."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    # What is ignored, as a closed terminal under nohup, stays so.
    usual = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL]
    for one in usual:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one in usual:
            signal.signal(one, signal.SIG_DFL)


def _installation(settings: Mapping[str, str]) -> Installation:
    """The only one of these settings that comes from outside is the database's URL."""
    try:
        return _Own.model_validate({name.lower(): value for name, value in settings.items()})
    except ValidationError as error:
        message = error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise Invalid([Problem(field="--database", message=message)]) from None


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
