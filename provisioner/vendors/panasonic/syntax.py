"""Panasonic's standard format: ``NAME="value"`` lines below a fixed first line.

One malformed line voids the whole file on the phone, and a line that is too long is passed over (administrator
guides KX-UT670 p. 117, KX-HDV230 p. 51, KX-UDS124 p. 160), so nothing malformed is read or written here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioner.vendor_api import Broken, Document, LineDocument, LineSyntax, clean

HEADERS = ("# Panasonic SIP Phone Standard Format File #", "# PCC Standard Format File #")
_LONGEST_VALUE = 500  # characters by the guide; as bytes the line keeps below its 537 with any name
_NAME = re.compile(r"[A-Z0-9_]{1,32}")
_LINE = re.compile(r'(?P<name>[A-Z0-9_]{1,32})="(?P<value>[^"\r\n]*)"')


@dataclass(frozen=True, kw_only=True)
class PanasonicSyntax(LineSyntax):
    """Values stand in double quotes and cannot hold one; an empty value clears, a missing line changes nothing."""

    name: str = "panasonic"
    clear: str = ""
    true: str = "Y"
    false: str = "N"
    separator: str = "="
    end: str = "\r\n"

    def carry(self, text: str) -> str:
        carried = clean(text).replace('"', "'")
        return carried.encode()[:_LONGEST_VALUE].decode("utf-8", "ignore").strip()

    def read(self, text: str) -> LineDocument:
        lines = text.removeprefix("\ufeff").splitlines()
        if not lines or not lines[0].startswith(HEADERS):
            raise Broken("a Panasonic file begins with its format line")
        document = LineDocument(self)
        for number, line in enumerate(lines, 1):
            match = _LINE.fullmatch(line)
            if match:
                document.add(match["name"], match["value"])
            elif not line.strip() or line.startswith("#"):
                document.add_layout(line.rstrip())
            else:
                raise Broken(f'line {number} is not of the form NAME="value", which voids the whole file')
        return document

    def write(self, document: Document) -> bytes:
        assert isinstance(document, LineDocument)
        lines: list[str] = list(document.stated.values())
        while lines and not lines[-1]:
            lines.pop()
        # The last line must be an empty one.
        return (self.end.join([*lines, "", ""])).encode()

    def _line(self, key: str, value: str) -> str:
        if not _NAME.fullmatch(key):
            raise Broken(f"{key[:40]!r} is no Panasonic setting: capitals, digits and _ , at most 32")
        line = f'{key}="{value}"'
        assert _LINE.fullmatch(line)
        return line
