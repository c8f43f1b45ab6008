"""XML files: what differs between vendors is only where in the tree a key and its value stand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape as escape_text

from lxml import etree

from provisioner.errors import Broken
from provisioner.syntax.base import Document, Syntax

_NO_DTD = "a document type declaration has no place in a configuration file"


def parse_xml(text: str | bytes) -> etree._Element:
    """Parse without entities, DTDs or network. Raises Broken with the parser's reason."""
    try:
        data = text.encode() if isinstance(text, str) else text
        if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
            raise Broken(_NO_DTD)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Broken(f"not well-formed XML: {getattr(error, 'msg', error)}") from None
    if root.getroottree().docinfo.internalDTD is not None:  # in another encoding it looks otherwise
        raise Broken(_NO_DTD)
    return root


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one value stands: the text of an element, or one of its attributes."""

    element: etree._Element
    attribute: str | None = None

    @property
    def value(self) -> str:
        """The text that stands there now."""
        return (self.element.text or "") if self.attribute is None else self.element.get(self.attribute, "")

    def write(self, value: str) -> None:
        """Put another text there."""
        if self.attribute is None:
            self.element.text = value
        else:
            self.element.set(self.attribute, value)

    def remove(self) -> None:
        """Take the attribute or the whole element out, and the line it stood on with it."""
        if self.attribute is not None:
            self.element.attrib.pop(self.attribute, None)
            return
        parent = self.element.getparent()
        if parent is not None:
            self.element.tail = None
            parent.remove(self.element)


class XmlDocument(Document):
    """A tree with an index of its keys; ``syntax`` knows how keys lie in the tree."""

    def __init__(self, root: etree._Element, syntax: XmlSyntax) -> None:
        self.root = root
        self._syntax = syntax
        self._cells: dict[str, Cell] = {}
        for key, cell in syntax.cells(root):
            if key in self._cells:
                raise Broken(f"the key {key} is stated twice")
            self._cells[key] = cell

    def items(self) -> Iterator[tuple[str, str]]:
        return ((key, cell.value) for key, cell in list(self._cells.items()))

    def get(self, key: str) -> str | None:
        cell = self._cells.get(key)
        return None if cell is None else cell.value

    def put(self, key: str, value: str) -> None:
        if key not in self._cells:
            self._cells[key] = self._syntax.place(self.root, key)
        self._cells[key].write(value)

    def drop(self, key: str) -> None:
        cell = self._cells.pop(key, None)
        if cell is not None:
            cell.remove()

    def rename(self, key: str, name: str) -> None:
        value = self._cells[key].value
        self.drop(key)
        self.put(name, value)


class XmlSyntax(Syntax):
    """A base for vendors' XML dialects: they say where keys lie (`cells`) and where a new one goes (`place`)."""

    clear = ""
    true = "1"
    false = "0"

    @abstractmethod
    def cells(self, root: etree._Element) -> Iterable[tuple[str, Cell]]:
        """Every key of the file with the cell that holds its value."""

    @abstractmethod
    def place(self, root: etree._Element, key: str) -> Cell:
        """Make room for a key that the file does not state yet. Raises Broken when the key cannot exist."""

    def escape(self, text: str) -> str:
        return escape_text(self.carry(text), {'"': "&quot;"})

    def read(self, text: str) -> XmlDocument:
        return XmlDocument(parse_xml(text), self)

    def write(self, document: Document) -> bytes:
        assert isinstance(document, XmlDocument)
        return etree.tostring(document.root, xml_declaration=True, encoding="UTF-8") + b"\n"
