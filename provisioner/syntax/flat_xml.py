"""XML files whose keys are elements side by side, in the one element ``below``: ``<config><P47>…</P47></config>``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from provisioner.errors import Broken
from provisioner.syntax.base import Document
from provisioner.syntax.xml import Cell, XmlDocument, XmlSyntax

_KEY = re.compile(r"[A-Za-z_][\w.\-]{0,127}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class FlatXml(XmlSyntax):
    """The tag of an element is the key and its text the value; attributes are for people to read."""

    name: str
    below: str

    def cells(self, root: etree._Element) -> Iterable[tuple[str, Cell]]:
        return ((str(element.tag), Cell(element)) for element in self._parent(root).iterchildren("*"))

    def place(self, root: etree._Element, key: str) -> Cell:
        if not _KEY.fullmatch(key):
            raise Broken(f"{key[:80]!r} cannot be the name of an element")
        return Cell(etree.SubElement(self._parent(root), key))

    def write(self, document: Document) -> bytes:
        """The bytes, a line a key; an empty value stands as ``<P48></P48>``."""
        assert isinstance(document, XmlDocument)
        etree.indent(document.root)
        for _, cell in self.cells(document.root):
            cell.write(cell.value)
        return super().write(document)

    def _parent(self, root: etree._Element) -> etree._Element:
        parent = root.find(self.below)
        if parent is None:
            raise Broken(f"a {self.name} file has the element {self.below}")
        return parent
