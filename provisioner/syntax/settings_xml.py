"""XML of settings: an element a setting, in a section, told apart by ``idx``; keys have attributes of their own.

A setting is addressed as ``tag`` or ``tag[idx]``, a key as ``fkey[idx]`` with its attributes ``fkey[idx]@label``
and ``fkey[idx]@context``; any other attribute, such as ``perm``, can be put the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from provisioner.errors import Broken
from provisioner.syntax.base import Document
from provisioner.syntax.xml import Cell, XmlDocument, XmlSyntax, parse_xml

_KEY = re.compile(r"(?P<tag>[A-Za-z_][\w\-]{0,63})(?:\[(?P<idx>\d{1,4})\])?(?:@(?P<attribute>[a-z_]{1,32}))?", re.ASCII)


class SettingsDocument(XmlDocument):
    """A settings document; a key goes with its attributes."""

    def drop(self, key: str) -> None:
        super().drop(key)
        for other, _ in list(self.items()):
            if other.startswith(f"{key}@"):
                super().drop(other)


@dataclass(frozen=True, kw_only=True)
class SettingsXml(XmlSyntax):
    """Settings live in ``settings``, keys of the tag ``key`` in ``keys``; an empty element clears.

    Settings are also read in the sections ``others``. Of a key's attributes ``shown`` are read. New keys have the
    attributes ``fresh``, and all new elements ``added``.
    """

    name: str
    settings: str = "phone-settings"
    keys: tuple[str, ...] = ("functionKeys", "function-keys")
    key: str = "fkey"
    others: tuple[str, ...] = ()
    shown: tuple[str, ...] = ("context", "label")
    fresh: tuple[tuple[str, str], ...] = (("context", "active"), ("label", ""))
    added: tuple[tuple[str, str], ...] = (("perm", "RW"),)
    true: str = "on"
    false: str = "off"

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        for section in root.iter(self.settings, *self.keys, *self.others):
            for element in section:
                # Comments have no text tag, and a key's XML definition is no value.
                if isinstance(element.tag, str) and not len(element):
                    yield from self._cells(element)

    def _cells(self, element: etree._Element) -> Iterator[tuple[str, Cell]]:
        tag, idx = str(element.tag), element.get("idx")
        key = tag if idx is None else f"{tag}[{idx}]"
        yield key, Cell(element)
        if tag == self.key:
            stated = (name for name in self.shown if name in element.attrib)
            yield from ((f"{key}@{name}", Cell(element, name)) for name in stated)

    def place(self, root: etree._Element, key: str) -> Cell:
        match = _KEY.fullmatch(key)
        if match is None or (match["tag"] == self.key and match["idx"] is None):
            raise Broken(f"{key[:80]!r} is no setting: write name, name[1], {self.key}[0] or {self.key}[0]@label")
        tag, idx = match["tag"], match["idx"]
        section = self._section(root, self.keys if tag == self.key else (self.settings,))
        found = next((element for element in section if element.tag == tag and element.get("idx") == idx), None)
        return Cell(self._new(section, tag, idx) if found is None else found, match["attribute"])

    def _section(self, root: etree._Element, names: tuple[str, ...]) -> etree._Element:
        found = next(root.iter(*names), None)
        return etree.SubElement(root, names[0]) if found is None else found

    def _new(self, section: etree._Element, tag: str, idx: str | None) -> etree._Element:
        element = etree.SubElement(section, tag, {} if idx is None else {"idx": idx})
        for name, value in (*(self.fresh if tag == self.key else ()), *self.added):
            element.set(name, value)
        element.tail = "\n"
        return element

    def read(self, text: str) -> SettingsDocument:
        return SettingsDocument(parse_xml(text), self)

    def write(self, document: Document) -> bytes:
        """The bytes as vendors' samples look: double quotes, and a cleared value as ``<a></a>``."""
        assert isinstance(document, XmlDocument)
        for element in document.root.iter():
            if isinstance(element.tag, str) and not len(element) and element.text is None:
                element.text = ""
        body = etree.tostring(document.root, encoding="UTF-8", xml_declaration=False)
        return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"
