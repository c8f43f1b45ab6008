"""Algo's devices have no programmable keys."""

from __future__ import annotations

from provisioner.vendor_api import Buttons, Code, Fallback, Mode, Model

_NO_KEYS = Fallback(to=Mode.NONE, why="the device has no programmable keys")

BUTTONS: Buttons = {mode: Code(code="") if mode is Mode.NONE else _NO_KEYS for mode in Mode if mode is not Mode.LOCAL}


def buttons(_model: Model) -> Buttons:
    """No model has any."""
    return BUTTONS
