"""What a Poly phone cannot do of a profile: all that it watches, it watches with one account and one pickup code."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.vendor_api import Button, Mode, Profile, Warned


def warn(profile: Profile) -> Iterator[Warned]:
    """The watched keys that ask for another account or another pickup code than the first one gets."""
    watched = [button for button in profile.buttons.values() if button.mode is Mode.BLF]
    if not watched:
        return
    for button in watched:
        if button.account != _most_asked(watched):
            yield Warned(str(button.slot), "one account watches all keys (attendant.reg); this one asks for another")
    codes = {button.pickup for button in watched if button.pickup}
    if len(codes) > 1:
        yield Warned(str(watched[0].slot), "all watched keys share one pickup code; the first key's is used")


def _most_asked(watched: list[Button]) -> int:
    accounts = [button.account for button in watched]
    return min(set(accounts), key=lambda index: (-accounts.count(index), index))
