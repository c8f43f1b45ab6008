"""DECT bases: who sits on which handset, and which bases make up a system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import OMIT, Account, Handset, Profile, Warned

SERVER_TEMPLATES = 10


def kind(profile: Profile) -> str:
    """``single``, ``multi`` or ``base``; empty for a desk phone."""
    return str(profile.model.extra.get("dect", ""))


def has_server_templates(profile: Profile) -> bool:
    """Whether accounts refer to numbered SIP servers, at least besides their own."""
    return kind(profile) == "multi" or (kind(profile) == "single" and "server_templates" in profile.line.options)


def seats(profile: Profile) -> Mapping[int, Account]:
    """The account of each number: its own, but in a multi-cell system the number of its handset.

    There a handset has one account, and the number in common with it (FP w80, TW). Accounts of no handset,
    whose handsets are registered by hand, take the numbers that are left.
    """
    if kind(profile) != "multi":
        return {account.index: account for account in profile.accounts}
    seated = {one.slot: profile.accounts[one.accounts[0] - 1] for one in profile.handsets if one.accounts}
    moving = {index for handset in profile.handsets for index in handset.accounts}
    taken = {handset.slot for handset in profile.handsets}
    free = (n for n in range(1, profile.model.accounts + 1) if n not in taken)
    waiting = (account for account in profile.accounts if account.index not in moving)
    return {**seated, **dict(zip(free, waiting, strict=False))}


def handsets(profile: Profile) -> list[Mapping[str, Any]]:
    """Every handset that the base can have."""
    known = {handset.slot: handset for handset in profile.handsets}
    return [_handset(n, known.get(n)) for n in range(1, profile.model.handsets + 1)]


def _handset(n: int, handset: Handset | None) -> Mapping[str, Any]:
    if handset is None:
        return {"n": n, **dict.fromkeys(("name", "lines", "default", "ipui")), "register": OMIT}
    lines = ",".join(str(index) for index in handset.accounts)
    return {
        "n": n,
        "name": handset.name,
        "lines": handset.name.says(lines) if lines else None,
        "default": handset.name.says(handset.accounts[0]) if handset.accounts else None,
        # A handset without IPEI was registered by hand: what the base knows of it stays.
        "ipui": handset.name.says(handset.ipei.hex) if handset.ipei else OMIT,
        "register": handset.name.says("1") if handset.ipei else OMIT,
    }


def stations(profile: Profile) -> list[Mapping[str, Any]]:
    """The bases that a manager admits once they show up (FAQ 877): nothing where it is told of none."""
    others = [mac for mac in profile.bases if mac != profile.mac]
    places = range(1, int(profile.model.extra.get("stations", 0)) + 1) if others else range(0)
    return [{"n": n, "mac": others[n - 1].hex if n <= len(others) else None} for n in places]


def warn(profile: Profile) -> Iterator[Warned]:
    """Handsets of a multi-cell system that were given more than the one extension they can have."""
    for handset in profile.handsets if kind(profile) == "multi" else ():
        for index in handset.accounts[1:]:
            number = profile.accounts[index - 1].number
            yield Warned(f"handset {handset.slot}", f"a handset here has one account; extension {number} does not fit")
