"""Htek's two dialects: elements by name (``<Account1_Active>``, U models) and by number (``<P271>``, all others).

The template is written once, in names, since those can be read; ``keys.toml`` has the numbers. A name without a
number is one that only U models are known to have.
"""

from __future__ import annotations

from provisioner.vendor_api import Model, Numbers

PROFILES = 4  # as many as have numbers
HARD_KEYS = (
    "UpKey", "DownKey", "LeftKey", "RightKey", "OKKey", "CancelKey", "ConfKey", "HoldKey", "MuteKey", "TranKey",
)  # fmt: skip
_KEYS_A_PAGE = 20
_NUMBERS = Numbers.load(__package__)


def is_named(model: Model) -> bool:
    """Whether the model takes elements by name."""
    return bool(model.extra.get("named"))


def element(model: Model, name: str) -> str | None:
    """What a name is called on this model, None where it has no such element."""
    return name if is_named(model) else p_name(name)


def p_name(name: str) -> str | None:
    """A name's element by number, None where no source gives one."""
    number = _NUMBERS.number(name)
    return None if number is None else f"P{number}"


def module_key(module: int, number: int, field: str) -> str:
    """The name of a field of an expansion module's key, whose numbers run on over its pages."""
    page, key = divmod(number - 1, _KEYS_A_PAGE)
    return f"Exp{module}_{page + 1}_{key + 1}_{field}"
