"""Fanvil's file formats: XML in two dialects, and the older text with its modules and lists.

A key is the way to it: ``sip/line[1]/PhoneNumber``, ``SIP_CONFIG_MODULE/SIP_Line_List/SIP_Line_List_Entry[SIP1]/
Phone_Number``, and in the text ``SIP Line List/SIP1 Phone Number``. What stands in brackets is the attribute
``index`` of the one dialect and the element ``ID`` of the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from provisioner.vendor_api import Broken, Cell, Document, LineDocument, LineSyntax, XmlDocument, XmlSyntax, parse_xml

_STEP = re.compile(r"(?P<tag>[A-Za-z_][\w.\-]{0,63})(?:\[(?P<name>\w{1,16})\])?", re.ASCII)
_INDEXED = re.compile(r"(?P<item>[A-Za-z]+\d+ )?(?P<name>.*)")
_WIDTH = 19  # where the colon stands, after what names the item


class FanvilXmlDocument(XmlDocument):
    """A section goes with its last key: an empty one would read as a key itself."""

    def drop(self, key: str) -> None:
        super().drop(key)
        empty = [element for element in self.root.iter("*") if element is not self.root and _is_empty(element)]
        for element in empty:
            Cell(element).remove()


def _is_empty(element: etree._Element) -> bool:
    """Whether it is a section, which a line break before its first key tells, that has no key left."""
    return not len(element) and bool(element.text) and not (element.text or "").strip()


class FanvilXml(XmlSyntax):
    """``<sysConf>`` and ``<VOIP_CONFIG_FILE>``: elements in elements, an empty one clears."""

    name = "fanvil"

    def cells(self, root: etree._Element) -> Iterable[tuple[str, Cell]]:
        return _cells(root, "")

    def read(self, text: str) -> XmlDocument:
        return FanvilXmlDocument(parse_xml(text), self)

    def place(self, root: etree._Element, key: str) -> Cell:
        steps = [_STEP.fullmatch(step) for step in key.split("/")]
        element = root
        for step in steps:
            if step is None:
                raise Broken(f"{key[:80]!r} is no Fanvil key: write the way to it, such as sip/line[1]/PhoneNumber")
            element = _child(element, step["tag"], step["name"])
        return Cell(element)

    def write(self, document: Document) -> bytes:
        """The bytes, a line a key; an empty value stands as ``<MWINum></MWINum>``, as in the phone's own exports."""
        assert isinstance(document, XmlDocument)
        etree.indent(document.root)
        for _, cell in self.cells(document.root):
            cell.write(cell.value)
        return super().write(document)


def _cells(element: etree._Element, way: str) -> Iterator[tuple[str, Cell]]:
    for child in element.iterchildren("*"):
        name = _name(child)
        step = f"{way}{child.tag!s}[{name}]" if name else f"{way}{child.tag!s}"
        if len(child):
            yield from _cells(child, f"{step}/")
        elif not name and child.tag != "ID":
            yield step, Cell(child)


def _name(element: etree._Element) -> str:
    """By what an element is told from its brothers."""
    return element.get("index") or element.findtext("ID") or ""


def _child(element: etree._Element, tag: str, name: str | None) -> etree._Element:
    found = next((child for child in element.iterchildren(tag) if _name(child) == (name or "")), None)
    return _added(element, tag, name) if found is None else found


def _added(element: etree._Element, tag: str, name: str | None) -> etree._Element:
    child = etree.SubElement(element, tag)
    if name and element.getroottree().getroot().tag == "sysConf":
        child.set("index", name)
    elif name:
        etree.SubElement(child, "ID").text = name
    return child


class TextDocument(LineDocument):
    """Lines whose keys begin with their section."""

    def put(self, key: str, value: str) -> None:
        if "/" not in key:
            raise Broken(f"{key[:80]!r} is no Fanvil key: write section and name, such as SIP Line List/SIP1 MWI Num")
        super().put(key, value)


@dataclass(frozen=True, kw_only=True)
class FanvilText(LineSyntax):
    """``<MODULE>``, ``--List--  :`` and ``Name               :value``; one line a key, an empty value clears."""

    name: str = "fanvil-text"
    clear: str = ""

    def read(self, text: str) -> TextDocument:
        document, section = TextDocument(self), ""
        for line in text.splitlines():
            header = _header(line)
            name, found, value = line.partition(":")
            section = section if header is None else header
            if header is None and found and section:
                document.add(f"{section}/{name.strip()}", value.strip())
            elif line.strip():
                document.add_layout(line.rstrip())
        return document

    def write(self, document: Document) -> bytes:
        """The bytes; a key that came later stands at the end of its section."""
        assert isinstance(document, TextDocument)
        sections: dict[str, list[str]] = {}
        section, end = "", []
        for key, line in document.lines():
            if key is not None:
                sections.setdefault(key.partition("/")[0], []).append(line)
            elif line.startswith("<<END"):
                end.append(line)
            else:
                header = _header(line)
                section = section if header is None else header
                sections.setdefault(section, []).append(line)
        lines = [line for part in sections.values() for line in part]
        return ("\n".join([*lines, *end]) + "\n").encode()

    def _line(self, key: str, value: str) -> str:
        name = key.partition("/")[2]
        match = _INDEXED.fullmatch(name)
        item, rest = (match["item"] or "", match["name"]) if match else ("", name)
        return f"{item}{rest:<{_WIDTH}}:{value}"


def _header(line: str) -> str | None:
    """The name of a module or list that begins here."""
    if line.startswith("--"):
        return line.rpartition(":")[0].strip(" -")
    return line.strip(" <>") if line.startswith("<") and not line.startswith("<<") else None


XML = FanvilXml()
TEXT = FanvilText()
