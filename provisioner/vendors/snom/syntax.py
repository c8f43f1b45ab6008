"""Snom's dialect of settings in XML, of desk phones and DECT bases: switches are ``on`` and ``off``, empty clears."""

from __future__ import annotations

from provisioner.vendor_api import SettingsXml

# What a base is not told in a section of its own it also reads in phone-settings (wazo_snom, common_dect).
_BASE_SECTIONS = ("global", "server", "extension", "multicell")

SYNTAX = SettingsXml(
    name="snom",
    others=_BASE_SECTIONS,
    shown=("label", "context"),
    # Some settings stop working when they are read-only.
    added=(("perm", "RW"),),
)
