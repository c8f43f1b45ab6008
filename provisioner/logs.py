"""Log lines: one event with fields, text or JSON, secrets masked before it becomes a line.

In a storm each request is a line, and lines cost more than all else that is noted of it. What the level leaves
out is dropped first, a plain event is put into words by `_Words`, and a line goes straight to standard
error. Libraries speak through ``logging``, whose lines are masked as a whole.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog

_SECRET_FIELD = re.compile(r"passw|secret|token|authorization|cookie|pwd|api_key", re.IGNORECASE)
_SHORTEST_TOKEN = 40
_DEVICE_TOKEN = re.compile(rf"[0-9a-f]{{{_SHORTEST_TOKEN},}}", re.IGNORECASE)
_USER_INFO = re.compile(r"(://)[^/\s@]*@")


_STAMPS: list[Any] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]


def configure(level: str, form: str) -> None:
    """Set logging up for this process, on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked(form))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for talkative in ("alembic", "asyncio", "tftpy"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            mask,
            *_STAMPS,
            *_rendering(form),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: _StandardError(),
        cache_logger_on_first_use=True,
    )


class _StandardError:
    """Takes finished lines. One that cannot be written is lost: no request fails for it."""

    def msg(self, line: str) -> None:
        """Write a line; several that are one event were not masked field by field."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{_masked(line) if chr(10) in line else line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def _rendering(form: str) -> list[Any]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [_Words()]


class _Words:
    """An event as structlog's console renderer words it, which is asked itself for those with a traceback."""

    _UNUSUAL = frozenset(("exc_info", "exception", "stack", "logger", "logger_name"))
    _QUOTED = re.compile(r"[ \t=\r\n\"']")

    def __init__(self) -> None:
        # A pretty traceback would show local variables, and with them passwords.
        plain = structlog.dev.plain_traceback
        self._console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        if not self._UNUSUAL.isdisjoint(event):
            return self._console(logger, method, event)
        head = f"{event.pop('timestamp')} [{event.pop('level'):9}] {event.pop('event'):30} "
        return (head + " ".join([f"{name}={self._word(event[name])}" for name in sorted(event)])).rstrip(" ")

    def _word(self, value: object) -> str:
        return value if isinstance(value, str) and not self._QUOTED.search(value) else repr(value)


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


class _Masked(structlog.stdlib.ProcessorFormatter):
    """Masks what did not come field by field: lines of libraries, and their tracebacks. A line is the event."""

    def __init__(self, form: str) -> None:
        meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        super().__init__(processors=[meta, *_rendering(form)], foreign_pre_chain=_STAMPS)

    def format(self, record: logging.LogRecord) -> str:
        return _masked(super().format(record))


def _masked(line: str) -> str:
    return _USER_INFO.sub(r"\1", _DEVICE_TOKEN.sub("********", line))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_FIELD.search(name) is not None
