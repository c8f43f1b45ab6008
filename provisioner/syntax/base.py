"""What every file syntax promises, and the characters that no value may hold."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from secrets import token_hex

OMIT = f"\ufdd0{token_hex(8)}\ufdd0"
"""Stands for "not ours": a key whose rendered value holds it is left out of the file.

No input can forge it: a text that is compared with it would have to guess it, and from what stands in a file
`clean` has taken the noncharacters that enclose it. It never leaves the process.
"""

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_FORBIDDEN = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]|[\U0001fffe\U0001ffff\U0002fffe-\U0010ffff]")


def clean(text: str) -> str:
    """What a one-line value keeps of a text: control characters and runs of blanks become one blank.

    Surrogates, noncharacters and private planes are dropped; no file syntax of a phone carries them.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", _FORBIDDEN.sub("", text)).strip()


class Document(ABC):
    """A file as an ordered set of keys with text values; the layout between them is kept."""

    @abstractmethod
    def items(self) -> Iterator[tuple[str, str]]:
        """Each key with its value, in file order."""

    @abstractmethod
    def put(self, key: str, value: str) -> None:
        """Replace the value of a key, or add the key at the end."""

    @abstractmethod
    def drop(self, key: str) -> None:
        """Take a key out; nothing happens when it is not there."""

    def leave_out(self, mark: str) -> None:
        """Take every key out whose value holds a mark."""
        for key in [key for key, value in self.items() if mark in value]:
            self.drop(key)

    @abstractmethod
    def rename(self, key: str, name: str) -> None:
        """Give a key another name at its place. Raises Broken when the name is taken."""

    def rename_all(self, names: Mapping[str, str]) -> None:
        """Give many keys other names at their places."""
        for key, name in names.items():
            self.rename(key, name)

    def get(self, key: str) -> str | None:
        """The value of one key, None when the file does not state it."""
        return dict(self.items()).get(key)


class Syntax(ABC):
    """One file format: `escape` for templates, `read` and `write` for documents.

    ``clear`` is the text that resets a value on the phone, ``true`` and ``false`` are how it spells a switch.
    """

    name: str
    clear: str
    true: str
    false: str

    def carry(self, text: str) -> str:
        """What a value becomes in this format and back: the identity, for texts that it can hold."""
        return clean(text)

    @abstractmethod
    def escape(self, text: str) -> str:
        """The carried text in the form that stands in a template."""

    @abstractmethod
    def read(self, text: str) -> Document:
        """Read a whole file. Raises Broken when it is malformed or states a key twice."""

    @abstractmethod
    def write(self, document: Document) -> bytes:
        """The bytes of a document."""
