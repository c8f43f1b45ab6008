"""Mitel's lines: ``key words: value``, where an unquoted ``#`` starts a comment."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.vendor_api import LineSyntax, clean

_MARKS = ("\ufdd0", "\ufdd1")  # a rendering's own, never a phone's


@dataclass(frozen=True, kw_only=True)
class MitelSyntax(LineSyntax):
    """A value that holds ``#`` stands in double quotes, an empty one is ``""``; a quote itself cannot be written.

    Documents hold values as they are meant, without quotes and comments (administrator guide 3.2.2, p. C-6: the
    default dial plan must be quoted since it contains a ``#``).
    """

    name: str = "mitel"
    clear: str = '""'
    separator: str = ": "

    def carry(self, text: str) -> str:
        return clean(text).replace('"', "'")

    def escape(self, text: str) -> str:
        return _quoted(self.carry(text))

    def meant(self, text: str) -> str:
        """The value without quotes, or without the comment behind it."""
        if text.startswith('"') and text.count('"') > 1:
            return text[1 : text.index('"', 1)]
        if text.startswith(_MARKS):
            return text
        return text.partition("#")[0].rstrip()

    def _line(self, key: str, value: str) -> str:
        return f"{key}: {_quoted(value) or self.clear}"


def _quoted(value: str) -> str:
    return f'"{value}"' if "#" in value else value
