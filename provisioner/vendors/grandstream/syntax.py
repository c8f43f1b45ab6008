"""Grandstream's XML: keys of both dialects below ``<config>``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from provisioner.vendor_api import Broken, Cell, Document, XmlDocument, XmlSyntax

_P_VALUE = re.compile(r"P[0-9A-Za-z_]+")


class GrandstreamSyntax(XmlSyntax):
    """``<P47>`` in a version 1 file; ``<item name="…">``, also with ``<part name="…">`` in it, in version 2."""

    name = "grandstream"

    def cells(self, root: etree._Element) -> Iterable[tuple[str, Cell]]:
        return _cells(_config(root))

    def place(self, root: etree._Element, key: str) -> Cell:
        """Room for a native key. A key of the other dialect means nothing to this phone and stays out of its file."""
        config = _config(root)
        is_p_value = bool(_P_VALUE.fullmatch(key))
        element = etree.Element(key) if is_p_value else etree.Element("item", name=self.carry(key))
        if is_p_value == (config.get("version") == "1"):
            config.append(element)
        return Cell(element)

    def write(self, document: Document) -> bytes:
        """The bytes, a line a key; an empty value stands as ``<P48></P48>``, as the vendor's templates clear it."""
        assert isinstance(document, XmlDocument)
        etree.indent(document.root)
        for _, cell in self.cells(document.root):
            cell.write(cell.value)
        return super().write(document)


def _config(root: etree._Element) -> etree._Element:
    config = root.find("config")
    if config is None:
        raise Broken("a Grandstream file has a config element")
    return config


def _cells(config: etree._Element) -> Iterator[tuple[str, Cell]]:
    for element in config.iterchildren("*"):
        name = element.get("name", "") if element.tag == "item" else str(element.tag)
        parts = element.findall("part")
        for part in parts:
            yield f"{name}.{part.get('name', '')}", Cell(part)
        if not parts:
            yield name, Cell(element)
