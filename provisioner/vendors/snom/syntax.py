"""Snom's dialects: where settings and function keys lie in a ``<settings>`` document, of a desk phone or a DECT base.

A setting is addressed as ``tag`` or ``tag[idx]``, a function key as ``fkey[idx]`` with its attributes
``fkey[idx]@label`` and ``fkey[idx]@context``; any other attribute, such as ``perm``, can be put the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from provisioner.vendor_api import Broken, Cell, Document, XmlDocument, XmlSyntax, parse_xml

_KEY = re.compile(r"(?P<tag>[A-Za-z_][\w\-]{0,63})(?:\[(?P<idx>\d{1,4})\])?(?:@(?P<attribute>[a-z_]{1,32}))?", re.ASCII)
_KEY_SECTIONS = ("functionKeys", "function-keys")
# What a base is not told in a section of its own it also reads in phone-settings (wazo_snom, common_dect).
_BASE_SECTIONS = ("global", "server", "extension", "multicell")
_SECTIONS = ("phone-settings", *_KEY_SECTIONS, *_BASE_SECTIONS)
_SHOWN = ("label", "context")


class SnomDocument(XmlDocument):
    """A settings document; a function key goes with its attributes."""

    def drop(self, key: str) -> None:
        super().drop(key)
        if not key.startswith("fkey["):
            return
        for other, _ in list(self.items()):
            if other.startswith(f"{key}@"):
                super().drop(other)


class SnomSyntax(XmlSyntax):
    """XML as the desk phones read it: switches are ``on`` and ``off``, an empty element clears."""

    name = "snom"
    true = "on"
    false = "off"

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        for section in _sections(root):
            for element in section:
                # Comments have no text tag, and a key's XML definition is no value.
                if isinstance(element.tag, str) and not len(element):
                    yield from _cells(element)

    def place(self, root: etree._Element, key: str) -> Cell:
        match = _KEY.fullmatch(key)
        if match is None or (match["tag"] == "fkey" and match["idx"] is None):
            raise Broken(f"{key[:80]!r} is no Snom setting: write name, name[1], fkey[0] or fkey[0]@label")
        names = _KEY_SECTIONS if match["tag"] == "fkey" else ("phone-settings",)
        section = _section(root, names)
        found = _find(section, match["tag"], match["idx"])
        return Cell(_added(section, match["tag"], match["idx"]) if found is None else found, match["attribute"])

    def read(self, text: str) -> SnomDocument:
        return SnomDocument(parse_xml(text), self)

    def write(self, document: Document) -> bytes:
        """The bytes as the vendor's own samples look: double quotes, and a cleared value as ``<a></a>``."""
        assert isinstance(document, XmlDocument)
        for element in document.root.iter():
            if isinstance(element.tag, str) and not len(element) and element.text is None:
                element.text = ""
        body = etree.tostring(document.root, encoding="UTF-8", xml_declaration=False)
        return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"


def _sections(root: etree._Element) -> Iterator[etree._Element]:
    """The sections that hold keys; each may be a document of its own."""
    return (element for element in root.iter() if element.tag in _SECTIONS)


def _cells(element: etree._Element) -> Iterator[tuple[str, Cell]]:
    tag, idx = str(element.tag), element.get("idx")
    key = tag if idx is None else f"{tag}[{idx}]"
    yield key, Cell(element)
    if tag == "fkey":
        for attribute in _SHOWN:
            if attribute in element.attrib:
                yield f"{key}@{attribute}", Cell(element, attribute)


def _section(root: etree._Element, names: tuple[str, ...]) -> etree._Element:
    found = next((element for element in root.iter() if element.tag in names), None)
    return etree.SubElement(root, names[0]) if found is None else found


def _find(section: etree._Element, tag: str, idx: str | None) -> etree._Element | None:
    return next((element for element in section if element.tag == tag and element.get("idx") == idx), None)


def _added(section: etree._Element, tag: str, idx: str | None) -> etree._Element:
    """A new element. It is writable on the phone: some settings stop working when they are read-only."""
    element = etree.SubElement(section, tag)
    if idx is not None:
        element.set("idx", idx)
    if tag == "fkey":
        element.set("context", "active")
        element.set("label", "")
    element.set("perm", "RW")
    element.tail = "\n"
    return element


SYNTAX = SnomSyntax()
