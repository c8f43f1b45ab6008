"""DECT: which account sits on which handset, where a system gives a handset one account."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.vendor_api import Account, Handset, Profile


def seats(profile: Profile) -> Mapping[int, Account]:
    """The account of each handset by the handset's place.

    Accounts of no handset, whose handsets are registered by hand, take the places that are left.
    """
    seated = {one.slot: profile.accounts[one.accounts[0] - 1] for one in profile.handsets if one.accounts}
    moving = {index for handset in profile.handsets for index in handset.accounts}
    taken = {handset.slot for handset in profile.handsets}
    free = (n for n in range(1, profile.model.handsets + 1) if n not in taken)
    waiting = (account for account in profile.accounts if account.index not in moving)
    return {**seated, **dict(zip(free, waiting, strict=False))}


def by_place(profile: Profile) -> Mapping[int, Handset]:
    """The handsets that are known, by their place."""
    return {handset.slot: handset for handset in profile.handsets}
