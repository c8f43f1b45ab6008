"""The portal's words: everything that a person reads goes through here, so that it can be translated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from provisioner.store.tables import now


def _(text: str, /, **values: Any) -> str:
    """The text in the viewer's language, its ``{names}`` filled in."""
    return text.format(**values) if values else text


def counted(count: int, one: str, many: str, /, **values: Any) -> str:
    """The form of the text that fits the count, which is written as ``{n}``."""
    return _(one if count == 1 else many, n=number(count), **values)


def number(value: int) -> str:
    """A number as people read it: 1,204."""
    return f"{value:,}"


def stamp(moment: datetime | None) -> str:
    """A moment in full, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


_STEPS = ((60, "second", "seconds"), (60, "minute", "minutes"), (24, "hour", "hours"))


def ago(moment: datetime | None, since: datetime | None = None) -> str:
    """How long ago a moment was, or in how long it will be, in its largest unit."""
    if moment is None:
        return _("never")
    seconds = ((since or now()) - moment).total_seconds()
    if abs(seconds) < 10:
        return _("just now")
    text = span(abs(seconds))
    return _("{span} ago", span=text) if seconds > 0 else _("in {span}", span=text)


def span(seconds: float) -> str:
    """A length of time in its largest unit: 3 minutes, 2 days."""
    amount = seconds
    for size, one, many in _STEPS:
        if amount < size:
            return counted(int(amount), f"{{n}} {one}", f"{{n}} {many}")
        amount /= size
    return counted(int(amount), "{n} day", "{n} days")


def brief(moment: datetime | None) -> str:
    """How far a moment is from now, as short as a table wants it: 5 s, 3 min, 2 h, 4 d."""
    if moment is None:
        return ""
    seconds = abs((now() - moment).total_seconds())
    for size, length, unit in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h")):
        if seconds < size:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds // 86400)} d"
