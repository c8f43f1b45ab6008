"""Avaya's script: ``SET NAME "value"``; keys are many ``PHONEKEY`` lines, addressed as ``PHONEKEY[4]``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioner.syntax.lines import LineDocument
from provisioner.vendor_api import LineSyntax, clean
from provisioner.vendors.avaya.words import SEMICOLON

_SET = re.compile(r"\s*SET\s+(?P<name>\S+)\s*(?P<value>.*)", re.IGNORECASE)
_KEY = re.compile(r"Key=(?P<n>\d{1,2});(?P<rest>.*)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class AvayaSyntax(LineSyntax):
    """Every value stands in double quotes, which it cannot hold itself; other lines are layout.

    ``#`` with a word is a label that ``GOTO`` jumps to, a comment begins with ``##``.
    """

    name: str = "avaya"
    clear: str = ""
    separator: str = " "
    comment: tuple[str, ...] = ("##",)

    def carry(self, text: str) -> str:
        return self.escape(text).replace(SEMICOLON, ";")

    def escape(self, text: str) -> str:
        return clean(text).replace('"', "'")

    def read(self, text: str) -> LineDocument:
        document = LineDocument(self)
        for line in text.splitlines():
            match = _SET.fullmatch(line)
            if match is None:
                document.add_layout(line.rstrip())
                continue
            value = match["value"].strip().strip('"')
            key = _KEY.fullmatch(value) if match["name"].upper() == "PHONEKEY" else None
            document.add(f"PHONEKEY[{key['n']}]" if key else match["name"], key["rest"] if key else value)
        return document

    def _line(self, key: str, value: str) -> str:
        if key.startswith("PHONEKEY["):
            return f'SET PHONEKEY "Key={key[9:-1]};{value}"'
        return f'SET {key} "{value}"'
