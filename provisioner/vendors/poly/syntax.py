"""Poly's files: XML in which only attribute names carry meaning, wherever in the tree they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from provisioner.vendor_api import Broken, Cell, Document, XmlDocument, XmlSyntax

# As every file of the vendor's begins: phones of twenty years have read no other first line.
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")


@dataclass(frozen=True)
class PolySyntax(XmlSyntax):
    """A key is an attribute name. Stated twice, the phone drops the whole file, so reading refuses it."""

    name: str

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        """Every attribute of every element; nesting and element names mean nothing."""
        for element in root.iter("*"):
            for attribute in element.attrib:
                yield str(attribute), Cell(element, str(attribute))

    def place(self, root: etree._Element, key: str) -> Cell:
        """A new key stands in an element of its own at the end of the file.

        A ``device.`` key is ignored by the phone unless its ``.set`` stands beside it.
        """
        if not _ATTRIBUTE.fullmatch(key):
            raise Broken(f"{key[:80]!r} cannot be the name of a Poly parameter")
        element = etree.SubElement(root, "MORE")
        element.tail = "\n"
        if key.startswith("device.") and not key.endswith(".set"):
            element.set(f"{key}.set", "1")
        return Cell(element, key)

    def write(self, document: Document) -> bytes:
        """The bytes of a file, after the declaration that the vendor's own have."""
        assert isinstance(document, XmlDocument)
        root = deepcopy(document.root)
        for element in [one for one in root.iterchildren("*") if not one.attrib and not len(one)]:
            root.remove(element)  # a firmware line that knows none of its keys
        return _DECLARATION + etree.tostring(root, encoding="utf-8", xml_declaration=False) + b"\n"
