"""Which vendor and model a device's files are of, and what the vendor's reader finds in them.

A name that several vendors use is tried with each one's syntax and reader: whoever understands most wins. A model
that nobody told is the smallest one that holds what the files say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from provisioner.errors import Broken
from provisioner.importing.blank import blank
from provisioner.importing.files import Named, NotTaken, text_of
from provisioner.merge import merge
from provisioner.recognise import vendor_by_oui
from provisioner.registry import vendors
from provisioner.render import document_of
from provisioner.syntax import Syntax
from provisioner.values import Mac, Mode
from provisioner.vendor_api import Document, Model, ReadAccount, ReadButton, Reading, Vendor

_NUMBER = re.compile(r"\d+")
# What a reader may stumble over in a file that was not written for it.
_STUMBLES = (Broken, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One file as it was understood: all its keys, and what the reader made of some of them."""

    file: Named
    syntax: Syntax
    values: Mapping[str, str]
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A device's files under the eyes of one vendor and model; ``sure`` when somebody told the model."""

    vendor: Vendor
    model: Model
    reads: tuple[Read, ...]
    sure: bool

    @property
    def accounts(self) -> dict[int, ReadAccount]:
        """By line; of two files that state one, the later wins."""
        return {one.index: one for read in self.reads for one in read.reading.accounts}

    @property
    def buttons(self) -> list[ReadButton]:
        """By slot; of two files that state one, the later wins. A key with no function is none."""
        found = {one.slot: one for read in self.reads for one in read.reading.buttons if _does_something(one)}
        return [found[slot] for slot in sorted(found)]

    @property
    def taken(self) -> int:
        """How many keys the reader understood."""
        return sum(len(read.reading.taken) for read in self.reads)

    @property
    def known(self) -> int:
        """How many keys the reader understood or our own templates for the model write."""
        written = _keys(self.vendor.name, self.model.name)
        return sum(len(read.reading.taken | (written & read.values.keys())) for read in self.reads)

    @property
    def is_likely(self) -> bool:
        """Whether the files are this vendor's at all: a device without accounts has nothing for the reader."""
        return self.taken > 0 or 2 * self.known > sum(len(read.values) for read in self.reads)

    @property
    def held(self) -> int:
        """How many accounts and buttons the model has room for, and how many buttons work on one of the accounts."""
        accounts = self.accounts
        room = sum(index <= self.model.accounts for index in accounts) + sum(holds(self.model, b) for b in self.buttons)
        return room + sum(button.account in accounts for button in self.buttons)

    @property
    def likeness(self) -> tuple[int, int]:
        """How near the files come to what our own templates would write for the model: kinds of keys, then keys."""
        keys = {key for read in self.reads for key in read.values}
        shapes = _shapes(self.vendor.name, self.model.name)
        written = _keys(self.vendor.name, self.model.name)
        return sum(_shape(key) in shapes for key in keys), 2 * len(keys & written) - len(written)


def _does_something(one: ReadButton) -> bool:
    return one.mode is not Mode.NONE and (one.mode is not Mode.NATIVE or bool(one.value))


def holds(model: Model, button: ReadButton) -> bool:
    """Whether the model has this key."""
    return 0 < button.slot.number <= model.slots(button.slot.group)


class Texts:
    """The texts of a device's files, each read by each syntax once at most."""

    def __init__(self, files: Iterable[Named]) -> None:
        self.unreadable: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._read: dict[tuple[str, int], Document | None] = {}
        self.files = [file for file in files if self._open(file)]

    def _open(self, file: Named) -> bool:
        try:
            self._texts[file.path] = text_of(file.place)
        except NotTaken as error:
            self.unreadable[file.path] = str(error)
            return False
        return True

    def read(self, file: Named, syntax: Syntax) -> Document | None:
        """The document, None where it is none of this syntax."""
        key = (file.path, id(syntax))
        if key not in self._read:
            self._read[key] = self._parsed(file, syntax)
        return self._read[key]

    def _parsed(self, file: Named, syntax: Syntax) -> Document | None:
        try:
            return syntax.read(self._texts[file.path])
        except _STUMBLES as error:
            told = str(error) if isinstance(error, Broken) else "malformed"
            self.unreadable.setdefault(file.path, f"cannot be read: {told[:160]}")
            return None


def understand(texts: Texts, wanted: str | None) -> Understood | None:
    """The vendor that understands most of the device's files, with its model; None where nobody does."""
    found = [best for vendor in _vendors(texts.files) if (best := _best(vendor, texts, wanted))]
    return max(found, key=_understanding, default=None)


