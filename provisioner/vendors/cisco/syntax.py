"""The nested files of enterprise phones, as documents whose keys are paths."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.vendor_api import Broken, Cell, Document, XmlDocument, XmlSyntax

if TYPE_CHECKING:
    from lxml import etree

_STEP = re.compile(r"(?P<tag>[A-Za-z_][A-Za-z0-9_.\-]*)(?:\[(?P<nth>[A-Za-z0-9_.\-]{1,64})\])?")
_ATTRIBUTE = re.compile(r"@[A-Za-z_][A-Za-z0-9_.\-]*")
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

# What tells elements of one name apart; the others are counted from 1.
_NAMES = {"line": "button", "member": "priority", "addOnModule": "idx"}


@dataclass(frozen=True)
class EnterpriseXml(XmlSyntax):
    """``sipProfile/sipLines/line[2]/name``; an attribute is a step of its own, ``line[2]/@lineIndex``."""

    name: str
    # More bytes than a phone takes: it refuses the file without a word, so the file is refused here.
    limit: int | None = None

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        """Every element that holds no others, and every attribute that does not only name its element."""
        yield from _cells(root, "")

    def place(self, root: etree._Element, key: str) -> Cell:
        """Go down the path and make what is missing, at the end of its parent."""
        element = root
        for step in key.split("/"):
            if _ATTRIBUTE.fullmatch(step):
                return Cell(element, step[1:])
            match = _STEP.fullmatch(step)
            if match is None:
                raise Broken(f"{key[:80]!r} is not the path of an element")
            element = _child(element, match["tag"], match["nth"])
        return Cell(element)

    def write(self, document: Document) -> bytes:
        """The bytes, with empty values as pairs of tags, as call manager writes them."""
        assert isinstance(document, XmlDocument)
        for element in document.root.iter("*"):
            if element.text is None and not len(element) and not element.attrib:
                element.text = ""
        body = _DECLARATION + super().write(document).partition(b"?>\n")[2]
        if self.limit and len(body) > self.limit:
            raise Broken(f"the file has {len(body)} bytes and this phone takes {self.limit}; give it fewer buttons")
        return body


def _cells(parent: etree._Element, path: str) -> Iterator[tuple[str, Cell]]:
    names = Counter(str(element.tag) for element in parent.iterchildren("*"))
    seen: Counter[str] = Counter()
    for element in parent.iterchildren("*"):
        tag = str(element.tag)
        seen[tag] += 1
        name = _NAMES.get(tag, "")
        nth = (element.get(name) if name else None) or (str(seen[tag]) if names[tag] > 1 else "")
        key = f"{path}{tag}[{nth}]" if nth else path + tag
        for attribute in element.attrib:
            if attribute != name:
                yield f"{key}/@{attribute}", Cell(element, str(attribute))
        if len(element):
            yield from _cells(element, f"{key}/")
        elif not element.attrib or element.text:
            yield key, Cell(element)


def _child(parent: etree._Element, tag: str, nth: str | None) -> etree._Element:
    """The child of this name, made where it does not exist."""
    name = _NAMES.get(tag)
    children = parent.findall(tag)
    if name and nth:
        found = next((child for child in children if child.get(name) == nth), None)
    else:
        found = children[int(nth or 1) - 1] if (nth or "1").isdecimal() and 0 < int(nth or 1) <= len(children) else None
    if found is None:
        found = parent.makeelement(tag, {name: nth} if name and nth else {})
        parent.append(found)
    return found
