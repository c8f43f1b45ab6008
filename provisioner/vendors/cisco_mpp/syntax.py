"""Flat profiles: one element a parameter, and a few nested ones in the adapters' router section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.vendor_api import Broken, Cell, Document, XmlDocument, XmlSyntax

if TYPE_CHECKING:
    from lxml import etree

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class FlatProfile(XmlSyntax):
    """A key is an element's name; in nested sections the names above it stand before it, with slashes."""

    name: str

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        """Every element that holds no others."""
        yield from _leaves(root, "")

    def place(self, root: etree._Element, key: str) -> Cell:
        """A new parameter stands at the end of its section; sections that are missing are made."""
        element = root
        parts = key.split("/")
        for number, part in enumerate(parts, 1):
            if not _NAME.fullmatch(part):
                raise Broken(f"{key[:80]!r} cannot be the name of a parameter")
            found = element.find(part) if number < len(parts) else None
            if found is None:
                found = element.makeelement(part, {})
                element.append(found)
            element = found
        return Cell(element)

    def write(self, document: Document) -> bytes:
        """The bytes; an empty value is a pair of tags.

        ``<X></X>`` clears a value and ``<X/>`` keeps what the phone has (provisioning guide, "Open Profile"):
        an element without text would come out as the latter.
        """
        assert isinstance(document, XmlDocument)
        for element in document.root.iter("*"):
            if element.text is None and len(element) == 0:
                element.text = ""
        return _DECLARATION + super().write(document).partition(b"?>\n")[2]


def _leaves(parent: etree._Element, path: str) -> Iterator[tuple[str, Cell]]:
    for element in parent.iterchildren("*"):
        key = path + str(element.tag)
        if len(element):
            yield from _leaves(element, f"{key}/")
        else:
            yield key, Cell(element)
