"""The names that a device's template uses: each dialect has its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.vendor_api import Context, Keys, Profile
from provisioner.vendors.gigaset import desktop, frame, maxwell, nx70

_BY_DIALECT: Mapping[str, Context] = {
    "n510": frame.n510,
    "n720": frame.n720,
    "nx70": nx70.context,
    "maxwell": maxwell.context,
    "desktop": desktop.context,
}


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that the template of this model names."""
    return _BY_DIALECT[profile.model.extra["dialect"]](profile, keys)
