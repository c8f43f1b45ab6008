"""ALE's XML: ``<setting id="Account1Enable" value="true"/>`` below ``<settings>``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from provisioner.vendor_api import Broken, Cell, XmlSyntax

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


class _Whole(Cell):
    """The value of a setting, which goes with its element."""

    def remove(self) -> None:
        Cell(self.element).remove()


class AleSyntax(XmlSyntax):
    """An empty value sets the phone's default; ids of other systems may end in a blank, which means nothing."""

    name = "ale"
    true = "true"
    false = "false"

    def cells(self, root: etree._Element) -> Iterator[tuple[str, Cell]]:
        return ((one.get("id", "").strip(), _Whole(one, "value")) for one in root.iterchildren("setting"))

    def place(self, root: etree._Element, key: str) -> Cell:
        if not _ID.fullmatch(key):
            raise Broken(f"{key[:80]!r} is no setting of these phones: write an id such as Account1Label")
        element = etree.SubElement(root, "setting", id=key)
        element.tail = "\n"
        return _Whole(element, "value")