def _understanding(one: Understood) -> tuple[int, int]:
    """How much a vendor understands; dialects that are near to each other are told apart by the MAC prefix."""
    mine = vendor_by_oui(one.reads[0].file.mac) == one.vendor.name
    return one.known + (one.known // 4 if mine else 0), one.held


def _vendors(files: Sequence[Named]) -> list[Vendor]:
    names = sorted({name.vendor for file in files for name in file.names})
    return [vendors()[name] for name in names]


def _best(vendor: Vendor, texts: Texts, wanted: str | None) -> Understood | None:
    """The vendor's model that holds most, and of those the smallest; None where it understands nothing."""
    told = _told(vendor, texts.files, wanted)
    if wanted and not told:
        return None
    tries = (_read(vendor, model, texts, sure=told is not None) for model in ([told] if told else _smallest(vendor)))
    understood = [one for one in tries if one.reads and (one.is_likely if told else one.taken)]
    most = max(((one.held, one.taken) for one in understood), default=None)
    best = [one for one in understood if (one.held, one.taken) == most]
    return max(best, key=lambda one: one.likeness) if len(best) > 1 else next(iter(best), None)


@cache
def _keys(vendor: str, model: str) -> frozenset[str]:
    """The keys of all files of an empty device of the model."""
    profile = merge(blank(Mac("020000000000"), vendor, model))
    files = [file for file in vendors()[vendor].files if file.template and file.fits(profile.model)]
    return frozenset(key for file in files for key, _ in document_of(profile, file).items())


@cache
def _shapes(vendor: str, model: str) -> frozenset[str]:
    return frozenset(map(_shape, _keys(vendor, model)))


def _shape(key: str) -> str:
    """A key without its numbers: the same for every account and every slot."""
    return _NUMBER.sub("#", key)


def _told(vendor: Vendor, files: Sequence[Named], wanted: str | None) -> Model | None:
    """The model by the list that came along, else by the file names."""
    if wanted:
        maker, slash, name = wanted.partition("/")
        return vendor.models.find(name if slash and maker.lower() == vendor.name else wanted)
    names = [name.model for file in files for name in file.names if name.vendor == vendor.name and name.model]
    return vendor.models.find(names[0]) if names else None


def _smallest(vendor: Vendor) -> list[Model]:
    """Models by size, DECT bases last; of equal ones the one that the vendor lists first."""
    return sorted(vendor.models.values(), key=_size)


def _size(model: Model) -> tuple[int, int, int]:
    modules = model.expansion.keys * model.expansion.modules if model.expansion else 0
    return model.handsets, model.accounts, model.line_keys + model.keys + model.soft_keys + modules


def _read(vendor: Vendor, model: Model, texts: Texts, *, sure: bool) -> Understood:
    mine = [file for file in texts.files if any(name.vendor == vendor.name for name in file.names)]
    reads = (_one(vendor, model, texts, file) for file in sorted(mine, key=lambda file: _place(vendor, file)))
    return Understood(vendor=vendor, model=model, reads=tuple(read for read in reads if read), sure=sure)


def _place(vendor: Vendor, file: Named) -> tuple[int, str]:
    """Files in the order of the vendor's table: what overrides others comes behind them."""
    places = [n for n, one in enumerate(vendor.files) if any(name.file is one for name in file.names)]
    return min(places, default=len(vendor.files)), file.path


def _one(vendor: Vendor, model: Model, texts: Texts, file: Named) -> Read | None:
    found = []
    for syntax in _syntaxes(vendor, model, file):
        document = texts.read(file, syntax)
        reading = _reading(vendor, model, document) if document else None
        if document and reading:
            found.append(Read(file=file, syntax=syntax, values=dict(document.items()), reading=reading))
    return max(found, key=lambda read: len(read.reading.taken), default=None)


def _syntaxes(vendor: Vendor, model: Model, file: Named) -> Iterator[Syntax]:
    """The syntax that goes with the name, then the others that the model reads."""
    mine = [name.file for name in file.names if name.vendor == vendor.name]
    served = [one for one in vendor.files if one.template]
    syntaxes = [one.syntax or vendor.syntax for one in (*mine, *served) if one.fits(model)]
    yield from {id(syntax): syntax for syntax in syntaxes}.values()


def _reading(vendor: Vendor, model: Model, document: Document) -> Reading | None:
    try:
        return vendor.read(document, model)
    except _STUMBLES:
        return None
