"""Where keys lie in Gigaset's two own XML dialects; the desktop phones' third one is general.

A `ProviderFrame` holds rows of raw data items, addressed by their ``ID``, and of short names, addressed by
their tag; texts stand in double quotes within the attribute. A `Provisioning` file holds parameters, addressed
by name, and operations: ``DeleteNotProvisionedHS``, and ``add_hs[029e74a599].hs.RegStatus`` for a parameter of
one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from provisioner.vendor_api import Broken, Cell, Document, SettingsXml, XmlDocument, XmlSyntax

_ITEM = re.compile(r"[A-Za-z_][\w.\[\]%]{0,127}", re.ASCII)
_SHORT = re.compile(r"([SIB])_[A-Z0-9_]{1,63}")
_KINDS = {"S": "string", "I": "integer", "B": "boolean"}
_PARAMETER = re.compile(
    r"(?:(?P<oper>[A-Za-z]\w{0,63})\[(?P<on>\w{1,63})\]\.)?(?P<name>[A-Za-z][\w.\-]{0,127})", re.ASCII
)
_QUOTED = re.compile(rb'"&quot;([^"]*)&quot;"')


@dataclass(frozen=True, slots=True)
class Row(Cell):
    """An element that is there for its one value: without it, it goes, and so does what held only it."""

    def remove(self) -> None:
        parent = self.element.getparent()
        if parent is None:
            return
        self.element.tail = None
        parent.remove(self.element)
        if parent.tag == "oper" and not len(parent):
            Row(parent).remove()


class ProviderFrame(XmlSyntax):
    """The files of N510, N720 and the C-line."""

    name = "gigaset-provider"

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        for element in root.iter():
            if isinstance(element.tag, str) and "value" in element.attrib:
                yield element.get("ID") or element.tag, Row(element, "value")

    def place(self, root: etree._Element, key: str) -> Cell:
        short = _SHORT.fullmatch(key)
        if not _ITEM.fullmatch(key):
            raise Broken(f"{key[:80]!r} is no data item: write BS_IP_Data1.ucB_USE_DHCP or S_SIP_SERVER_1")
        section = root.find("Provider")
        section = etree.SubElement(root, "Provider") if section is None else section
        tag, given = (key, {"class": _KINDS[short[1]]}) if short else ("SYMB_ITEM", {"ID": key, "class": "symb_item"})
        return Row(_added(section, tag, given), "value")

    def escape(self, text: str) -> str:
        """For attributes in single quotes, as the double ones belong to the value."""
        return super().escape(text).replace("'", "&apos;")

    def write(self, document: Document) -> bytes:
        """The bytes as the vendor's samples look: single quotes around quoted texts, and ISO-8859-1.

        All but ASCII is written as character references, which read the same in any encoding.
        """
        assert isinstance(document, XmlDocument)
        body = etree.tostring(document.root, encoding="US-ASCII", xml_declaration=False)
        return b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + _QUOTED.sub(_single_quoted, body) + b"\n"


def _single_quoted(match: re.Match[bytes]) -> bytes:
    text = match[1].replace(b"'", b"&apos;").replace(b"&quot;", b'"')
    return b"'\"" + text + b"\"'"


class Provisioning(XmlSyntax):
    """The files of the Nx70 bases and of the Maxwell phones."""

    name = "gigaset-provisioning"

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        for element in root.iter("param", "oper"):
            name, parent = element.get("name", ""), element.getparent()
            if parent is not None and parent.tag == "oper":
                yield f"{parent.get('name')}[{parent.get('value')}].{name}", Row(element, "value")
            elif not len(element):
                yield name, Row(element, "value")

    def place(self, root: etree._Element, key: str) -> Cell:
        match = _PARAMETER.fullmatch(key)
        if match is None:
            raise Broken(f"{key[:80]!r} is no parameter: write WebUI.Language or update_dm[local].RegDuration")
        section = root.find("nvm")
        section = etree.SubElement(root, "nvm") if section is None else section
        if match["oper"]:
            section = _operation(section, match["oper"], match["on"])
        return Row(_added(section, "param", {"name": match["name"]}), "value")

    def write(self, document: Document) -> bytes:
        assert isinstance(document, XmlDocument)
        body = etree.tostring(document.root, encoding="UTF-8", xml_declaration=False)
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _operation(section: etree._Element, name: str, on: str) -> etree._Element:
    same = (one for one in section.iter("oper") if one.get("name") == name and one.get("value") == on)
    found = next(same, None)
    return _added(section, "oper", {"name": name, "value": on}) if found is None else found


def _added(section: etree._Element, tag: str, attributes: dict[str, str]) -> etree._Element:
    element = etree.SubElement(section, tag, attributes)
    element.tail = "\n"
    return element


PROVIDER_FRAME = ProviderFrame()
PROVISIONING = Provisioning()
SETTINGS = SettingsXml(name="gigaset-desktop")
