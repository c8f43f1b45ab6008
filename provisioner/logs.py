"""Log lines: one event with fields, text or JSON, secrets masked before anything else."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import structlog

_SECRET_FIELD = re.compile(r"passw|secret|token|authorization|cookie|pwd|api_key", re.IGNORECASE)
_SHORTEST_TOKEN = 40
_DEVICE_TOKEN = re.compile(rf"[0-9a-f]{{{_SHORTEST_TOKEN},}}", re.IGNORECASE)
_USER_INFO = re.compile(r"(://)[^/\s@]*@")


def configure(level: str, form: str) -> None:
    """Set logging up for this process, on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked("%(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for talkative in ("alembic", "asyncio", "tftpy"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            mask,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_rendering(form),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _rendering(form: str) -> list[Any]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # A pretty traceback would show local variables, and with them passwords.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]


def mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what looks like a secret, in whatever field it came."""
    for name, value in event.items():
        if name != "event" and _is_secret(name):
            event[name] = "********"
        elif isinstance(value, str):
            # Most values are too short to hold a token and are no URL: in a storm that saves more than all else.
            shown = value if len(value) < _SHORTEST_TOKEN else _DEVICE_TOKEN.sub("********", value)
            event[name] = _USER_INFO.sub(r"\1", shown) if "://" in shown else shown
    return event


class _Masked(logging.Formatter):
    """Masks what did not come field by field: lines of libraries, and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if "\n" not in line and record.name.startswith(("provisioner", "admin")):
            return line
        return _USER_INFO.sub(r"\1", _DEVICE_TOKEN.sub("********", line))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_FIELD.search(name) is not None
