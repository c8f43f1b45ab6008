"""The placeholders of a button's value and label: ``{extension}``, ``{name:2}``, ``{location}``, ``{tenant}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r"{{|}}|{([^{}]*)}|[{}]")
_KNOWN = re.compile(r"(extension|name)(?::([1-9][0-9]?))?|location|tenant")


def check(text: str) -> None:
    """Raises ValueError naming the first placeholder that does not exist."""
    for match in _PART.finditer(text):
        if match[0] in ("{{", "}}"):
            continue
        if match[1] is None or not _KNOWN.fullmatch(match[1]):
            raise ValueError(
                f"{match[0][:40]!r} is no placeholder: use {{extension}}, {{name}}, {{extension:2}}, {{location}}"
                " or {tenant}, and {{ or }} for a brace"
            )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace placeholders; `values` has ``extension:1``, ``name:1``, … and ``location`` and ``tenant``.

    A line that is not used gives an empty text: the same template serves phones with one line and with six.
    """
    return _PART.sub(lambda match: _one(match, values), text) if "{" in text or "}" in text else text


def _one(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match[0] in ("{{", "}}"):
        return match[0][0]
    known = _KNOWN.fullmatch(match[1] or "")
    if not known:
        return match[0]
    key = f"{known[1]}:{known[2] or 1}" if known[1] else known[0]
    return values.get(key, "")
