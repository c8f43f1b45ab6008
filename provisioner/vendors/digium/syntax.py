"""Digium's XML: settings by id, accounts by index, contacts by id and pinned keys by place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from provisioner.vendor_api import Broken, Cell, XmlSyntax

_SETTING = re.compile(r"[A-Za-z0-9_]{1,64}")
_ACCOUNT = re.compile(r"account\[(?P<index>\d{1,2})\]\.(?P<attribute>[A-Za-z_]{1,40})")
_ID_ONLY = ("id", "index", "location", "node")


class _Whole(Cell):
    """The value of an element that means nothing without it: both go together."""

    def remove(self) -> None:
        Cell(self.element).remove()


class DigiumSyntax(XmlSyntax):
    """``login_password``, ``account[0].username``, ``contact[line-3].dial``, ``key[main-2].contact_id``."""

    name = "digium"

    def cells(self, root: etree._Element) -> Iterable[tuple[str, Cell]]:
        for element in root.iter():
            if isinstance(element.tag, str):
                yield from _CELLS.get(element.tag, _none)(element)

    def place(self, root: etree._Element, key: str) -> Cell:
        if _SETTING.fullmatch(key):
            return _Whole(_added(root, key), "value")
        match = _ACCOUNT.fullmatch(key)
        for account in root.iter("account"):
            if match and account.get("index") == match["index"]:
                return Cell(account, match["attribute"])
        raise Broken(f"{key[:80]!r} is no Digium setting: write login_password or account[0].username")


def _added(root: etree._Element, key: str) -> etree._Element:
    element = etree.Element("setting", id=key)
    element.tail = "\n"
    root.insert(0, element)
    return element


def _none(_element: etree._Element) -> Iterator[tuple[str, Cell]]:
    return iter(())


def _setting(element: etree._Element) -> Iterator[tuple[str, Cell]]:
    yield element.get("id", ""), _Whole(element, "value")


def _account(element: etree._Element) -> Iterator[tuple[str, Cell]]:
    name = f"account[{element.get('index')}]"
    yield from _attributes(element, name)
    for child in element.iterchildren("*"):
        if child.tag == "permission":
            yield f"{name}.permission.{child.get('id')}", Cell(child, "value")
        else:
            yield from _attributes(child, f"{name}.{child.tag!s}")


def _contact(element: etree._Element) -> Iterator[tuple[str, Cell]]:
    name = f"contact[{element.get('id')}]"
    yield from _attributes(element, name)
    for action in element.iter("action"):
        yield f"{name}.dial", Cell(action, "dial")
        yield f"{name}.label", Cell(action, "label")


def _key(element: etree._Element) -> Iterator[tuple[str, Cell]]:
    place = (element.get("location"), element.get("node"), element.get("index"))
    yield from _attributes(element, f"key[{'-'.join(part for part in place if part)}]")


def _source(element: etree._Element) -> Iterator[tuple[str, Cell]]:
    if element.get("url") is not None:
        yield f"{element.tag!s}.url", Cell(element, "url")


def _attributes(element: etree._Element, name: str) -> Iterator[tuple[str, Cell]]:
    return ((f"{name}.{one}", Cell(element, str(one))) for one in element.attrib if one not in _ID_ONLY)


_CELLS = {
    "setting": _setting,
    "account": _account,
    "contact": _contact,
    "blf_item": _key,
    "contacts": _source,
    "blf_items": _source,
}
