"""Which account has which button: one without a button does not register, and a phone without a line does nothing.

"There must be at least one line" says the reference of the file (usecallmanagernz.github.io).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provisioner.vendor_api import Account, Mode, Profile, Slot

LINES = (Mode.LINE, Mode.SHARED_LINE)


def slots(profile: Profile) -> Iterator[Slot]:
    """Every button in the order in which the phone counts them: its own, then those of its modules."""
    model, expansion = profile.model, profile.model.expansion
    yield from (Slot("line", number) for number in range(1, model.line_keys + 1))
    for module in range(1, (profile.modules if expansion else 0) + 1):
        yield from (Slot(f"exp{module}", number) for number in range(1, (expansion.keys if expansion else 0) + 1))


def seated(profile: Profile) -> Mapping[Slot, Account]:
    """The accounts that no button names, on the buttons that nobody gave.

    Where there would be no line at all, the first account takes the first button from whatever has it.
    """
    every = tuple(slots(profile))
    missing = _unnamed(profile, every)
    found = dict(zip((slot for slot in every if slot not in profile.buttons), missing, strict=False))
    if every and missing and not found and len(missing) == len(profile.accounts):
        return {every[0]: missing[0]}
    return found


def unseated(profile: Profile) -> list[Account]:
    """The accounts that have no button, and so do not register."""
    every, found = tuple(slots(profile)), seated(profile).values()
    return [account for account in _unnamed(profile, every) if every and account not in found]


def _unnamed(profile: Profile, every: tuple[Slot, ...]) -> list[Account]:
    lines = {slot: button.account for slot, button in profile.buttons.items() if button.mode in LINES}
    named = {lines[slot] for slot in every if slot in lines}
    return [account for account in profile.accounts if account.index not in named]
