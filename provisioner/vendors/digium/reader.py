"""Reads Digium's files back: accounts from the first, buttons from the contacts that we name by their slot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import (
    Document,
    Mode,
    Model,
    ReadAccount,
    ReadButton,
    Reading,
    Slot,
    grouped,
)

_ACCOUNT = re.compile(r"account\[(?P<n>\d+)\]\.(?P<field>.+)")
_CONTACT = re.compile(r"contact\[(?P<group>line|exp\d+)-(?P<n>\d+)\]\.(?P<field>.+)")


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and contacts that stand on a key of this model."""
    values = dict(document.items())
    taken: set[str] = set()
    accounts, buttons = tuple(_accounts(values, taken)), tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(taken))


def _accounts(values: Mapping[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    for n, fields in sorted(grouped(values, _ACCOUNT, taken, _place).items()):
        if fields.get("status") == "1" and fields.get("username"):
            yield ReadAccount(
                index=int(n[-1]) + 1,
                number=fields["username"],
                name=fields.get("caller_id", ""),
                auth_user=fields.get("authname", ""),
                password=fields.get("password", ""),
                server=fields.get("host_primary.server", ""),
            )


def _buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    for (group, n), fields in sorted(grouped(values, _CONTACT, taken, _place).items()):
        slot = Slot(group, int(n))
        if slot.number <= model.slots(group):
            yield ReadButton(
                slot=slot,
                mode=Mode.BLF if fields.get("subscribe_to") else Mode.SPEED_DIAL,
                value=fields.get("dial", ""),
                label=fields.get("label", ""),
            )


def _place(match: re.Match[str]) -> tuple[str, ...]:
    """What the expression calls it by, before the field."""
    return match.groups()[:-1]
