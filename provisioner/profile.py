"""The profile: the merged, immutable description of one device, and the only thing that vendors see.

Every value in it knows where it came from (`Origin`), whether it is a secret and who owns it, and keeps
that knowledge when a vendor turns it into its own code (`Setting.code`, `Text`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioner.values import Ipei, Mac, Mode, Owner, Slot

if TYPE_CHECKING:
    from provisioner.vendor_api import Line, Model


@dataclass(frozen=True, slots=True)
class Origin:
    """A layer of the merge and the name of the thing there: ``template`` *Front desk*."""

    layer: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.layer} {self.name}".rstrip()


BUILT_IN = Origin("default")


class Text(str):
    """A text that remembers its origin, whether it is secret and whether it is left to the phone."""

    __slots__ = ("origin", "owner", "secret")
    origin: Origin
    secret: bool
    owner: Owner

    def __new__(
        cls,
        text: object = "",
        origin: Origin = BUILT_IN,
        *,
        secret: bool = False,
        owner: Owner = Owner.SERVER,
    ) -> Text:
        made = str.__new__(cls, text)
        made.origin, made.secret, made.owner = origin, secret, owner
        return made

    def __bool__(self) -> bool:
        """Whether something stands here; what is left to the phone does, though we may not know it."""
        return len(self) > 0 or self.owner is Owner.PHONE

    def says(self, text: object) -> Text:
        """Another text for the same reason."""
        return Text(text, self.origin, secret=self.secret, owner=self.owner)

    def code(self, table: Mapping[Any, str]) -> Text:
        """The vendor's word for it. Raises KeyError when the table has none."""
        return self.says(table[self])


def joined(*parts: str) -> Text:
    """One text of several; it has the origin of the first that knows one, and is secret when one is."""
    told = [part for part in parts if isinstance(part, Text)]
    first = told[0] if told else Text()
    secret = any(part.secret for part in told)
    return Text("".join(parts), first.origin, secret=secret, owner=first.owner)


@dataclass(frozen=True, slots=True)
class Setting:
    """One neutral setting after the merge. It is false when its value is: ``if setting: …``."""

    value: Any
    origin: Origin = BUILT_IN
    secret: bool = False
    owner: Owner = Owner.SERVER

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def ours(self) -> bool:
        """Whether there is a value and it may be sent."""
        return bool(self.value) and self.owner is not Owner.PHONE

    def says(self, text: object) -> Text:
        """This text, because of this setting."""
        return Text(text, self.origin, secret=self.secret, owner=self.owner)

    def otherwise(self, other: Setting) -> Setting:
        """This setting where it is given or left to the phone, else the other."""
        return self if self.value or self.owner is Owner.PHONE else other

    @property
    def text(self) -> Text | None:
        """The value as text, `cleared` where it is not given."""
        return self.cleared if self.value is None else self.says(self.value)

    @property
    def cleared(self) -> Text | None:
        """None, by which the phone's value is cleared; a text that is left out where that value is the phone's own."""
        return self.says("") if self.owner is Owner.PHONE else None

    def code(self, table: Mapping[Any, str]) -> Text:
        """The vendor's word for the value. Raises KeyError when the table has none."""
        return self.says(table[self.value])

    def switch(self, on: str = "1", off: str = "0") -> Text:
        """The vendor's words for true and false."""
        return self.says(on if self.value else off)


class Settings(Mapping[str, Setting]):
    """Neutral settings by dotted name, such as ``settings["sip.server"]``."""

    __slots__ = ("_by_name",)

    def __init__(self, by_name: Mapping[str, Setting]) -> None:
        self._by_name = dict(by_name)

    def __getitem__(self, name: str) -> Setting:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def emergency_identity(settings: Settings) -> Text | None:
    """Whom an emergency call says to call back: 10 to 25 digits, or a SIP or TEL URI; the ELIN before the callback.

    Phones take nothing else there, so an inner number gives None. Writing signs (RFC 3966 §5.1.1) are left out.
    """
    return _identity(settings["emergency.elin"]) or _identity(settings["emergency.callback"])


def _identity(setting: Setting) -> Text | None:
    given = str(setting.value or "")
    if re.fullmatch(r"(?:sips?|tel):.+", given):
        return setting.says(given)
    number = re.sub(r"[ ().-]", "", given)
    if re.fullmatch(r"\+[0-9]{7,25}", number):
        return setting.says(f"tel:{number}")
    return setting.says(number) if re.fullmatch(r"[0-9]{10,25}", number) else setting.cleared


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A registration of the device: an extension on line ``index`` (from 1), with the settings of its line."""

    index: int
    number: Text
    name: Text
    auth_user: Text
    password: Text
    voicemail: Text | None
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button as the merge left it, its placeholders filled; ``account`` is the line it works on, from 1."""

    slot: Slot
    mode: Mode
    value: Text
    label: Text
    name: str = ""
    account: int = 1
    pickup: Text | None = None
    fixed: bool = False
    origin: Origin = BUILT_IN


@dataclass(frozen=True, slots=True, kw_only=True)
class Handset:
    """A DECT handset of this base; ``slot`` is its place from 1, ``accounts`` the indices that ring on it."""

    slot: int
    ipei: Ipei | None
    name: Text
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The street address that a phone can carry for emergency calls; empty where not known."""

    name: Text
    street: Text
    house_number: Text
    floor: Text
    room: Text
    city: Text
    state: Text
    postal_code: Text
    country: Text


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a phone will not do as asked, with what it does instead."""

    slot: str
    message: str

    def __str__(self) -> str:
        return f"{self.slot}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """Vendor-native keys of one layer; None takes a key out of the file."""

    origin: Origin
    keys: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKey:
    """The key of a device's encrypted files.

    ``mark`` stands in the URL by which a phone that holds the key comes back. A key that is not ``wanted`` is
    on its way out: encryption was turned off, and phones that still hold the key shall forget it.
    """

    key: Text
    mark: str
    wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All that a file of one device may depend on.

    ``url`` is where the phone shall come back to: a directory that ends in a slash and holds its token.
    ``bases`` are the MACs of a multi-cell DECT system, the data master first, when this device leads one;
    ``master`` is set on the others. ``file_key`` is None where no way to encrypt this vendor's files is known.
    ``http_password`` is what the phone proves itself with over HTTP, its MAC being the user name; None where
    the tenant takes no such proof.
    """

    mac: Mac
    name: Text
    tenant: str
    tenant_name: str
    vendor: str
    model: Model
    firmware: str | None
    line: Line
    url: Text
    settings: Settings
    accounts: tuple[Account, ...]
    buttons: Mapping[Slot, Button]
    modules: int
    address: Address | None = None
    handsets: tuple[Handset, ...] = ()
    bases: tuple[Mac, ...] = ()
    master: Mac | None = None
    native: tuple[Native, ...] = ()
    file_key: FileKey | None = None
    http_password: Text | None = None
    warnings: tuple[Warned, ...] = field(default=())

    def account(self, index: int) -> Account | None:
        """The account on line ``index``, None where the line is not used."""
        return self.accounts[index - 1] if 0 < index <= len(self.accounts) else None

    def settings_of(self, index: int) -> Settings:
        """The settings of the account on line ``index``, the device's own where the line is not used."""
        account = self.account(index)
        return account.settings if account else self.settings
